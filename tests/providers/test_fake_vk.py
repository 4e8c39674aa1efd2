"""The fake VK against our own adapter and against vk_api, a client that is not ours."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from vk_api import VkApi, VkUpload
from vk_api.exceptions import ApiError

from adapters.channels.base import (
    Acknowledges,
    ErrorKind,
    HttpCall,
    HttpResponse,
    OutboundMessage,
    OutFile,
    SendErr,
    SendOk,
    Uploaded,
    UploadsMedia,
    Verdict,
)
from deploy.demo.providers import Fault
from domain.content import Choice, Media, MediaKind, Offer, Option, Text, words_of
from domain.inbound import EchoArrived, InboundEvent, MessageArrived
from tests.adapters.channels.sending_ground import serving
from tests.adapters.channels.vk_kit import ANA, GROUP, KEY, SECRET, posted, vk
from tests.providers.fake_vk import FakeVk
from tests.providers.wire import http_response

HELLO = OutboundMessage("our-id", str(ANA), (Text(text="Olá"),), f"{ANA}:5")
PICTURE = b"\xff\xd8 not a real picture"


@pytest.fixture
def heard() -> list[InboundEvent]:
    return []


@pytest.fixture
async def fake(heard: list[InboundEvent]) -> AsyncIterator[FakeVk]:
    async def post(headers: dict[str, str], body: bytes) -> int:
        event = posted(body)
        assert vk().handshake(event) is None
        assert vk().verify(event) is Verdict.OK
        heard.extend(vk().parse(event))
        return 200 if vk().ack(event).body == b"ok" else 500

    fake = FakeVk(group_id=GROUP, access_token=KEY, secret=SECRET, post=post)
    fake.hang_for = 0.05
    yield fake
    await fake.aclose()


async def send(fake: FakeVk, message: OutboundMessage = HELLO) -> SendOk | SendErr:
    adapter = vk()
    (call,) = adapter.build(message)
    return adapter.classify(call, await http_response(fake.app, call))


async def test_what_we_send_is_taken_once_and_its_echo_is_known(
    fake: FakeVk, heard: list[InboundEvent]
) -> None:
    """M1, M6: the same message again is the same message."""
    first, again = await send(fake), await send(fake)
    await fake.settle()
    (sent,) = fake.sent
    assert first == again == SendOk(sent.provider_id)
    assert (sent.address, sent.text, sent.quoted) == (str(ANA), "Olá", f"{ANA}:5")
    (echo,) = heard
    assert isinstance(echo, EchoArrived)
    assert (echo.provider_id, echo.dedup_key) == (sent.provider_id, f"m:{sent.provider_id}")


async def test_a_message_whose_answer_was_lost_is_not_sent_twice(fake: FakeVk) -> None:
    """M6"""
    fake.fail_next(Fault.ANSWER_LOST)
    await send(fake)
    assert isinstance(await send(fake), SendOk)
    assert len(fake.sent) == 1


async def test_a_client_who_writes_is_heard(fake: FakeVk, heard: list[InboundEvent]) -> None:
    id_ = fake.client_writes(ANA, "Olá")
    await fake.settle()
    (event,) = heard
    assert isinstance(event, MessageArrived)
    assert (event.provider_id, words_of(event.parts)) == (id_, "Olá")


async def test_a_button_that_we_offer_comes_back_as_a_choice(
    fake: FakeVk, heard: list[InboundEvent]
) -> None:
    options = (Option(id="y", title="Sim"), Option(id="n", title="Não"))
    offer = Offer(text="Confirma?", options=options)
    assert isinstance(await send(fake, OutboundMessage("our-id", str(ANA), (offer,))), SendOk)
    fake.client_presses(ANA, fake.forms[0], "Não")
    await fake.settle()
    (pressed,) = [event for event in heard if isinstance(event, MessageArrived)]
    assert pressed.parts == (Choice(id="n", title="Não"),)


@pytest.mark.parametrize("mime", ["image/jpeg", "application/pdf", "audio/ogg"])
async def test_a_file_is_handed_over_and_then_sent(fake: FakeVk, mime: str) -> None:
    file = OutFile("ab", mime, "nota", PICTURE)
    adapter = vk()
    assert isinstance(adapter, UploadsMedia)
    answers: list[HttpResponse] = []
    while isinstance(step := adapter.upload(file, answers), HttpCall):
        answers.append(await http_response(fake.app, step))
    assert isinstance(step, Uploaded)
    assert fake.uploads[step.handle].content == PICTURE
    part = Media(media=MediaKind.IMAGE, sha256="ab", caption="a nota")
    message = OutboundMessage("our-id", str(ANA), (part,), handles={"ab": step.handle})
    assert isinstance(await send(fake, message), SendOk)
    assert (fake.forms[0]["attachment"], fake.sent[0].text) == (step.handle, "a nota")


@pytest.mark.parametrize(
    ("fault", "kind", "taken"),
    [
        (Fault.RATE_LIMITED, ErrorKind.RATE_LIMITED, 0),
        (Fault.RATE_LIMITED_FOR, ErrorKind.RATE_LIMITED, 0),
        (Fault.TEMPORARY, ErrorKind.TRANSIENT, 0),
        (Fault.UNAVAILABLE, ErrorKind.TRANSIENT, 0),
        (Fault.TOKEN_REVOKED, ErrorKind.AUTH, 0),
        (Fault.WINDOW_CLOSED, ErrorKind.RECIPIENT, 0),
        (Fault.BLOCKED, ErrorKind.RECIPIENT, 0),
        (Fault.GARBAGE, ErrorKind.UNKNOWN_OUTCOME, 1),
        (Fault.GATEWAY_TIMEOUT, ErrorKind.UNKNOWN_OUTCOME, 1),
    ],
)
async def test_each_fault_is_told_for_what_it_is_and_the_next_call_works(
    fake: FakeVk, fault: Fault, kind: ErrorKind, taken: int
) -> None:
    """M6"""
    fake.fail_next(fault)
    result = await send(fake)
    assert isinstance(result, SendErr)
    assert (result.kind, len(fake.sent)) == (kind, taken)
    assert isinstance(await send(fake), SendOk)


class Redirected(HTTPAdapter):
    """Calls the fake, whatever host was meant: the client's is a constant."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> Any:
        parts = urlsplit(request.url or "")
        request.url = f"{self._base}{parts.path}?{parts.query}"
        return super().send(request, *args, **more)


@pytest.fixture
async def other(fake: FakeVk) -> AsyncIterator[VkApi]:
    async with serving(fake.app) as base:
        session = requests.Session()
        session.mount("https://", Redirected(base))
        fake.address = base
        other = VkApi(token=KEY, session=session)
        other.RPS_DELAY = 0
        yield other
        session.close()


async def test_vk_api_sends_uploads_and_understands_a_refusal(fake: FakeVk, other: VkApi) -> None:
    api, upload = other.get_api(), VkUpload(other)

    def talk() -> tuple[Any, ...]:
        one = api.messages.send(peer_id=ANA, message="Olá", random_id=7)
        same = api.messages.send(peer_id=ANA, message="Olá", random_id=7)
        several = api.messages.send(peer_ids=str(ANA), message="Oi", random_id=8)
        (photo,) = upload.photo_messages(io.BytesIO(PICTURE))
        paper = upload.document_wall(io.BytesIO(b"%PDF"), title="nota", group_id=GROUP)
        return one, same, several, photo, paper

    one, same, several, photo, paper = await asyncio.to_thread(talk)
    assert isinstance(one, int)
    assert one == same
    assert several[0]["peer_id"] == ANA
    assert fake.uploads[f"photo{photo['owner_id']}_{photo['id']}"].content == PICTURE
    doc = paper["doc"]
    assert fake.uploads[f"doc{doc['owner_id']}_{doc['id']}"].content == b"%PDF"
    assert [sent.text for sent in fake.sent] == ["Olá", "Oi"]
    fake.denied_by.add(ANA)
    with pytest.raises(ApiError) as refused:
        await asyncio.to_thread(api.messages.send, peer_id=ANA, message="Olá", random_id=9)
    assert refused.value.code == 901


async def test_a_pressed_button_is_told_that_it_was_seen(
    fake: FakeVk, heard: list[InboundEvent]
) -> None:
    """It shows a wait until then; nothing else is told of."""
    fake.client_calls(ANA, '{"button":"y"}')
    fake.client_writes(ANA, "Olá")
    await fake.settle()
    adapter = vk()
    assert isinstance(adapter, Acknowledges)
    calls = [call for event in heard if (call := adapter.acknowledge(event)) is not None]
    assert (len(heard), len(calls), len(fake.waiting)) == (2, 1, 1)
    assert b'"response":1' in (await http_response(fake.app, calls[0])).body
    assert fake.waiting == set()
