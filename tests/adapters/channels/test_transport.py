"""What becomes of a call, over real sockets: each failure by its right name."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from typing import Final, TypeAlias

import httpx
import pytest
import uvloop

from adapters.channels.base import HttpCall, HttpResponse, TransportFailure
from adapters.channels.transport import LARGEST_ANSWER, http_client, perform
from tests.adapters.channels.sending_ground import listening

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
Loops: TypeAlias = Callable[[], asyncio.AbstractEventLoop]
TOKEN: Final = "4242:canary-token-of-a-test"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with http_client() as client:
        yield client


def call(
    address: str, *, content: bytes = b'{"text":"Oi"}', timeout: float = 5, header: str = "x"
) -> HttpCall:
    return HttpCall("POST", f"{address}/bot", (("x-test", header),), content, "test", timeout)


async def answer_with(client: httpx.AsyncClient, answer: bytes) -> HttpResponse | TransportFailure:
    """Return what becomes of a call that is answered with these bytes, and hung up on."""

    async def talk(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"}")
        writer.write(answer)
        await writer.drain()

    async with listening(talk) as address:
        return await perform(client, call(address))


async def test_an_answer_comes_back_with_its_status_headers_and_body(
    client: httpx.AsyncClient,
) -> None:
    result = await answer_with(
        client, b"HTTP/1.1 429 No\r\nRetry-After: 3\r\ncontent-length: 2\r\n\r\nno"
    )
    assert isinstance(result, HttpResponse)
    assert (result.status, result.body) == (429, b"no")
    assert ("retry-after", "3") in result.headers


async def test_a_closed_port_is_refused(client: httpx.AsyncClient) -> None:
    async with listening(_silent) as address:
        pass
    assert await perform(client, call(address)) is TransportFailure.REFUSED


async def test_a_name_that_does_not_exist_is_dns(client: httpx.AsyncClient) -> None:
    result = await perform(client, call("http://nobody.invalid"))
    assert result is TransportFailure.DNS


async def _speaks_no_tls(reader: Reader, writer: Writer) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def test_a_server_that_speaks_no_tls_is_a_tls_failure(client: httpx.AsyncClient) -> None:
    async with listening(_speaks_no_tls) as address:
        result = await perform(client, call(address.replace("http:", "https:")))
    assert result is TransportFailure.TLS


async def test_a_server_that_never_answers_may_have_acted(client: httpx.AsyncClient) -> None:
    """M6: the body had left."""
    async with listening(_silent) as address:
        result = await perform(client, call(address, timeout=0.2))
    assert result is TransportFailure.TIMEOUT_AFTER_BODY


async def test_a_body_that_does_not_wholly_leave_cannot_have_been_acted_on(
    client: httpx.AsyncClient,
) -> None:
    """M6: the server reads nothing of it, and its buffers are full."""

    async def talk(reader: Reader, writer: Writer) -> None:
        await asyncio.sleep(5)

    async with listening(talk) as address:
        large = call(address, content=bytes(30_000_000), timeout=0.3)
        result = await perform(client, large)
    assert result is TransportFailure.TIMEOUT_BEFORE_BODY


async def test_a_pool_without_a_free_connection_sends_nothing() -> None:
    limits = httpx.Limits(max_connections=1)
    async with (
        listening(_silent) as address,
        httpx.AsyncClient(trust_env=False, limits=limits) as client,
    ):
        first = asyncio.create_task(perform(client, call(address, timeout=1)))
        await asyncio.sleep(0.05)
        second = await perform(client, call(address, timeout=0.1))
        assert await first is TransportFailure.TIMEOUT_AFTER_BODY
    assert second is TransportFailure.TIMEOUT_BEFORE_BODY


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nconte",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        b"what is this?\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_an_answer_that_breaks_off_or_makes_no_sense_is_lost(
    client: httpx.AsyncClient, answer: bytes
) -> None:
    """M6: the body had left, so that nobody knows."""
    assert await answer_with(client, answer) is TransportFailure.LOST_AFTER_BODY


@pytest.mark.parametrize(
    "unwritable",
    [
        call("http://127.0.0.1:9", header="a\nb"),
        call("http://127.0.0.1:9", header="é"),
        call("http://127.0.0.1:notaport"),
        call("gopher://127.0.0.1"),
    ],
    ids=lambda c: c.url[:20],
)
async def test_a_call_that_cannot_be_written_down_has_not_left(
    client: httpx.AsyncClient, unwritable: HttpCall
) -> None:
    """M6: an unknown outcome would be shown for what surely was not sent."""
    assert await perform(client, unwritable) is TransportFailure.REFUSED


async def test_a_redirect_is_an_answer_and_not_followed(client: httpx.AsyncClient) -> None:
    called = []

    async def elsewhere(reader: Reader, writer: Writer) -> None:
        called.append(await reader.read(1))

    async with listening(elsewhere) as other:
        to = f"HTTP/1.1 307 Go\r\nlocation: {other}/\r\ncontent-length: 0\r\n\r\n"
        result = await answer_with(client, to.encode())
    assert isinstance(result, HttpResponse)
    assert result.status == 307
    assert called == []


async def test_an_endless_answer_is_cut(client: httpx.AsyncClient) -> None:
    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
        while True:
            writer.write(bytes(100_000))
            await writer.drain()

    async with listening(talk) as address:
        result = await asyncio.wait_for(perform(client, call(address)), 10)
    assert isinstance(result, HttpResponse)
    assert len(result.body) == LARGEST_ANSWER


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with http_client() as client:
        result = await answer_with(client, b"HTTP/1.1 204 None\r\n\r\n")
    assert isinstance(result, HttpResponse)


CALLS: Final = """
import asyncio, sys
from adapters.channels.base import OutboundMessage
from adapters.channels.registry import adapter_for
from adapters.channels.transport import http_client, perform
from deploy.logs import configure
from domain.content import Text
import structlog

async def call(address, token):
    configure("debug")
    config = {"bot_token": token, "secret_token": "s", "api_base": address}
    adapter = adapter_for("telegram", config)
    (call,) = adapter.build(OutboundMessage("m1", "700", (Text(text="Oi"),)))
    async with http_client() as client:
        said = str(await perform(client, call))
    structlog.get_logger().debug("called", call=repr(call), said=said)

asyncio.run(call(*sys.argv[1:]))
"""


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", b""])
async def test_the_token_is_in_no_log_line(answer: bytes) -> None:
    """The HTTP client's own lines hold the whole URL, and the token with it."""

    async def talk(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"}")
        writer.write(answer)
        await writer.drain()

    async with listening(talk) as address:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            CALLS,
            address,
            TOKEN,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert TOKEN.split(":")[1] not in (out + err).decode()
    assert json.loads(err)["event"] == "called"


async def _silent(reader: Reader, writer: Writer) -> None:
    await reader.read()


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_connections_are_kept_and_failures_named_by_either_loop(loop: Loops) -> None:
    """M6: what runs uses uvloop, and most tests do not."""
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(_two_calls_and_each_failure())


async def _some_turns() -> None:
    """Let the loop hear of connections that the other side has ended."""
    for _ in range(10):
        await asyncio.sleep(0)


async def _two_calls_and_each_failure() -> None:
    talks = 0
    ended = asyncio.Event()

    async def talk(reader: Reader, writer: Writer) -> None:
        nonlocal talks
        talks += 1
        for _ in range(2):
            await reader.readuntil(b"}")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        ended.set()

    async with http_client() as client:
        async with listening(talk) as address:
            for number in range(3):
                answer = await perform(client, call(address))
                assert isinstance(answer, HttpResponse), answer
                assert (answer.status, answer.body) == (200, b"ok")
                if number == 1:
                    await ended.wait()
                    await _some_turns()
        # The second went over the first's connection, and the third noticed that it had ended.
        assert talks == 2
        await _some_turns()
        assert await perform(client, call(address)) is TransportFailure.REFUSED
        async with listening(_silent) as address:
            late = await perform(client, call(address, timeout=0.2))
            assert late is TransportFailure.TIMEOUT_AFTER_BODY
        async with listening(_speaks_no_tls) as address:
            tls = await perform(client, call(address.replace("http:", "https:")))
            assert tls is TransportFailure.TLS
