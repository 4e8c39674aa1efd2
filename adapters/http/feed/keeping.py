"""What keeps the feeds going: the pump, NATS that wakes it, signs of life, tidying up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.bus.subjects import MOVED, PASSING
from adapters.http.feed.hub import Hub
from adapters.http.feed.passing import Passing
from adapters.http.feed.stream import Streams
from adapters.http.feed.subscribing import Subscribers
from adapters.http.metrics import Metrics
from adapters.http.presence import beat, still_good
from adapters.storage.postgres.queries import Queries
from adapters.tasks import end

log = structlog.get_logger()

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

BEAT_EVERY: Final = (1.0, 10.0)
"""Seconds, at least and at most; in between, a third of the grace (R10)."""
CHECK_EVERY: Final = 3.0
"""Seconds: a feed ends no later than this, and a little, after its session."""
TIDY_EVERY: Final = 5.0
WATCH_EVERY: Final = 0.25


class Keeping:
    """The tasks around the hub of one process."""

    def __init__(
        self,
        hub: Hub,
        subscribers: Subscribers,
        streams: Streams,
        passing: Passing,
        queries: Queries,
        pool: Pool,
        nats: Nats | None,
        metrics: Metrics,
        heard_of: set[str],
    ) -> None:
        self._hub: Final = hub
        self._subscribers: Final = subscribers
        self._streams: Final = streams
        self._passing: Final = passing
        self._queries: Final = queries
        self._pool: Final = pool
        self._nats: Final = nats
        self._metrics: Final = metrics
        self._heard_of: Final = heard_of

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the tasks for as long as the block lasts."""
        await self._hub.start()
        heard = []
        if self._nats is not None:
            heard.append(await self._nats.subscribe(MOVED, cb=self._hear))
            heard.append(await self._nats.subscribe(PASSING, cb=self._hear_sign))
        tasks = [
            asyncio.create_task(self._hub.run()),
            asyncio.create_task(self._beat_for_ever()),
            asyncio.create_task(_every(CHECK_EVERY, self._check)),
            asyncio.create_task(_every(TIDY_EVERY, self._tidy)),
            asyncio.create_task(_every(WATCH_EVERY, self._watch)),
        ]
        try:
            yield
        finally:
            await end(tasks)
            for subscription in heard:
                if self._nats is not None and self._nats.is_connected:
                    await subscription.unsubscribe()

    async def _hear(self, _: Msg) -> None:
        self._hub.poke()

    async def _hear_sign(self, message: Msg) -> None:
        self._passing.hear(message.data)

    async def _watch(self) -> None:
        """Look more often while nobody wakes us."""
        self._hub.is_heard = self._nats is not None and self._nats.is_connected

    async def _beat_for_ever(self) -> None:
        while True:
            shortest, longest = pause = BEAT_EVERY
            try:
                await self._beat()
                grace = (await self._queries.settings())["presence_grace"]
                pause = (max(shortest, grace / 3), longest)
            except Exception as error:
                log.warning("feed.keeping_failed", error=type(error).__name__)
            await asyncio.sleep(min(pause))

    async def _beat(self) -> None:
        operators = {connection.operator_id for connection in self._streams.open}
        operators |= self._heard_of
        self._heard_of.clear()
        if operators:
            await beat(self._pool, operators)

    async def _check(self) -> None:
        """End the feeds of who has signed out, or was signed out."""
        connections = list(self._streams.open)
        if not connections:
            return
        good = await still_good(self._pool, {c.digest for c in connections})
        for connection in connections:
            if connection.digest not in good:
                self._streams.end(connection, "signed_out")

    async def _tidy(self) -> None:
        self._streams.ping()
        self._subscribers.sweep()
        self._passing.sweep()
        self._metrics.feeds.set(len(self._streams.open))


async def _every(seconds: float, do: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await do()
        except Exception as error:
            log.warning("feed.keeping_failed", error=type(error).__name__)
        await asyncio.sleep(seconds)
