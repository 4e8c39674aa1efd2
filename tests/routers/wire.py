"""A company whose log is heard over a real NATS server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Final

import nats
from faststream.nats import NatsBroker
from nats.aio.client import Client as Nats
from nats.js.api import StreamConfig

from adapters.bus.subjects import Published, event_headers, event_subject, read_event
from adapters.storage.mapper import EventMapper
from domain.event import Recorded
from domain.values import OperatorId
from routers.fold import fold
from routers.hearing import LOG_STREAM, LOG_SUBJECTS, log_broker
from routers.policies import BUILT_IN
from routers.policies.base import Policy
from routers.ports import Outside
from routers.process import Router, Timing
from routers.records import LoadSnapshot, Snapshot
from routers.state import Routing
from tests.routers.company import Company

FAST: Final = Timing(tick=0.02, lease=0.05, heartbeats=0.05, sweep=0.2)
MAPPER: Final = EventMapper()


class Office:
    """Where the lease of the router is kept: one holder at a time, who may be turned out."""

    def __init__(self) -> None:
        self.holder: OneLease | None = None
        self.closed = False

    def lease(self) -> "OneLease":
        return OneLease(self)


class OneLease:
    def __init__(self, office: Office) -> None:
        self._office = office
        self.held = False

    async def acquire(self) -> bool:
        if self._office.closed:
            raise ConnectionError("nobody answers")
        if self._office.holder is None:
            self._office.holder = self
        return await self.renew()

    async def renew(self) -> bool:
        self.held = self._office.holder is self
        return self.held

    async def release(self) -> None:
        self._office.holder = None
        self.held = False


class Wired:
    """A company, its log on a stream, and routers that hear it."""

    def __init__(self, url: str, connection: Nats) -> None:
        self.company = Company()
        self.office = Office()
        self.lost: list[OperatorId] = []
        self.load: LoadSnapshot = self.load_snapshot
        self._url = url
        self._nc = connection
        self._unsent = asyncio.Queue[Recorded]()
        self.company.desk.on_commit = self._send

    def _send(self, events: Sequence[Recorded]) -> None:
        for recorded in events:
            self._unsent.put_nowait(recorded)

    async def relay(self) -> None:
        while True:
            await self.publish(await self._unsent.get())

    async def publish(self, recorded: Recorded) -> None:
        topic = recorded.event.TOPIC
        state = MAPPER.encode(recorded.event, recorded.meta, recorded.subject)
        row = (recorded.stream, recorded.version, topic, state, recorded.position)
        subject = event_subject(recorded.stream, topic)
        await self._nc.publish(subject, state, headers=event_headers(row))

    async def make_stream(self) -> None:
        await self._nc.jetstream().add_stream(
            StreamConfig(name=LOG_STREAM, subjects=[LOG_SUBJECTS], allow_direct=True)
        )

    async def lose_stream(self) -> None:
        await self._nc.jetstream().delete_stream(LOG_STREAM)

    async def lose_message(self, position: int) -> None:
        await self._nc.jetstream().delete_msg(LOG_STREAM, position)

    async def load_snapshot(self) -> Snapshot:
        state = Routing()
        for recorded in self.company.desk.log:
            fold(state, recorded)
        return state.snapshot()

    async def lost_heartbeats(self, grace: timedelta) -> Sequence[OperatorId]:
        return self.lost

    def router(self, broker: NatsBroker, policies: dict[str, Policy] | None = None) -> Router:
        outside = Outside(
            desk=self.company.desk,
            lease=self.office.lease(),
            load_snapshot=self.load,
            lost_heartbeats=self.lost_heartbeats,
            read=read,
            clock=lambda: self.company.desk.now,
        )
        return Router(broker, outside, policies or BUILT_IN, FAST)

    @asynccontextmanager
    async def routing(self, policies: dict[str, Policy] | None = None) -> AsyncIterator[Router]:
        """Have a router at work."""
        broker = log_broker(self._url)
        await broker.start()
        router = self.router(broker, policies)
        async with at_work(router.run()):
            yield router
        await broker.stop()


def read(message: Published) -> Recorded:
    return MAPPER.decode(*read_event(message))


@asynccontextmanager
async def at_work(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def wired(url: str) -> AsyncIterator[Wired]:
    """Yield a company whose log is on a stream of the server, from its first event."""
    connection = await nats.connect(url)
    company = Wired(url, connection)
    await company.make_stream()
    async with at_work(company.relay()):
        yield company
    await connection.close()


async def until(question: Callable[[], object], seconds: float = 10.0) -> None:
    """Return when the answer is yes; fail the test when it is not in time."""
    async with asyncio.timeout(seconds):
        while not question():  # noqa: ASYNC110  (what is asked after cannot tell by itself)
            await asyncio.sleep(0.005)
