"""
The composition root: what each process is made of.

`serve` answers HTTP and may run many times; `work` plays one or more of the parts of
which one works at a time: relay, project, route, dispatch.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn
from nats.aio.client import Client as Nats
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.bus.nats import connect
from adapters.bus.poke import Poke
from adapters.bus.relay import Relay
from adapters.bus.streams import ensure_streams
from adapters.bus.subjects import read_event
from adapters.channels.accounts import ConnectedChannels
from adapters.channels.dispatcher import Dispatcher
from adapters.channels.transport import http_client
from adapters.http.app import create_app
from adapters.http.parts import AppParts
from adapters.storage.desk import LogDesk
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.heartbeats import Heartbeats
from adapters.storage.postgres.leases import Lease
from adapters.storage.postgres.outbox import Outbox
from adapters.storage.postgres.projector import Projector
from adapters.storage.postgres.queries import Queries
from adapters.storage.postgres.recorder import LogRecorder
from adapters.storage.postgres.snapshots import RoutingSnapshots
from deploy.embedded.directory import Urls
from deploy.installation import check_postgres
from deploy.parts import tell_ready
from deploy.settings import Settings
from domain.event import Recorded
from routers.hearing import log_broker
from routers.ports import Outside, Published
from routers.process import Router

log = structlog.get_logger()

WORK: Final = ("relay", "project", "route", "dispatch")

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]


@dataclass(frozen=True, slots=True)
class Base:
    """What every process has: its connections, and a desk."""

    urls: Urls
    pool: Pool
    nc: Nats
    mapper: EventMapper
    desk: LogDesk
    poke: Poke


@asynccontextmanager
async def connected(urls: Urls, name: str, connections: int) -> AsyncIterator[Base]:
    """Yield the connections of a process; raise one clear line for what is not there."""
    check_postgres(urls.postgres)
    # Requests and commits share the interpreter: neither is to wait long for the other.
    sys.setswitchinterval(0.001)
    nc = await connect(urls.nats, name=name)
    mapper = EventMapper()
    recorder = await asyncio.to_thread(LogRecorder.connect, urls.postgres)
    poke = Poke(nc)
    pool: Pool = AsyncConnectionPool(
        urls.postgres,
        min_size=2,
        max_size=connections,
        open=False,
        timeout=5,
        kwargs={"autocommit": True, "options": "-c statement_timeout=60s"},
    )
    desk: LogDesk | None = None
    try:
        await pool.open()
        desk = await asyncio.to_thread(LogDesk, recorder, mapper, poke.tell)
        await poke.start()
        yield Base(urls, pool, nc, mapper, desk, poke)
    finally:
        if desk is not None:
            await asyncio.to_thread(desk.close)
        await pool.close()
        recorder.close()
        with suppress(Exception):
            await nc.close()


async def serve(urls: Urls, settings: Settings, listening: socket.socket) -> None:
    """Answer HTTP on a bound socket until SIGTERM or SIGINT."""
    async with connected(urls, "recado-serve", connections=12) as base:
        await ensure_streams(base.nc)
        app = create_app(
            AppParts(
                desk=base.desk,
                queries=Queries(base.pool),
                pool=base.pool,
                mapper=base.mapper,
                channels=ConnectedChannels(base.pool),
                nats=base.nc,
                public_url=settings.public_url,
            )
        )
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
            h11_max_incomplete_event_size=64 * 1024,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not (server.started or serving.done()):  # noqa: ASYNC110  (it has no event for it)
            await asyncio.sleep(0.01)
        tell_ready()
        await serving


async def work(urls: Urls, parts: Sequence[str]) -> None:
    """Play the parts until SIGTERM or SIGINT."""
    stop = _stopped_by_signals()
    async with connected(urls, "recado-work", connections=8) as base:
        await ensure_streams(base.nc)
        tasks = [asyncio.create_task(_for_ever(name, base)) for name in parts]
        tell_ready()
        await stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _for_ever(name: str, base: Base) -> None:
    """Play one part; whatever ends it is logged, and it begins again."""
    pause = 0.1
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await _PARTS[name](base)
        except Exception as error:
            log.exception("part.failed", part=name, error=type(error).__name__)
        healthy = asyncio.get_running_loop().time() - began > 10  # noqa: PLR2004  (seconds)
        pause = 0.1 if healthy else min(2 * pause, 5.0)
        await asyncio.sleep(pause)


async def _relay(base: Base) -> None:
    await Relay(base.nc, base.urls.postgres).run(asyncio.Event())


async def _project(base: Base) -> None:
    await Projector(base.urls.postgres, base.mapper, base.nc).run(asyncio.Event())


async def _route(base: Base) -> None:
    lease = Lease(base.pool, "router")
    heartbeats = Heartbeats(base.pool)

    def read(message: Published) -> Recorded:
        relayed = read_event(message)
        return base.mapper.decode(
            relayed.position, relayed.stream, relayed.version, relayed.topic, relayed.state
        )

    outside = Outside(
        desk=base.desk.under(lease),
        lease=lease,
        load_snapshot=RoutingSnapshots(base.urls.postgres, base.mapper).load,
        lost_heartbeats=heartbeats.lost,
        read=read,
        clock=heartbeats.clock,
    )
    async with log_broker(base.urls.nats) as broker:
        await Router(broker, outside).run()


async def _dispatch(base: Base) -> None:
    lease = Lease(base.pool, "dispatch")
    channels = ConnectedChannels(base.pool)
    outbox = Outbox(base.pool, base.mapper)
    async with lease.kept() as lost, http_client() as client:
        dispatcher = Dispatcher(outbox, channels, base.desk.under(lease), client)
        await dispatcher.run(lease, base.poke.event(), lost)


_PARTS: Final[dict[str, Callable[[Base], Awaitable[None]]]] = {
    "relay": _relay,
    "project": _project,
    "route": _route,
    "dispatch": _dispatch,
}


def _stopped_by_signals() -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
