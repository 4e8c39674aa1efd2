"""The fake Graph API against our own adapter: each is a check of the other."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from adapters.channels.base import ErrorKind, OutboundMessage, SendErr, SendOk, Verdict
from deploy.demo.fake_graph import FakeGraph
from deploy.demo.providers import Fault
from domain.chat.events import MessageState
from domain.content import Text, words_of
from domain.inbound import DeliveryReported, InboundEvent, MessageArrived
from tests.adapters.channels.kit import APP_SECRET, request, whatsapp
from tests.providers.wire import http_response

ANA = "5511900000001"
HELLO = OutboundMessage("our-id", ANA, (Text(text="Olá / oi"),), "wamid.Q")


class Host:
    """A host that takes webhooks: verifies, then reads; refuses the first few if asked to."""

    def __init__(self) -> None:
        self.events: list[InboundEvent] = []
        self.bodies: list[bytes] = []
        self.refusing = 0

    async def post(self, headers: dict[str, str], body: bytes) -> int:
        if self.refusing:
            self.refusing -= 1
            return 503
        webhook = request(body, *headers.items())
        assert whatsapp().verify(webhook) is Verdict.OK
        self.bodies.append(body)
        self.events += whatsapp().parse(webhook)
        return 200


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
async def graph(host: Host) -> AsyncIterator[FakeGraph]:
    graph = FakeGraph(
        phone_number_id="106540352242922",
        access_token="access-token-of-a-test",
        app_secret=APP_SECRET,
        post=host.post,
    )
    graph.hang_for = 0.05
    yield graph
    await graph.aclose()


async def send(
    graph: FakeGraph, message: OutboundMessage = HELLO, **config: str
) -> SendOk | SendErr:
    adapter = whatsapp(**config)
    (call,) = adapter.build(message)
    return adapter.classify(call, await http_response(graph.app, call))


async def test_what_we_send_is_taken_and_reported_sent_delivered_and_read(
    graph: FakeGraph, host: Host
) -> None:
    """M6"""
    result = await send(graph)
    await graph.settle()
    (sent,) = graph.sent
    assert isinstance(result, SendOk)
    assert (sent.provider_id, sent.text) == (result.provider_id, "Olá / oi")
    assert (sent.address, sent.quoted, sent.correlation) == (ANA, "wamid.Q", "our-id")
    reports = [event for event in host.events if isinstance(event, DeliveryReported)]
    assert {report.state for report in reports} == {
        MessageState.SENT,
        MessageState.DELIVERED,
        MessageState.READ,
    }
    assert {(r.provider_id, r.correlation) for r in reports} == {(result.provider_id, "our-id")}


async def test_a_client_who_writes_is_heard(graph: FakeGraph, host: Host) -> None:
    wamid = graph.client_writes(ANA, "Ana Lima", "Olá / oi", quoting="wamid.Q")
    await graph.settle()
    (event,) = host.events
    assert isinstance(event, MessageArrived)
    assert (event.provider_id, event.reply_to) == (wamid, "wamid.Q")
    assert (event.peer.name, words_of(event.parts)) == ("Ana Lima", "Olá / oi")
    assert b"Ol\\u00e1 \\/ oi" in host.bodies[0], "it is signed as escaped ASCII"


async def test_a_webhook_that_is_not_answered_comes_again(graph: FakeGraph, host: Host) -> None:
    """M2"""
    host.refusing = 2
    graph.client_writes(ANA, "Ana Lima", "Oi")
    await graph.settle()
    assert (len(host.events), graph.refused_webhooks) == (1, 2)


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
    graph: FakeGraph, fault: Fault, kind: ErrorKind, taken: int
) -> None:
    """M6"""
    graph.fail_next(fault)
    result = await send(graph)
    assert isinstance(result, SendErr)
    assert (result.kind, len(graph.sent)) == (kind, taken)
    assert result.retry_after == (3.0 if fault is Fault.RATE_LIMITED_FOR else None)
    assert isinstance(await send(graph), SendOk)


@pytest.mark.parametrize(("fault", "taken"), [(Fault.NEVER_READ, 0), (Fault.ANSWER_LOST, 1)])
async def test_a_caller_who_is_not_answered_cannot_know_whether_it_was_taken(
    graph: FakeGraph, fault: Fault, taken: int
) -> None:
    graph.fail_next(fault)
    await send(graph)
    assert len(graph.sent) == taken


async def test_a_closed_window_is_told_by_a_delivery_report(graph: FakeGraph, host: Host) -> None:
    """M10"""
    graph.closed_windows.add(ANA)
    assert isinstance(await send(graph), SendOk)
    await graph.settle()
    (report,) = host.events
    assert isinstance(report, DeliveryReported)
    assert report.state is MessageState.FAILED
    assert (report.error or "").startswith("window-closed: ")


async def test_a_revoked_token_stays_revoked(graph: FakeGraph) -> None:
    graph.token_is_revoked = True
    results = [await send(graph) for _ in range(2)]
    assert [r.kind for r in results if isinstance(r, SendErr)] == [ErrorKind.AUTH] * 2


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ({"access_token": "another"}, ErrorKind.AUTH),
        ({"phone_number_id": "1"}, ErrorKind.CONFIG),
    ],
)
async def test_a_wrong_setting_is_noticed(
    graph: FakeGraph, config: dict[str, str], kind: ErrorKind
) -> None:
    result = await send(graph, HELLO, **config)
    assert isinstance(result, SendErr)
    assert result.kind is kind


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"messaging_product": "whatsapp"},
        {"messaging_product": "whatsapp", "to": ANA, "text": {"body": ""}},
        {"messaging_product": "whatsapp", "to": ANA, "text": {"body": "x" * 4097}},
    ],
)
async def test_a_call_that_the_provider_would_refuse_is_refused(
    graph: FakeGraph, body: dict[str, Any]
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(graph.app)) as http:
        response = await http.post(
            "https://graph.test/v23.0/106540352242922/messages",
            headers={"authorization": "Bearer access-token-of-a-test"},
            content=orjson.dumps(body),
        )
    assert response.status_code == 400
    assert response.json()["error"]["code"] == 100
    assert graph.sent == []


async def test_ids_are_never_given_twice(graph: FakeGraph) -> None:
    """M1: not even by a fake that was started again."""
    results = await asyncio.gather(*(send(graph) for _ in range(20)))
    assert len({r.provider_id for r in results if isinstance(r, SendOk)}) == 20
