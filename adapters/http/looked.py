"""Looks on their way into their table: a request never waits for it (A5)."""

import asyncio
from datetime import UTC, datetime
from typing import Final

import structlog
from psycopg import AsyncConnection, OperationalError
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from adapters.http.auth import Viewer
from adapters.storage.postgres.looks import Look, LookKind, note
from domain.values import Role
from projections.items import Item

log = structlog.get_logger()

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

EVERY: Final = 2.0
"""Seconds between two writes: what a process that is killed may lose."""
MOST: Final = 20_000
"""Looks held while the database is away."""


class Looks:
    """Counts looks in memory by person, thing and hour until they are written."""

    def __init__(self) -> None:
        self._held: Final[dict[tuple[LookKind, str, str, datetime], Look]] = {}

    def note(self, kind: LookKind, who: str, what: str) -> None:
        """Count a look, now."""
        now = datetime.now(UTC)
        self._hold(Look(kind, who, what, now, now))

    def at_chat(self, viewer: Viewer, item: Item) -> None:
        """Count the reading of a chat, where it is not part of one's work."""
        if viewer.scope.role is Role.OPERATOR:
            return
        owner = item["operator"] or {"id": None}
        if owner["id"] != viewer.id:
            self.note(LookKind.CHAT, viewer.id, f"chat-{item['id']}")

    def of_auditor(self, viewer: Viewer, kind: LookKind, what: str) -> None:
        """Count what is noted of auditors alone."""
        if viewer.scope.role is Role.AUDITOR:
            self.note(kind, viewer.id, what)

    async def write(self, pool: Pool) -> None:
        """Write what is held; it is held on where the database cannot be reached."""
        if not self._held:
            return
        taken = list(self._held.values())
        self._held.clear()
        try:
            async with pool.connection() as connection:
                await note(connection, taken)
        except (OperationalError, PoolTimeout) as error:
            log.warning("looks.not_written", error=type(error).__name__)
            for look in taken:
                self._hold(look)

    async def write_for_ever(self, pool: Pool) -> None:
        """Write now and then, until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.write(pool)

    def _hold(self, look: Look) -> None:
        hour = look.first_at.replace(minute=0, second=0, microsecond=0)
        key = look.kind, look.who, look.what, hour
        known = self._held.get(key)
        if known is not None:
            first, last = min(known.first_at, look.first_at), max(known.last_at, look.last_at)
            look = Look(look.kind, look.who, look.what, first, last, known.times + look.times)
        elif len(self._held) >= MOST:
            log.error("looks.lost", kind=look.kind.value)
            return
        self._held[key] = look
