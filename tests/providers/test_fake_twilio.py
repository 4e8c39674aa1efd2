"""The fake Twilio against our own adapter and against Twilio's own library."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from adapters.channels.base import (
    Download,
    ErrorKind,
    FetchesMedia,
    HttpCall,
    HttpResponse,
    OutboundMessage,
    SendErr,
    SendOk,
    Verdict,
)
from deploy.demo.forms import Upload
from deploy.demo.providers import Fault
from domain.chat.events import MessageState
from domain.content import Media, Text, words_of
from domain.inbound import ConsentChanged, DeliveryReported, InboundEvent, MessageArrived
from tests.adapters.channels.sending_ground import serving
from tests.adapters.channels.twilio_kit import ANA, OURS, TOKEN, WEBHOOK, posted, twilio
from tests.providers.fake_twilio import CALLED, FakeTwilio
from tests.providers.wire import http_response

HELLO = OutboundMessage("our-id", ANA, (Text(text="Olá"),))


@pytest.fixture
def heard() -> list[InboundEvent]:
    return []


@pytest.fixture
async def fake(heard: list[InboundEvent]) -> AsyncIterator[FakeTwilio]:
    async def post(headers: dict[str, str], body: bytes) -> int:
        url, form = headers.pop(CALLED), dict(parse_qsl(body.decode(), keep_blank_values=True))
        signature = headers["x-twilio-signature"]
        assert RequestValidator(TOKEN).validate(url, form, signature)
        query = tuple(parse_qsl(urlsplit(url).query))
        webhook = posted(body, *headers.items(), query=query, url=WEBHOOK)
        assert twilio().verify(webhook) is Verdict.OK
        heard.extend(twilio().parse(webhook))
        return 200

    fake = FakeTwilio(account_sid="AC1", auth_token=TOKEN, webhook_url=WEBHOOK, post=post)
    fake.hang_for = 0.05
    yield fake
    await fake.aclose()


async def send(fake: FakeTwilio, **config: Any) -> SendOk | SendErr:
    adapter = twilio(**config)
    (call,) = adapter.build(HELLO)
    return adapter.classify(call, await http_response(fake.app, call))


async def test_what_we_send_is_taken_and_reported_by_our_own_id(
    fake: FakeTwilio, heard: list[InboundEvent]
) -> None:
    """M6"""
    result = await send(fake)
    await fake.settle()
    (sent,) = fake.sent
    assert (result, sent.address, sent.text) == (SendOk(sent.provider_id, "queued"), ANA, "Olá")
    reports = [event for event in heard if isinstance(event, DeliveryReported)]
    assert {r.state for r in reports} == {MessageState.SENT, MessageState.DELIVERED}
    assert {(r.provider_id, r.correlation) for r in reports} == {(sent.provider_id, "our-id")}


async def test_a_message_that_fails_later_says_why(
    fake: FakeTwilio, heard: list[InboundEvent]
) -> None:
    """M6"""
    fake.fails_later = "30005"
    assert isinstance(await send(fake), SendOk)
    await fake.settle()
    reasons = [e.error for e in heard if isinstance(e, DeliveryReported) and e.error]
    assert reasons == ["recipient: nobody has this number (30005)"]


async def test_a_client_who_says_stop_is_not_reached_until_he_says_start(
    fake: FakeTwilio, heard: list[InboundEvent]
) -> None:
    fake.client_writes(ANA, OURS, "stop")
    refused = await send(fake)
    fake.client_writes(ANA, OURS, "start")
    taken = await send(fake)
    await fake.settle()
    assert isinstance(refused, SendErr)
    assert (refused.kind, refused.code) == (ErrorKind.RECIPIENT, "21610")
    assert isinstance(taken, SendOk)
    assert len([event for event in heard if isinstance(event, ConsentChanged)]) == 2
    assert {words_of(e.parts) for e in heard if isinstance(e, MessageArrived)} == {"stop", "start"}


async def test_a_file_that_comes_is_fetched_behind_its_password(
    fake: FakeTwilio, heard: list[InboundEvent]
) -> None:
    """M8"""
    base = "https://api.twilio.com"
    sid = fake.client_sends_file(base, ANA, OURS, Upload("n", "image/png", b"\x89PNG"))
    await fake.settle()
    (event,) = heard
    assert isinstance(event, MessageArrived)
    (part,) = event.parts
    assert isinstance(part, Media)
    assert event.provider_id == sid
    adapter = twilio()
    assert isinstance(adapter, FetchesMedia)
    answers: list[HttpResponse] = []
    while isinstance(step := adapter.fetch(part.reference or "", answers), HttpCall):
        answers.append(await http_response(fake.app, step))
    assert isinstance(step, Download)
    assert (await http_response(fake.app, step.call)).body == b"\x89PNG"
    assert [answer.status for answer in answers] == [307, 200]


@pytest.mark.parametrize(
    ("fault", "kind", "taken"),
    [
        (Fault.RATE_LIMITED, ErrorKind.RATE_LIMITED, 0),
        (Fault.RATE_LIMITED_FOR, ErrorKind.RATE_LIMITED, 0),
        (Fault.TEMPORARY, ErrorKind.TRANSIENT, 0),
        (Fault.UNAVAILABLE, ErrorKind.TRANSIENT, 0),
        (Fault.TOKEN_REVOKED, ErrorKind.AUTH, 0),
        (Fault.WINDOW_CLOSED, ErrorKind.WINDOW_CLOSED, 0),
        (Fault.BLOCKED, ErrorKind.RECIPIENT, 0),
        (Fault.GARBAGE, ErrorKind.UNKNOWN_OUTCOME, 1),
        (Fault.GATEWAY_TIMEOUT, ErrorKind.UNKNOWN_OUTCOME, 1),
    ],
)
async def test_each_fault_is_told_for_what_it_is_and_the_next_call_works(
    fake: FakeTwilio, fault: Fault, kind: ErrorKind, taken: int
) -> None:
    """M6"""
    fake.fail_next(fault)
    result = await send(fake)
    assert isinstance(result, SendErr)
    assert (result.kind, len(fake.sent)) == (kind, taken)
    assert result.retry_after == (3.0 if fault is Fault.RATE_LIMITED_FOR else None)
    assert isinstance(await send(fake), SendOk)


async def test_a_wrong_token_is_noticed(fake: FakeTwilio) -> None:
    (call,) = twilio(auth_token="another").build(HELLO)
    result = twilio().classify(call, await http_response(fake.app, call))
    assert isinstance(result, SendErr)
    assert result.kind is ErrorKind.AUTH


class Redirected(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """Calls the fake, whatever host was meant: the library's is a constant."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        parts = urlsplit(url)
        return super().request(method, f"{self._base}{parts.path}", *args, **more)


@pytest.fixture
async def client(fake: FakeTwilio) -> AsyncIterator[Client]:
    async with serving(fake.app) as base:
        redirected = Redirected(base)
        yield Client("AC1", TOKEN, http_client=redirected)
        if redirected.session is not None:
            redirected.session.close()


async def test_twilios_own_library_sends_and_understands_a_refusal(
    fake: FakeTwilio, client: Client
) -> None:
    sent = await asyncio.to_thread(
        client.messages.create, to=ANA, from_=OURS, body="Olá", media_url=["https://x.test/1"]
    )
    assert (sent.sid, sent.status, sent.body) == (fake.sent[0].provider_id, "queued", "Olá")
    fake.opted_out.add(ANA)
    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(client.messages.create, to=ANA, from_=OURS, body="Olá")
    assert (refused.value.code, refused.value.status) == (21610, 400)
    with pytest.raises(TwilioRestException, match="1600"):
        await asyncio.to_thread(client.messages.create, to="+1", from_=OURS, body="x" * 1601)


async def test_a_call_without_a_body_is_refused_as_twilio_does(fake: FakeTwilio) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(fake.app)) as http:
        response = await http.post(
            "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json",
            auth=("AC1", TOKEN),
            data={"To": ANA, "From": OURS},
        )
    assert (response.status_code, response.json()["code"]) == (400, 21602)
