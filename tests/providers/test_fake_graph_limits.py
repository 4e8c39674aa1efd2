"""Files, templates and limits of the fake Cloud API, against our own adapter."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.channels.base import (
    Download,
    ErrorKind,
    HttpCall,
    OutboundMessage,
    SendErr,
    SendOk,
    Uploaded,
)
from adapters.channels.reading import text_of
from deploy.demo.fake_graph import FakeGraph
from domain.content import Media, MediaKind, Offer, Option, TemplateCall, Text
from domain.inbound import DeliveryReported, InboundEvent, MessageArrived
from tests.adapters.channels.kit import APP_SECRET, request, whatsapp
from tests.adapters.channels.meta_kit import fetches, out_file, uploads
from tests.providers.wire import http_response

ANA = "5511900000001"
PDF = out_file(b"%PDF-1.7 a nota", "application/pdf", "nota.pdf")


class World:
    def __init__(self) -> None:
        self.now = datetime(2030, 1, 2, 9, tzinfo=UTC)
        self.events: list[InboundEvent] = []
        self.adapter = whatsapp(api_base="http://graph.test")
        self.graph = FakeGraph(
            phone_number_id="106540352242922",
            access_token="access-token-of-a-test",
            app_secret=APP_SECRET,
            post=self._post,
            receipts=("sent",),
            clock=lambda: self.now,
        )

    async def send(self, message: OutboundMessage) -> SendOk | SendErr:
        (call,) = self.adapter.build(message)
        return self.adapter.classify(call, await http_response(self.graph.app, call))

    async def _post(self, headers: dict[str, str], body: bytes) -> int:
        self.events += self.adapter.parse(request(body, *headers.items()))
        return 200


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.graph.aclose()


def text(words: str = "Oi") -> OutboundMessage:
    return OutboundMessage("our-id", ANA, (Text(text=words),))


async def test_a_file_is_handed_over_and_sent_under_its_name(world: World) -> None:
    call = uploads(world.adapter).upload(PDF, ())
    assert isinstance(call, HttpCall)
    given = uploads(world.adapter).upload(PDF, (await http_response(world.graph.app, call),))
    assert isinstance(given, Uploaded)
    part = Media(
        media=MediaKind.DOCUMENT, sha256=PDF.sha256, mime=PDF.mime, name=PDF.name, caption="Segue"
    )
    message = OutboundMessage(
        "our-id", ANA, (part,), files={PDF.sha256: PDF}, handles={PDF.sha256: given.handle}
    )
    assert isinstance(await world.send(message), SendOk)
    (taken,) = world.graph.messages
    assert taken["document"] == {"id": given.handle, "filename": "nota.pdf", "caption": "Segue"}
    assert world.graph.files.kept[given.handle].content == PDF.content
    unknown = replace(message, handles={PDF.sha256: "1"})
    refused = await world.send(unknown)
    assert isinstance(refused, SendErr)
    assert refused.kind is ErrorKind.CONTENT


async def test_a_file_of_a_client_is_fetched_with_our_token_within_five_minutes(
    world: World,
) -> None:
    """M8"""
    world.graph.client_sends_file(ANA, "Ana", "document", b"%PDF", "application/pdf")
    await world.graph.settle()
    (event,) = world.events
    assert isinstance(event, MessageArrived)
    (part,) = event.parts
    assert isinstance(part, Media)
    asked = fetches(world.adapter).fetch(part.reference or "", ())
    assert isinstance(asked, HttpCall)
    told = await http_response(world.graph.app, asked)
    found = fetches(world.adapter).fetch(part.reference or "", (told,))
    assert isinstance(found, Download)
    assert (await http_response(world.graph.app, found.call)).body == b"%PDF"
    assert found.sha256 == world.graph.files.kept[part.reference or ""].digest.hex()
    stranger = replace(found.call, headers=(("authorization", "Bearer another"),))
    assert (await http_response(world.graph.app, stranger)).status == 401
    world.now += timedelta(minutes=5, seconds=1)
    assert (await http_response(world.graph.app, found.call)).status == 404


async def test_a_link_that_was_tampered_with_leads_nowhere(world: World) -> None:
    id_ = world.graph.files.keep(b"x", "image/png")
    link = world.graph.files.link("http://graph.test/", id_)
    headers = (("authorization", "Bearer access-token-of-a-test"),)
    for changed in (link.replace("hash=", "hash=0"), link.replace("ext=", "ext=9")):
        call = HttpCall("GET", changed, headers, b"", "x")
        assert (await http_response(world.graph.app, call)).status == 404


async def test_a_template_leaves_after_the_window_has_closed_and_a_text_does_not(
    world: World,
) -> None:
    """M10"""
    world.graph.windows.enforced = True
    world.graph.templates["ola", "pt_BR"] = 1
    world.graph.client_writes(ANA, "Ana", "Oi")
    world.now += timedelta(hours=25)
    call = TemplateCall(name="ola", language="pt_BR", values=("Ana",), text="Olá, Ana")
    for parts in ((Text(text="Oi"),), (call,)):
        assert isinstance(await world.send(OutboundMessage("our-id", ANA, parts)), SendOk)
    await world.graph.settle()
    reports = [event for event in world.events if isinstance(event, DeliveryReported)]
    assert sorted(report.state.value for report in reports) == ["failed", "sent"]
    (failed,) = [report for report in reports if report.error]
    assert (failed.error or "").startswith("window-closed: ")


@pytest.mark.parametrize(
    ("name", "values"), [("ola", ()), ("ola", ("a", "b")), ("nunca_aprovado", ("a",))]
)
async def test_a_template_that_was_not_approved_so_is_refused(
    world: World, name: str, values: tuple[str, ...]
) -> None:
    world.graph.templates["ola", "pt_BR"] = 1
    part = TemplateCall(name=name, language="pt_BR", values=values, text="Olá")
    refused = await world.send(OutboundMessage("our-id", ANA, (part,)))
    assert isinstance(refused, SendErr)
    assert refused.kind is ErrorKind.CONTENT


async def test_one_client_is_sent_one_message_in_six_seconds_after_a_burst(world: World) -> None:
    """M6"""
    world.graph.pair_rate.burst = 3
    results = [await world.send(text()) for _ in range(5)]
    assert [isinstance(result, SendOk) for result in results] == [True] * 4 + [False]
    (limited,) = [result for result in results if isinstance(result, SendErr)]
    assert (limited.kind, limited.code) == (ErrorKind.RATE_LIMITED, "131056")
    other = OutboundMessage("our-id", "5511900000002", (Text(text="Oi"),))
    assert isinstance(await world.send(other), SendOk)
    world.now += timedelta(seconds=6)
    assert isinstance(await world.send(text()), SendOk)


async def test_buttons_and_lists_are_taken(world: World) -> None:
    for count in (2, 8):
        options = tuple(Option(id=str(n), title=f"Opção {n}") for n in range(count))
        message = OutboundMessage("our-id", ANA, (Offer(text="Qual?", options=options),))
        assert isinstance(await world.send(message), SendOk)
    types = [message["interactive"]["type"] for message in world.graph.messages]
    assert types == ["button", "list"]
    assert text_of(world.graph.messages[0], "biz_opaque_callback_data") == "our-id"
