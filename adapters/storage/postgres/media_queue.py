"""
Which files still lie at a provider: a table filled by the transaction that appends (M8).

A row is removed once what became of its file is recorded. Copying may safely be begun
again, so a row that a crash left marked is simply taken anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.mapper import EventMapper
from adapters.storage.sealing.vault import learn_soon
from domain.content import Media
from domain.errors import LeaseLost, RecadoError

log = structlog.get_logger()

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

OLDEST: Final = 10
"""Rows that are looked at besides those of the accounts asked for."""

_FENCE: Final = """
SELECT 1 FROM recado_leases WHERE name = %s AND fence = %s AND expires_at > clock_timestamp()
FOR SHARE
"""
_TAKE: Final = """
UPDATE recado_media SET attempted_at = clock_timestamp(), tries = tries + 1
WHERE (position, part) IN (
    SELECT due.position, due.part
    FROM unnest(%(accounts)s::text[], %(free)s::integer[]) AS room(account_id, free),
    LATERAL (
        SELECT position, part FROM recado_media AS m
        WHERE m.account_id = room.account_id AND attempted_at IS NULL
            AND not_before <= clock_timestamp()
        ORDER BY not_before LIMIT room.free
    ) AS due
    UNION
    SELECT position, part FROM (
        SELECT * FROM recado_media ORDER BY position, part LIMIT %(oldest)s
    ) AS old
    WHERE attempted_at IS NULL AND since < clock_timestamp() - %(age)s::interval
)
RETURNING position, part, stream, seq, account_id, tries, clock_timestamp() - since
"""
_PUT_BACK: Final = """
UPDATE recado_media SET attempted_at = NULL,
    not_before = clock_timestamp() + %s * interval '1 second'
WHERE position = %s AND part = %s
"""
_EVENTS: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE notification_id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file that is to be copied now."""

    position: int
    """Of the event that brought it."""
    part: int
    stream: str
    seq: int
    account_id: str
    tries: int
    age: timedelta
    """For how long it has been wanted."""
    media: Media | None
    """None where the event cannot be read."""


class MediaQueue:
    """The table, as the one copier that holds the lease sees it."""

    def __init__(self, pool: Pool, mapper: EventMapper) -> None:
        self._pool: Final = pool
        self._mapper: Final = mapper

    async def take(
        self, room: Mapping[str, int], age: timedelta, lease: str, fence: int | None
    ) -> list[Wanted]:
        """
        Return files to copy, marked; `room` tells how many from each account.

        What has been wanted for longer than `age` is returned whatever its account.
        Raises `LeaseLost` if the lease is somebody else's by now; nothing is marked then.
        """
        values: dict[str, Any] = {
            "accounts": list(room),
            "free": list(room.values()),
            "oldest": OLDEST,
            "age": age,
        }
        async with self._pool.connection() as connection, connection.transaction():
            held = await connection.execute(_FENCE, (lease, fence))
            if await held.fetchone() is None:
                raise LeaseLost(lease)
            rows = await (await connection.execute(_TAKE, values)).fetchall()
            media = await self._media(connection, [row[:2] for row in rows])
        return [
            Wanted(position, part, stream, seq, account, tries, age, media.get((position, part)))
            for position, part, stream, seq, account, tries, age in rows
        ]

    async def begin_again(self) -> None:
        """Let everything be taken that a copier who is no more had marked."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "UPDATE recado_media SET attempted_at = NULL WHERE attempted_at IS NOT NULL"
            )

    async def put_back(self, wanted: Wanted, delay: float) -> None:
        """Let a file be taken again after `delay` seconds."""
        async with self._pool.connection() as connection:
            await connection.execute(_PUT_BACK, (delay, wanted.position, wanted.part))

    async def settle(self, wanted: Wanted) -> None:
        """Remove what is recorded."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "DELETE FROM recado_media WHERE position = %s AND part = %s",
                (wanted.position, wanted.part),
            )

    async def _media(
        self, connection: AsyncConnection[TupleRow], places: list[tuple[int, int]]
    ) -> dict[tuple[int, int], Media]:
        if not places:
            return {}
        found: dict[tuple[int, int], Media] = {}
        cursor = connection.cursor(binary=True)
        await cursor.execute(_EVENTS, (list({position for position, _ in places}),))
        rows = await cursor.fetchall()
        await learn_soon(connection, self._mapper.ring, rows)
        for row in rows:
            try:
                event = self._mapper.decode(*row).event
            except RecadoError as error:
                log.warning("media.unreadable", stream=row[1], error=str(error))
                continue
            for number, part in enumerate(getattr(event, "parts", ())):
                if isinstance(part, Media):
                    found[int(row[0]), number] = part
        return found
