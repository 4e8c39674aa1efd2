"""Who has not been heard of, judged by one clock: the database's (R10)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from psycopg import AsyncConnection, Error
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from domain.values import OperatorId, Timestamp

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_LOST: Final = """
SELECT o.id FROM recado_views.operators AS o
LEFT JOIN recado_heartbeats AS h ON h.operator_id = o.id
WHERE o.presence <> 'offline' AND greatest(h.at, o.online_since) < clock_timestamp() - %s
"""
_NOW: Final = "SELECT clock_timestamp()"


class Heartbeats:
    """The heartbeats as one process watches them, and the database's clock on the way."""

    def __init__(self, pool: Pool) -> None:
        self._pool: Final = pool
        self._offset = timedelta(0)
        self._sound_since: Timestamp | None = None

    def clock(self) -> Timestamp:
        """Return the database's time, as last compared with this machine's."""
        return datetime.now(UTC) + self._offset

    async def lost(self, grace: timedelta) -> Sequence[OperatorId]:
        """
        Return who counts as there, but was not heard of for longer than `grace`.

        While heartbeats could not be recorded nobody's silence means anything: after an
        outage of the database nobody is lost before a whole grace has passed.
        """
        try:
            async with self._pool.connection() as connection:
                now = await self._compare_clocks(connection)
                rows = await (await connection.execute(_LOST, (grace,))).fetchall()
        except (Error, PoolTimeout):
            self._sound_since = None
            raise
        if self._sound_since is None:
            self._sound_since = now
        if now - self._sound_since < grace:
            return ()
        return [OperatorId(row[0]) for row in rows]

    async def _compare_clocks(self, connection: AsyncConnection[TupleRow]) -> Timestamp:
        row = await (await connection.execute(_NOW)).fetchone()
        now: Timestamp = row[0] if row else datetime.now(UTC)
        self._offset = now - datetime.now(UTC)
        return now
