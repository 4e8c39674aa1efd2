import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import pytest
from nats import errors as nats_errors
from structlog.testing import capture_logs

from adapters.bus.nats import NatsIsUnreachable, connect, place_of, while_connected
from deploy.embedded import EmbeddedNats
from tests.adapters.bus.kit import connected, eventually


@pytest.fixture
def server(data: Path) -> Iterator[EmbeddedNats]:
    server = EmbeddedNats(data)
    server.start()
    yield server
    server.stop()


def end(server: EmbeddedNats, how: signal.Signals) -> None:
    assert server.pid is not None
    os.kill(server.pid, how)
    give_up = monotonic() + 5
    while server.is_alive():
        assert monotonic() < give_up


async def test_nobody_there_is_one_line_with_the_place_and_what_to_do() -> None:
    """G13: the token is not in it."""
    url = "nats://s3cret-token@127.0.0.1:1"

    with capture_logs() as logs, pytest.raises(NatsIsUnreachable) as error:
        await connect(url, name="test", patience=0.3)

    said = str(error.value)
    assert "127.0.0.1:1 " in said
    assert "RECADO_NATS_URL" in said
    assert "\n" not in said
    assert "s3cret" not in said + f"{logs}"


async def test_a_wrong_token_is_told_without_the_token(bus_url: str) -> None:
    """G13."""
    place = place_of(bus_url)

    with capture_logs() as logs, pytest.raises(NatsIsUnreachable, match="Authorization") as error:
        await connect(f"nats://wr0ng@{place}", name="test", patience=0.5)

    assert "wr0ng" not in f"{error.value}{logs}"


@pytest.mark.parametrize("url", ["nats://[", "nats://h:notaport", "nats://:4222", ""])
async def test_an_address_that_cannot_be_read_is_told(url: str) -> None:
    with pytest.raises(NatsIsUnreachable):
        await connect(url, name="test", patience=0.3)


def test_a_place_is_told_without_user_and_password() -> None:
    assert place_of("nats://u:p@a.test:1234, nats://t@b.test") == "a.test:1234,b.test:4222"
    assert place_of("c.test:7") == "c.test:7"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_connection_comes_back_with_the_server(
    server: EmbeddedNats, how: signal.Signals
) -> None:
    """N3: and says so once, not at every attempt."""
    url = server.start()
    with capture_logs() as logs:
        async with connected(url) as nc:
            heard = await nc.subscribe("word")
            end(server, how)
            await eventually(lambda: not nc.is_connected)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(server.start)
            await eventually(lambda: nc.is_connected)
            await nc.publish("word", b"again")

            assert (await heard.next_msg(2)).data == b"again"

    assert [entry["event"] for entry in logs] == ["nats.lost", "nats.back"]
    assert f"{urlsplit(url).username}" not in f"{logs}"


async def test_work_ends_with_the_connection_it_needs(server: EmbeddedNats) -> None:
    """P7."""
    async with connected(server.start()) as nc:
        waiting = asyncio.create_task(while_connected(nc, asyncio.sleep(60)))
        await asyncio.sleep(0.1)
        end(server, signal.SIGKILL)

        with pytest.raises(nats_errors.ConnectionReconnectingError):
            await asyncio.wait_for(waiting, 2)


async def test_work_is_ended_with_whoever_waits_for_it(bus_url: str) -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with connected(bus_url) as nc:
        waiting = asyncio.create_task(while_connected(nc, work()))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    assert ended.is_set()
