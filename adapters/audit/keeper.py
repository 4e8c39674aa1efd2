"""Keeps the tree in step with the log, signs a head each minute, and publishes what is signed."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.audit.heads import Head, Signer, heads_after, sign
from adapters.audit.publishing import Place
from adapters.audit.tree import BATCH, extend, frontier

log = structlog.get_logger()

SIGN_EVERY: Final = 60.0
"""Seconds between two heads, at least, where something is new."""
LOOK_EVERY: Final = 1.0
PACE: Final = 0.01
"""Seconds between two batches, so that nobody else in this process waits for long."""


class HeadKeeper:
    """
    One works at a time, under a lease; a second one would do no harm.

    Each place gets every head that is signed while the keeper runs, by whomever, and at the
    start the newest one. A place that fails holds up no other and is tried again.
    """

    def __init__(
        self,
        url: str,
        signer: Signer,
        places: Sequence[Place],
        *,
        sign_every: float = SIGN_EVERY,
        look_every: float = LOOK_EVERY,
    ) -> None:
        self._url: Final = url
        self._signer: Final = signer
        self._places: Final = places
        self._sign_every: Final = sign_every
        self._look_every: Final = look_every
        self._published: Final = [0 for _ in places]
        self._failing: Final[set[str]] = set()

    async def run(self, lost: asyncio.Event) -> None:
        """Work until `lost` is set; raise what the database or a broken log raises."""
        now, signed_at = asyncio.get_running_loop().time, float("-inf")
        connection = await asyncio.to_thread(self._connect)
        try:
            self._begin_with(await asyncio.to_thread(heads_after, connection, 0))
            while not lost.is_set():
                await self._catch_up(connection, lost)
                is_due = now() - signed_at >= self._sign_every
                if is_due and await asyncio.to_thread(self._sign, connection):
                    signed_at = now()
                if self._places:
                    least = min(self._published)
                    await self._publish(await asyncio.to_thread(heads_after, connection, least))
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._look_every):
                        await lost.wait()
        finally:
            connection.close()

    def _connect(self) -> Connection[TupleRow]:
        return psycopg.connect(self._url, autocommit=True)

    def _begin_with(self, heads: list[Head]) -> None:
        newest = heads[-1].size if heads else 0
        self._published[:] = [max(0, newest - 1)] * len(self._places)

    async def _catch_up(self, connection: Connection[TupleRow], lost: asyncio.Event) -> None:
        added = BATCH
        while added == BATCH and not lost.is_set():
            added = await asyncio.to_thread(extend, connection)
            await asyncio.sleep(PACE)

    def _sign(self, connection: Connection[TupleRow]) -> bool:
        """Return whether anything was new since the last head."""
        size = frontier(connection).size
        ours = self._signer.public
        if size == 0 or any(head.key == ours for head in heads_after(connection, size - 1)):
            return False
        sign(connection, self._signer)
        return True

    async def _publish(self, heads: list[Head]) -> None:
        await asyncio.gather(
            *(self._publish_to(n, place, heads) for n, place in enumerate(self._places))
        )

    async def _publish_to(self, number: int, place: Place, heads: list[Head]) -> None:
        try:
            for head in heads:
                if head.size > self._published[number]:
                    await place.take(head)
                    self._published[number] = head.size
        except Exception as error:
            if place.name not in self._failing:
                # Its message may quote the address, which may hold a secret.
                log.warning("heads.not_published", place=place.name, error=type(error).__name__)
            self._failing.add(place.name)
        else:
            if heads and place.name in self._failing:
                self._failing.discard(place.name)
                log.info("heads.published_again", place=place.name)
