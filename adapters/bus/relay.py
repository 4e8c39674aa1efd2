"""
Copies the log to its stream: in order, without a gap, nothing twice.

The relay's only cursor is the stream's own last sequence, which is a position, and a
batch is stored only where the stream still ends there: a second relay, a repeat after an
unanswered publish or a restart at any instant change nothing.
"""

import asyncio
from contextlib import suppress
from typing import Final

import psycopg
import structlog
from nats import errors as nats_errors
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg

from adapters.bus.batches import Message, PublishRefused, WrongLastSequence, publish_batch
from adapters.bus.compare import mistakes
from adapters.bus.log_pages import LogPages
from adapters.bus.nats import while_connected
from adapters.bus.streams import (
    LogStream,
    look_at_log_stream,
    open_log_stream,
    reading,
    replace_log_stream,
)
from adapters.bus.subjects import (
    POKE,
    LogRow,
    UnfitForSubject,
    event_headers,
    event_subject,
)

log = structlog.get_logger()

IDLE: Final = 0.1
"""Seconds after which the log is looked at even if nobody poked."""

PACE: Final = 0.005
"""Seconds between two batches, at least, where nothing more is known to be waiting."""

LOOKS_PER_CHECK: Final = 10
"""How many idle looks at the log go by between two looks at the stream."""

BACKOFF: Final = (0.1, 1.0)
"""Seconds to wait after a failure: at first, and at most."""

SAMPLES: Final = 4
SAMPLE_SIZE: Final = 16

_OUTAGES: Final = (
    psycopg.Error,
    nats_errors.Error,
    PublishRefused,
    UnfitForSubject,
    TimeoutError,
    OSError,
)


class Relay:
    """
    Keeps the log's stream equal to the log at `postgres_url`, for as long as it runs.

    Any number may run: one is enough, the others lose every race and do no harm.
    """

    def __init__(self, nc: Nats, postgres_url: str) -> None:
        self._nc = nc
        self._url = postgres_url
        self._woken = asyncio.Event()
        self._outage: str | None = None
        self._epoch = ""
        self._published = 0
        self._head = 0

    @property
    def published(self) -> int:
        """The last position known to be in the stream."""
        return self._published

    @property
    def behind(self) -> int:
        """How many events the stream lacked when the relay last looked."""
        return max(0, self._head - self._published)

    async def run(self, stop: asyncio.Event) -> None:
        """
        Copy until `stop` is set, through any outage of PostgreSQL or NATS.

        Raises the library's ConnectionClosedError when the connection to NATS was
        closed for good: it does not come back by itself.
        """
        poked = await self._nc.subscribe(POKE, cb=self._wake)
        wait, most = BACKOFF
        try:
            while not stop.is_set():
                try:
                    async with LogPages(self._url) as pages:
                        await while_connected(self._nc, self._follow(pages, stop))
                except _OUTAGES as error:
                    if self._nc.is_closed:
                        raise nats_errors.ConnectionClosedError from error
                    wait = BACKOFF[0] if self._outage is None else min(2 * wait, most)
                    self._note_outage(error)
                    await _pause(stop, wait)
        finally:
            if not self._nc.is_closed:
                await poked.unsubscribe()

    async def _follow(self, pages: LogPages, stop: asyncio.Event) -> None:
        await self._agree(pages, thoroughly=True)
        quiet = 0
        while not stop.is_set():
            self._woken.clear()
            if await self._copy(pages):
                quiet = 0
                await asyncio.sleep(PACE if self._published >= self._head else 0)
                continue
            quiet += 1
            if self._head < self._published or quiet % LOOKS_PER_CHECK == 0:
                await self._agree(pages)
            else:
                await self._wait()

    async def _copy(self, pages: LogPages) -> bool:
        """Publish the next page of the log; return whether there was more to do."""
        self._head = await pages.head()
        if self._head <= self._published:
            self._note_back()
            return False
        rows = await pages.after(self._published)
        try:
            self._published = await publish_batch(
                self._nc, [_as_message(row) for row in rows], expected_last=self._published
            )
        except (WrongLastSequence, nats_errors.NoRespondersError):
            before = self._published
            await self._agree(pages)
            if self._published == before:
                raise  # nothing was learnt from it: not again at once
        else:
            self._note_back()
        return True

    async def _agree(self, pages: LogPages, *, thoroughly: bool = False) -> None:
        """
        Take the stream's last sequence as the position to go on from.

        A stream that cannot be a copy of this log is replaced, and filled from 1.
        """
        stream = await open_log_stream(self._nc)
        # In this order: what another relay publishes meanwhile must not look like a ghost.
        self._head = await pages.head()
        is_new = stream.epoch != self._epoch
        if stream.last < self._published:
            log.warning("relay.stream_lost_events", had=self._published, has=stream.last)
        why = await self._why_not_a_copy(stream, pages, thoroughly=thoroughly or is_new)
        if why is not None:
            stream = await self._replace(stream, why)
        self._epoch, self._published = stream.epoch, stream.last

    async def _why_not_a_copy(
        self, stream: LogStream, pages: LogPages, *, thoroughly: bool
    ) -> str | None:
        if stream.last > self._head:
            return "it is ahead of the log"
        if not stream.is_whole:
            return "it has holes"
        if thoroughly and stream.last:
            return await self._why_not_equal(stream.last, pages)
        return None

    async def _why_not_equal(self, last: int, pages: LogPages) -> str | None:
        for first in _sample(last):
            async with reading(self._nc, first) as reader:
                messages = await reader.block(SAMPLE_SIZE)
            rows = await pages.after(first - 1, len(messages))
            for message, row in zip(messages, rows, strict=False):
                if message.sequence != row[-1] or mistakes(message, row):
                    return f"position {message.sequence} is not what the log has there"
        return None

    async def _replace(self, stream: LogStream, why: str) -> LogStream:
        present = await look_at_log_stream(self._nc)
        if present.epoch != stream.epoch:
            return present  # another relay has just done it
        new = await replace_log_stream(self._nc)
        log.error(
            "relay.stream_replaced",
            why=why,
            stream_last=stream.last,
            log_position=self._head,
            old_epoch=stream.epoch,
            new_epoch=new.epoch,
        )
        return new

    async def _wake(self, _: Msg) -> None:
        self._woken.set()

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(IDLE):
                await self._woken.wait()

    def _note_outage(self, error: BaseException) -> None:
        reason = str(error).partition("\n")[0].strip() or type(error).__name__
        if self._outage is None:
            log.warning("relay.interrupted", reason=reason, published=self._published)
        self._outage = reason

    def _note_back(self) -> None:
        if self._outage is not None:
            log.info("relay.goes_on", after=self._outage, published=self._published)
            self._outage = None


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


def _as_message(row: LogRow) -> Message:
    stream, _, topic, state, _ = row
    return Message(event_subject(stream, topic), state, event_headers(row))


def _sample(last: int) -> list[int]:
    """Return where to start reading blocks: spread over the stream, and its very end."""
    step = max(1, last // SAMPLES)
    return [*range(1, last, step)[:SAMPLES], max(1, last - SAMPLE_SIZE + 1)]
