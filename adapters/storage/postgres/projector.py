"""
Keeps the views equal to the log, and the stream of views equal to them.

Two loops with a connection each: the first follows the log and never waits for NATS, the
second publishes what the first has committed; live feeds, which read the views themselves,
are told by the first and need not wait for the second. Any number of projectors may run; one is
at work, and the others stand by until its transaction does not hold the checkpoint.
"""

import asyncio
from contextlib import suppress
from typing import Final

import psycopg
import structlog
from nats import errors as nats_errors
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from nats.js.errors import APIError
from psycopg import AsyncConnection

from adapters.bus.batches import PublishRefused
from adapters.bus.nats import while_connected
from adapters.bus.subjects import MOVED, POKE
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.changes import BY_INDEX
from adapters.storage.postgres.projecting import LARGEST_BATCH, Connection, Projecting, Step
from adapters.storage.postgres.publishing import Publishing

log = structlog.get_logger()

IDLE: Final = 0.1
"""Seconds after which the log is looked at even if nobody poked."""
PACE: Final = 0.01
"""Seconds between two batches, at least: what comes one by one costs three times as much."""
BACKOFF: Final = (0.1, 5.0)
"""Seconds to wait after a failure: at first, and at most."""

# Views can be rebuilt, so that losing their last moments costs nothing but the time.
_OPTIONS: Final = (
    "-c synchronous_commit=off -c lock_timeout=10s -c statement_timeout=60s"
    " -c idle_in_transaction_session_timeout=30s -c timezone=UTC"
    + "".join(f" -c {name}={value}" for name, value in BY_INDEX.items())
)
_NATS_TROUBLE: Final = (nats_errors.Error, APIError, PublishRefused, TimeoutError, OSError)


class Projector:
    """Follows the log of one database; see `run`."""

    def __init__(self, url: str, mapper: EventMapper, nc: Nats | None = None) -> None:
        self._url: Final = url
        self._projecting: Final = Projecting(mapper)
        self._nc: Final = nc
        self._poked: Final = asyncio.Event()
        self._committed: Final = asyncio.Event()
        self._told = ("", 0)
        self.position = 0
        """Where the views were when last looked at."""
        self.applied = 0
        """Events applied by this projector."""
        self.stands_by = False
        """Whether another one is at work."""
        self.error: Exception | None = None
        """What it stopped at, for as long as it is stopped."""
        self.publish_error: Exception | None = None
        """Why nothing is published, for as long as nothing is."""

    async def run(self, stop: asyncio.Event) -> None:
        """Project and publish until `stop` is set, through outages of PostgreSQL and NATS."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._project(stop))
            if self._nc is not None:
                tasks.create_task(self._publish(stop, self._nc))

    async def _project(self, stop: asyncio.Event) -> None:
        wait = BACKOFF[0]
        while not stop.is_set():
            try:
                async with await _connect(self._url) as connection:
                    await self._follow(connection, stop)
            except Exception as error:
                wait = BACKOFF[0] if self.error is None else min(2 * wait, BACKOFF[1])
                self._note_failure(error)
                await _pause(stop, wait)

    async def _follow(self, connection: Connection, stop: asyncio.Event) -> None:
        # After a failure one by one, so that what cannot be applied is known by its position.
        carefully = LARGEST_BATCH if self.error is not None else 0
        while not stop.is_set():
            self._poked.clear()
            limit = 1 if carefully > 0 else LARGEST_BATCH
            step = await self._projecting.step(connection, limit)
            carefully -= step.applied
            self._note(step)
            if step.applied:
                await self._tell_feeds()
            if step.error is not None:
                raise step.error
            if step.applied < limit:
                carefully = 0
                await asyncio.sleep(PACE if step.applied else 0)
                await _wait(self._poked, IDLE)

    async def _tell_feeds(self) -> None:
        """Wake who looks at the views; whoever is not reached looks by himself soon."""
        if self._nc is not None and self._nc.is_connected:
            with suppress(*_NATS_TROUBLE):
                await self._nc.publish(MOVED, b"")

    def _note(self, step: Step) -> None:
        self.stands_by = step.stands_by
        if step.stands_by:
            return
        self.position = step.position
        self.applied += step.applied
        if step.applied:
            self._committed.set()
        if step.error is None and self.error is not None:
            log.info("projector.goes_on", position=self.position)
            self.error = None

    def _note_failure(self, error: Exception) -> None:
        is_news = self.error is None or (str(error), self.position) != self._told
        self.error, self._told = error, (str(error), self.position)
        if is_news:
            name = type(error.__cause__ or error).__name__
            log.error("projector.stopped", error=name, after=self.position, exc_info=error)

    async def _publish(self, stop: asyncio.Event, nc: Nats) -> None:
        wait, poked = BACKOFF[0], await nc.subscribe(POKE, cb=self._poke)
        try:
            while not stop.is_set():
                try:
                    async with await _connect(self._url) as connection:
                        await while_connected(nc, self._follow_views(connection, nc, stop))
                except (*_NATS_TROUBLE, psycopg.Error) as error:
                    wait = BACKOFF[0] if self.publish_error is None else min(2 * wait, BACKOFF[1])
                    self._note_unpublished(error)
                    await _pause(stop, wait)
        finally:
            if nc.is_connected:
                await poked.unsubscribe()

    async def _follow_views(self, connection: Connection, nc: Nats, stop: asyncio.Event) -> None:
        publishing = Publishing(nc)
        while not stop.is_set():
            self._committed.clear()
            more = await publishing.step(connection)
            if self.publish_error is not None:
                log.info("publisher.goes_on")
                self.publish_error = None
            if not more:
                await asyncio.sleep(2 * PACE)
                await _wait(self._committed, 5 * IDLE)

    def _note_unpublished(self, error: Exception) -> None:
        if self.publish_error is None:
            log.warning("publisher.stopped", error=type(error).__name__)
        self.publish_error = error

    async def _poke(self, _: Msg) -> None:
        self._poked.set()


async def _connect(url: str) -> Connection:
    return await AsyncConnection.connect(url, autocommit=True, options=_OPTIONS)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    await _wait(stop, seconds)
