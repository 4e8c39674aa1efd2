"""The fake Cloud API against a client that is not ours: pywa does not notice."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pywa.client import WhatsApp
from pywa.errors import TemplateNotExists, TemplateParamCountMismatch, WhatsAppError
from pywa.types.templates import BodyText, TemplateLanguage
from pywa.utils import webhook_updates_validator

from deploy.demo.fake_graph import FakeGraph
from tests.adapters.channels.kit import APP_SECRET
from tests.adapters.channels.sending_ground import serving

ANA = "5511900000001"
PICTURE = b"\x89PNG\r\n\x1a\n" + b"not a real picture" * 100


class Redirected(httpx.BaseTransport):
    """Calls the fake, whatever host was meant: pywa's base address is a constant."""

    def __init__(self, address: str) -> None:
        self._to = urlsplit(address)
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(
            scheme="http", host=self._to.hostname, port=self._to.port
        )
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


class Webhooks:
    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []

    async def post(self, headers: dict[str, str], body: bytes) -> int:
        self.taken.append((headers, body))
        return 200


@pytest.fixture
def webhooks() -> Webhooks:
    return Webhooks()


@pytest.fixture
async def graph(webhooks: Webhooks) -> AsyncIterator[FakeGraph]:
    graph = FakeGraph(
        phone_number_id="1065",
        access_token="access-token-of-a-test",
        app_secret=APP_SECRET,
        post=webhooks.post,
    )
    yield graph
    await graph.aclose()


@pytest.fixture
async def pywa(graph: FakeGraph) -> AsyncIterator[WhatsApp]:
    async with serving(graph.app) as address:
        with httpx.Client(transport=Redirected(address), trust_env=False) as session:
            yield WhatsApp("1065", "access-token-of-a-test", session=session)


async def test_pywa_sends_a_text_and_quotes(graph: FakeGraph, pywa: WhatsApp) -> None:
    sent = await asyncio.to_thread(
        pywa.send_message, ANA, "Olá / oi", reply_to_message_id="wamid.Q", tracker="our-id"
    )
    (taken,) = graph.sent
    assert (taken.address, taken.text, taken.quoted) == (ANA, "Olá / oi", "wamid.Q")
    assert (taken.provider_id, taken.correlation) == (sent.id, "our-id")


async def test_pywa_hands_a_file_over_sends_it_and_fetches_it_again(
    graph: FakeGraph, pywa: WhatsApp
) -> None:
    def there_and_back() -> bytes:
        media = pywa.upload_media(PICTURE, mime_type="image/png", filename="nota.png")
        pywa.send_image(ANA, media.id, caption="a nota")
        found = pywa.get_media_url(media.id)
        assert found.mime_type == "image/png"
        return pywa.get_media_bytes(found.url)

    assert await asyncio.to_thread(there_and_back) == PICTURE
    (message,) = graph.messages
    assert message["image"]["caption"] == "a nota"
    assert graph.files.kept[message["image"]["id"]].mime == "image/png"


async def test_pywa_sends_an_approved_template(graph: FakeGraph, pywa: WhatsApp) -> None:
    graph.templates["pedido_pronto", "pt_BR"] = 2
    text = BodyText("Olá {{1}}, o pedido {{2}} está pronto", "Ana", "1834")
    filled: Any = text.params
    language = TemplateLanguage.PORTUGUESE_BR
    values = [filled("Bia", "1835")]
    await asyncio.to_thread(pywa.send_template, ANA, "pedido_pronto", language, values)
    assert [message["type"] for message in graph.messages] == ["template"]


@pytest.mark.parametrize(
    ("name", "told"),
    [("pedido_pronto", TemplateParamCountMismatch), ("nunca_aprovado", TemplateNotExists)],
)
async def test_pywa_is_told_what_is_wrong_with_a_template(
    graph: FakeGraph, pywa: WhatsApp, name: str, told: type[WhatsAppError]
) -> None:
    graph.templates["pedido_pronto", "pt_BR"] = 1
    with pytest.raises(told):
        await asyncio.to_thread(pywa.send_template, ANA, name, TemplateLanguage.PORTUGUESE_BR, [])


async def test_pywa_takes_our_signature_for_the_providers(
    graph: FakeGraph, webhooks: Webhooks
) -> None:
    """M3"""
    graph.client_writes(ANA, "Ana Lima", "Olá / oi")
    await graph.settle()
    ((headers, body),) = webhooks.taken
    assert webhook_updates_validator(APP_SECRET, body, headers["x-hub-signature-256"])
    assert not webhook_updates_validator(APP_SECRET, body + b" ", headers["x-hub-signature-256"])
