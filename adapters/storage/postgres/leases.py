"""
Who may do a thing that only one process does at a time (R14).

A lease is held for a few seconds and renewed; each holder has a higher fencing number
than the one before. The desk checks the number inside the writing transaction, so what a
stale holder decided is not written, whatever it believes.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from secrets import token_hex
from typing import Final

import psycopg
import structlog
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

log = structlog.get_logger()

HELD_FOR: Final = 3.0
"""Seconds that a lease outlives its holder; another takes over right after."""
RENEWED_EVERY: Final = 1.0

_TAKE: Final = """
INSERT INTO recado_leases AS lease (name, holder, fence, expires_at)
VALUES (%(name)s, %(holder)s, 1, clock_timestamp() + %(for)s * interval '1 second')
ON CONFLICT (name) DO UPDATE SET
    holder = excluded.holder, fence = lease.fence + 1, expires_at = excluded.expires_at
WHERE lease.expires_at <= clock_timestamp()
RETURNING fence
"""
_RENEW: Final = """
UPDATE recado_leases SET expires_at = clock_timestamp() + %(for)s * interval '1 second'
WHERE name = %(name)s AND holder = %(holder)s AND fence = %(fence)s
    AND expires_at > clock_timestamp()
RETURNING fence
"""
_GIVE_BACK: Final = """
UPDATE recado_leases SET expires_at = clock_timestamp()
WHERE name = %(name)s AND holder = %(holder)s AND fence = %(fence)s
"""

Pool = AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]]


class Lease:
    """One process's claim to a named thing to do."""

    def __init__(self, pool: Pool, name: str, held_for: float = HELD_FOR) -> None:
        self.name: Final = name
        self.fence: int | None = None
        """The fencing number while the lease is held, else None."""
        self._pool: Final = pool
        self._holder: Final = token_hex(8)
        self._held_for: Final = held_for

    @property
    def held(self) -> bool:
        return self.fence is not None

    async def acquire(self) -> bool:
        """Return whether the lease is ours now; it is not while another holds it."""
        self.fence = await self._ask(_TAKE)
        if self.held:
            log.info("lease.taken", lease=self.name, fence=self.fence)
        return self.held

    async def renew(self) -> bool:
        """Return whether the lease is still ours, held for as long again."""
        self.fence = await self._ask(_RENEW)
        if not self.held:
            log.warning("lease.lost", lease=self.name)
        return self.held

    async def release(self) -> None:
        """Give the lease back, so that another need not wait for it to run out."""
        if self.held:
            await self._ask(_GIVE_BACK)
            self.fence = None

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[asyncio.Event]:
        """Wait for the lease, keep it renewed, and yield what is set when it is lost."""
        while not await self._try(self.acquire()):  # noqa: ASYNC110  (another process lets go)
            await asyncio.sleep(RENEWED_EVERY)
        lost = asyncio.Event()
        keeper = asyncio.create_task(self._keep(lost))
        try:
            yield lost
        finally:
            keeper.cancel()
            with suppress(asyncio.CancelledError, psycopg.Error):
                await keeper
            with suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(self._held_for):
                    await self.release()
            self.fence = None

    async def _keep(self, lost: asyncio.Event) -> None:
        while self.held:
            await asyncio.sleep(RENEWED_EVERY)
            if not await self._try(self.renew()):
                break
        lost.set()

    async def _try(self, step: Awaitable[bool]) -> bool:
        try:
            async with asyncio.timeout(self._held_for):
                return await step
        except (psycopg.Error, TimeoutError) as error:
            log.warning("lease.database_lost", lease=self.name, error=type(error).__name__)
            return False

    async def _ask(self, statement: str) -> int | None:
        values = {
            "name": self.name,
            "holder": self._holder,
            "for": self._held_for,
            "fence": self.fence,
        }
        async with self._pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), values)
            row = await cursor.fetchone() if cursor.description else None
        return None if row is None else int(row[0])
