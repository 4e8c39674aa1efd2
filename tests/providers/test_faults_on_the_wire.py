"""Faults that only a real connection shows: silence before and after a message was taken."""

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn

from adapters.channels.base import OutboundMessage
from deploy.demo.fake_graph import FakeGraph
from deploy.demo.providers import Fault, post_to
from domain.content import Text
from tests.adapters.channels.kit import APP_SECRET, whatsapp


@pytest.fixture
async def graph() -> AsyncIterator[tuple[FakeGraph, str]]:
    """A fake on a port of its own."""

    async def post(headers: dict[str, str], body: bytes) -> int:
        return 200

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        graph = FakeGraph(
            phone_number_id="106540352242922",
            access_token="access-token-of-a-test",
            app_secret=APP_SECRET,
            post=post,
        )
        config = uvicorn.Config(graph.app, log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        yield graph, f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving
        await graph.aclose()


@pytest.mark.parametrize(("fault", "taken"), [(Fault.NEVER_READ, 0), (Fault.ANSWER_LOST, 1)])
async def test_a_caller_times_out_and_the_fake_goes_on(
    graph: tuple[FakeGraph, str], fault: Fault, taken: int
) -> None:
    """M6"""
    fake, base = graph
    message = OutboundMessage("our-id", "5511900000001", (Text(text="Oi"),))
    (call,) = whatsapp(api_base=base).build(message)
    fake.fail_next(fault)
    async with httpx.AsyncClient(trust_env=False, timeout=0.2) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.request(
                call.method, call.url, headers=list(call.headers), content=call.content
            )
        assert len(fake.sent) == taken
        again = await http.request(
            call.method, call.url, headers=list(call.headers), content=call.content
        )
    assert again.status_code == 200
    assert len(fake.sent) == taken + 1


async def test_an_address_where_nobody_listens_counts_as_unavailable() -> None:
    """M2: such a webhook comes again."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        async with httpx.AsyncClient(trust_env=False) as http:
            post = post_to(f"http://127.0.0.1:{nobody.getsockname()[1]}/", http)
            assert await post({}, b"{}") == 503
