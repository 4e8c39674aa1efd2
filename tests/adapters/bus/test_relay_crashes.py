"""Relays and servers that end in the middle of what they do."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from nats.aio.client import Client as Nats
from nats.js.errors import NotFoundError
from structlog.testing import capture_logs

from adapters.bus.streams import LOG_STREAM, look_at_log_stream, open_log_stream
from deploy.embedded import EmbeddedNats
from tests.adapters.bus.kit import (
    Log,
    connected,
    differences_of,
    eventually,
    publish_rows,
    relaying,
    rows_of,
)

ROOT = Path(__file__).parents[3]
KILLS = 20


@pytest.fixture
def nats(data: Path) -> Iterator[EmbeddedNats]:
    server = EmbeddedNats(data)
    server.start()
    yield server
    server.stop()


class RelayProcess:
    def __init__(self, nats_url: str, postgres_url: str) -> None:
        self._env = {**os.environ, "TEST_NATS": nats_url, "TEST_POSTGRES": postgres_url}
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.adapters.bus.relay_process"],
            cwd=ROOT,
            env=self._env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def send(self, word: signal.Signals) -> None:
        self._process.send_signal(word)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


async def kill_and_start(server: EmbeddedNats) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await eventually(lambda: not server.is_alive())
    await asyncio.to_thread(server.start)


async def has_reached(nc: Nats, position: int) -> bool:
    try:
        return (await look_at_log_stream(nc)).last >= position
    except NotFoundError:
        return False


def cut_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name = 'recado-relay'",
            (urlsplit(url).path[1:],),
        )


async def test_two_relays_killed_again_and_again_leave_no_gap_and_nothing_twice(
    nats: EmbeddedNats, log: Log
) -> None:
    """P1, P2, P3, P4."""
    chance = random.Random(5)
    url = nats.start()
    with ExitStack() as ended:
        relays = [RelayProcess(url, log.url) for _ in range(2)]
        for relay in relays:
            ended.callback(relay.kill)
        for number in range(KILLS):
            for _ in range(chance.randint(1, 6)):
                log.add(chance.choice([1, 3, 40, 400]))
                await asyncio.sleep(chance.uniform(0.0, 0.08))
            match number % 6:
                case 4:
                    await kill_and_start(nats)
                case 5:
                    cut_connections(log.url)
                case _:
                    relay = chance.choice(relays)
                    relay.kill()
                    relay.start()

        async with connected(url) as nc:
            await eventually(lambda: has_reached(nc, log.size), every=0.05)
            assert (await look_at_log_stream(nc)).last == log.size
            assert await differences_of(nc, log.url) == []


async def test_a_relay_that_slept_while_another_worked_repeats_nothing(
    nats: EmbeddedNats, log: Log
) -> None:
    """P3: for ever, not only while the server remembers message ids."""
    log.add(10)
    async with connected(nats.start()) as nc:
        await open_log_stream(nc)
        config = (await nc.jetstream().stream_info(LOG_STREAM)).config
        await nc.jetstream().update_stream(config, duplicate_window=0.1)
        sleeper = RelayProcess(nats.start(), log.url)
        try:
            await eventually(lambda: has_reached(nc, 10))
            sleeper.send(signal.SIGSTOP)
            log.add(10)
            await publish_rows(nc, (await rows_of(log.url))[10:])
            await asyncio.sleep(0.3)
            sleeper.send(signal.SIGCONT)
            log.add(1)

            await eventually(lambda: has_reached(nc, 21))
            assert await differences_of(nc, log.url) == []
        finally:
            sleeper.kill()


async def test_a_relay_outlives_its_nats(nats: EmbeddedNats, log: Log) -> None:
    """N3: it goes on within two seconds, and says so once."""
    url = nats.start()
    log.add(100)
    with capture_logs() as logs:
        async with connected(url) as nc, relaying(nc, log.url) as relay:
            await eventually(lambda: relay.published == 100)
            assert nats.pid is not None
            os.kill(nats.pid, signal.SIGKILL)
            log.add(100)
            await asyncio.sleep(1.0)
            await asyncio.to_thread(nats.start)

            await eventually(lambda: relay.published == 200, seconds=2.5)
            assert await differences_of(nc, log.url) == []

    said = [entry["event"] for entry in logs if entry["event"].startswith("relay.")]
    assert said == ["relay.interrupted", "relay.goes_on"]


async def test_a_nats_that_comes_back_empty_is_filled(
    nats: EmbeddedNats, log: Log, data: Path
) -> None:
    """P5: a power cut can take a young stream away."""
    url = nats.start()
    log.add(1300)
    async with connected(url) as nc, relaying(nc, log.url) as relay:
        await eventually(lambda: relay.published == 1300)
        assert nats.pid is not None
        os.kill(nats.pid, signal.SIGKILL)
        await eventually(lambda: not nats.is_alive())
        (nats.home / "store").rename(data / "lost")
        await asyncio.to_thread(nats.start)

        await eventually(lambda: nc.is_connected)
        await eventually(lambda: relay.published < 1300)
        await eventually(lambda: relay.published == 1300)
        assert await differences_of(nc, log.url) == []


async def test_a_relay_outlives_its_connections_to_postgresql(nats: EmbeddedNats, log: Log) -> None:
    """N1."""
    async with connected(nats.start()) as nc, relaying(nc, log.url) as relay:
        for number in range(1, 6):
            cut_connections(log.url)
            log.add(50)
            await eventually(lambda: relay.published == log.size, seconds=3)
            assert relay.published == 50 * number
        assert await differences_of(nc, log.url) == []
