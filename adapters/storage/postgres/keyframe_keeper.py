"""Makes the keyframes that are missing, one after another, beside everybody's work."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, sleep
from typing import Final

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.keyframes import EVERY, advance, keep, missing, nearest
from projections.panel import Panel

LOOK_EVERY: Final = 5.0
"""Seconds between two looks at whether one is due."""
SHARE: Final = 0.25
"""Of a processor: the past has time."""


class KeyframeMaker:
    """Makes them in order; each goes on from the one before."""

    def __init__(
        self,
        connection: Connection[TupleRow],
        mapper: EventMapper,
        every: int = EVERY,
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        self._connection: Final = connection
        self._mapper: Final = mapper
        self._every: Final = every
        self._pause: Final = pause
        self._panel = Panel()

    def make_next(self, up_to: int | None = None) -> int | None:
        """Make the first that is missing, up to a position; return its own, None where none is."""
        position = missing(self._connection, self._every)
        if position is None or (up_to is not None and position > up_to):
            return None
        if self._panel.position != position - self._every:
            self._panel = nearest(self._connection, position)
        advance(self._connection, self._mapper, self._panel, position, self._pause)
        keep(self._connection, self._panel)
        return position


class _ToldToStop(Exception):
    pass


class KeyframeKeeper:
    """One works at a time, under a lease; a second one would do no harm."""

    def __init__(
        self,
        url: str,
        mapper: EventMapper,
        *,
        every: int = EVERY,
        look_every: float = LOOK_EVERY,
        share: float = SHARE,
    ) -> None:
        self._url: Final = url
        self._mapper: Final = mapper
        self._every: Final = every
        self._look_every: Final = look_every
        self._rest: Final = 1 / share - 1
        self._is_over = False
        self._since = monotonic()

    async def run(self, lost: asyncio.Event) -> None:
        """Work until `lost` is set; raise what the database or an unreadable event raises."""
        try:
            while not lost.is_set():
                with suppress(_ToldToStop):
                    await asyncio.to_thread(self._catch_up)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._look_every):
                        await lost.wait()
        finally:
            # The thread that is still at it ends with its page.
            self._is_over = True

    def _catch_up(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            maker = KeyframeMaker(connection, self._mapper, self._every, self._pace)
            self._since = monotonic()
            while maker.make_next() is not None:
                self._pace()

    def _pace(self) -> None:
        """Rest as much longer than it worked as its share asks for."""
        if self._is_over:
            raise _ToldToStop
        sleep(self._rest * (monotonic() - self._since))
        self._since = monotonic()
