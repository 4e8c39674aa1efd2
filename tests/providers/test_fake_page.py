"""The fake Send API against our own adapters: each is a check of the other."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
import pytest

from adapters.channels.base import (
    ChannelAdapter,
    Download,
    ErrorKind,
    HttpCall,
    OutboundMessage,
    SendErr,
    SendOk,
    Uploaded,
    Verdict,
)
from deploy.demo.fake_page import FakePage
from deploy.demo.providers import Fault
from domain.chat.events import MessageState
from domain.content import Media, MediaKind, Text, words_of
from domain.inbound import DeliveryReported, EchoArrived, InboundEvent, MessageArrived
from tests.adapters.channels.kit import APP_SECRET, request
from tests.adapters.channels.meta_kit import (
    ACCOUNT,
    BIA,
    fetches,
    instagram,
    messenger,
    out_file,
    uploads,
)
from tests.providers.wire import http_response

BASE = "http://graph.test/"
HELLO = OutboundMessage("our-id", BIA, (Text(text="Olá / oi"),), "m_0")


class World:
    """A fake, our adapter for it, and what was heard."""

    def __init__(self, product: Literal["messenger", "instagram"]) -> None:
        self.now = datetime(2030, 1, 2, 9, tzinfo=UTC)
        make = messenger if product == "messenger" else instagram
        self.adapter: ChannelAdapter = make(api_base=BASE.rstrip("/"))
        self.events: list[InboundEvent] = []
        self.bodies: list[bytes] = []
        self.page = FakePage(
            product=product,
            account_id=ACCOUNT,
            access_token="access-token-of-a-test",
            app_secret=APP_SECRET,
            post=self._post,
            clock=lambda: self.now,
        )
        self.page.hang_for = 0.05

    async def send(self, message: OutboundMessage = HELLO) -> SendOk | SendErr:
        (call,) = self.adapter.build(message)
        return self.adapter.classify(call, await http_response(self.page.app, call))

    async def _post(self, headers: dict[str, str], body: bytes) -> int:
        webhook = request(body, *headers.items())
        assert self.adapter.verify(webhook) is Verdict.OK
        self.bodies.append(body)
        self.events += self.adapter.parse(webhook)
        return 200


@pytest.fixture(params=["messenger", "instagram"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    world = World(request.param)
    yield world
    await world.page.aclose()


async def test_what_we_send_is_taken_and_comes_back(world: World) -> None:
    """M6: Messenger gives our id back, Instagram the message."""
    result = await world.send()
    await world.page.settle()
    (sent,), (event,) = world.page.sent, world.events
    assert isinstance(result, SendOk)
    assert (sent.address, sent.text, sent.quoted) == (BIA, "Olá / oi", "m_0")
    assert isinstance(event, EchoArrived | DeliveryReported)
    assert event.provider_id == result.provider_id == sent.provider_id
    if isinstance(event, DeliveryReported):
        assert (event.correlation, event.state) == ("our-id", MessageState.SENT)
    else:
        assert event.dedup_key == f"m:{result.provider_id}"


async def test_clients_and_colleagues_are_heard_in_escaped_ascii(world: World) -> None:
    mid = world.page.client_writes(BIA, "Olá / oi", reply_to={"mid": "m_0"})
    echo = world.page.written_in_the_app(BIA, "Pois não")
    await world.page.settle()
    heard = {event.dedup_key: event for event in world.events}
    message = heard[f"m:{mid}"]
    assert isinstance(message, MessageArrived)
    assert (words_of(message.parts), message.reply_to) == ("Olá / oi", "m_0")
    assert isinstance(heard[f"m:{echo}"], EchoArrived)
    assert any(b"Ol\\u00e1 \\/ oi" in body for body in world.bodies)


@pytest.mark.parametrize(
    ("fault", "kind", "taken"),
    [
        (Fault.RATE_LIMITED, ErrorKind.RATE_LIMITED, 0),
        (Fault.TEMPORARY, ErrorKind.TRANSIENT, 0),
        (Fault.UNAVAILABLE, ErrorKind.TRANSIENT, 0),
        (Fault.TOKEN_REVOKED, ErrorKind.AUTH, 0),
        (Fault.WINDOW_CLOSED, ErrorKind.WINDOW_CLOSED, 0),
        (Fault.BLOCKED, ErrorKind.RECIPIENT, 0),
        (Fault.MIGRATED, ErrorKind.RECIPIENT, 0),
        (Fault.GARBAGE, ErrorKind.UNKNOWN_OUTCOME, 1),
        (Fault.GATEWAY_TIMEOUT, ErrorKind.UNKNOWN_OUTCOME, 1),
    ],
)
async def test_each_fault_is_told_for_what_it_is_and_the_next_call_works(
    world: World, fault: Fault, kind: ErrorKind, taken: int
) -> None:
    """M6"""
    world.page.fail_next(fault)
    result = await world.send()
    assert isinstance(result, SendErr)
    assert (result.kind, len(world.page.sent)) == (kind, taken)
    assert isinstance(await world.send(), SendOk)


async def test_the_window_closes_a_day_after_the_client_wrote(world: World) -> None:
    """M10: for people with the provider's leave, after a week."""
    world.page.windows.enforced = True
    world.page.client_writes(BIA, "Oi")
    assert isinstance(await world.send(), SendOk)
    world.now += timedelta(hours=24, seconds=1)
    refused = await world.send()
    assert isinstance(refused, SendErr)
    assert refused.kind is ErrorKind.WINDOW_CLOSED
    make = messenger if world.adapter.meta.kind == "messenger" else instagram
    world.adapter = make(api_base=BASE.rstrip("/"), human_agent=True)
    assert isinstance(await world.send(), SendOk)
    world.now += timedelta(days=6)
    assert isinstance(await world.send(), SendErr)


async def test_a_file_is_handed_over_and_sent(world: World) -> None:
    file = out_file(b"\xff\xd8 a picture", "image/jpeg", "foto.jpg")
    call = uploads(world.adapter).upload(file, ())
    assert isinstance(call, HttpCall)
    given = uploads(world.adapter).upload(file, (await http_response(world.page.app, call),))
    assert isinstance(given, Uploaded)
    assert world.page.files.kept[given.handle].content == file.content
    part = Media(media=MediaKind.IMAGE, sha256=file.sha256, mime=file.mime)
    message = OutboundMessage(
        "our-id", BIA, (part,), files={file.sha256: file}, handles={file.sha256: given.handle}
    )
    assert isinstance(await world.send(message), SendOk)


async def test_a_file_of_a_client_is_fetched_while_its_link_lives(world: World) -> None:
    """M8"""
    world.page.client_sends_file(BIA, "image", b"a picture", "image/png", BASE)
    await world.page.settle()
    (event,) = world.events
    assert isinstance(event, MessageArrived)
    (part,) = event.parts
    assert isinstance(part, Media)
    reference = part.reference or ""
    asked = fetches(world.adapter).fetch(reference, ())
    assert isinstance(asked, HttpCall)
    found = fetches(world.adapter).fetch(reference, (await http_response(world.page.app, asked),))
    assert isinstance(found, Download)
    assert (await http_response(world.page.app, found.call)).body == b"a picture"
    world.now += timedelta(minutes=6)
    assert (await http_response(world.page.app, found.call)).status == 404


async def test_webhooks_come_twice_late_in_one_body_or_never(world: World) -> None:
    """M1"""
    page = world.page
    page.copies = 2
    page.hold()
    mids = [page.client_writes(BIA, str(number)) for number in range(5)]
    await page.settle()
    assert world.events == []
    page.release(lambda entries: entries[::-1], batched=True)
    await page.settle()
    assert len(world.bodies) == 2
    assert [e.dedup_key for e in world.events[:5]] == [f"m:{mid}" for mid in reversed(mids)]
    assert world.events[:5] == world.events[5:]
    page.drop_next()
    page.client_writes(BIA, "lost")
    await page.settle()
    assert len(world.bodies) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 100),
        ({"recipient": {"id": BIA}}, 100),
        ({"recipient": {"id": BIA}, "message": {"text": "x" * 2001}}, 100),
        ({"recipient": {"id": BIA}, "message": {"attachment": {"type": "image"}}}, 100),
    ],
)
async def test_a_call_that_the_provider_would_refuse_is_refused(
    world: World, body: dict[str, Any], code: int
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(world.page.app)) as http:
        response = await http.post(
            f"{BASE}v23.0/me/messages",
            headers={"authorization": "Bearer access-token-of-a-test"},
            json=body,
        )
    assert (response.status_code, response.json()["error"]["code"]) == (400, code)
    assert world.page.sent == []
