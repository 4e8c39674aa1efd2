"""
What webhooks have still to be told, and what became of it.

Of one entity (a chat, a client, …) only the first undelivered event is due: the later ones
wait for it, so that they arrive in order. Entities do not wait for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.mapper import EventMapper
from adapters.storage.sealing.vault import learn_soon
from adapters.webhooks.sending import Outcome
from domain.event import Recorded
from projections.items import Item, stamp

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

PAGE: Final = 500
"""Events of the log that are looked at in one step."""
MOST_WAITING: Final = 10_000
"""Events; beyond that the log itself is the queue."""
KEPT: Final = 1_000
"""Attempts of each webhook that are remembered."""

_FEED: Final = """
WITH here AS (
    SELECT position FROM recado_webhooks WHERE id = %(id)s AND (
        SELECT count(*) FROM (
            SELECT 1 FROM recado_webhook_queue WHERE webhook_id = %(id)s LIMIT %(most)s
        ) waiting
    ) < %(most)s
), page AS (
    SELECT notification_id, originator_id, topic FROM recado_events
    WHERE notification_id > (SELECT position FROM here)
    ORDER BY notification_id LIMIT %(page)s
), moved AS (
    UPDATE recado_webhooks w SET position = (SELECT max(notification_id) FROM page)
    FROM here WHERE w.id = %(id)s AND w.position = here.position AND EXISTS (SELECT 1 FROM page)
    RETURNING w.id
), queued AS (
    INSERT INTO recado_webhook_queue (webhook_id, position, stream)
    SELECT moved.id, notification_id, originator_id FROM page, moved
    WHERE topic = ANY(%(topics)s)
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM page
"""
_DUE: Final = """
SELECT q.position, q.stream, e.originator_version, e.topic, e.state, q.tries FROM (
    SELECT DISTINCT ON (stream) position, stream, tries, not_before FROM recado_webhook_queue
    WHERE webhook_id = %s ORDER BY stream, position
) q JOIN recado_events e ON e.notification_id = q.position
WHERE q.not_before <= clock_timestamp() ORDER BY q.position LIMIT %s
"""
_NOTE: Final = """
INSERT INTO recado_webhook_deliveries
    (webhook_id, position, kind, tries, status, error, milliseconds, next_at)
SELECT id, %(position)s, %(kind)s, %(tries)s, %(status)s, %(error)s, %(milliseconds)s,
    clock_timestamp() + %(delay)s * interval '1 second'
FROM recado_webhooks WHERE id = %(id)s
"""
_DONE: Final = """
WITH done AS (
    DELETE FROM recado_webhook_queue
    WHERE webhook_id = %(id)s AND stream = %(stream)s AND position = %(position)s
)
"""
_AGAIN: Final = """
WITH again AS (
    UPDATE recado_webhook_queue SET tries = %(tries)s,
        not_before = clock_timestamp() + coalesce(%(delay)s, 0) * interval '1 second'
    WHERE webhook_id = %(id)s AND stream = %(stream)s AND position = %(position)s
)
"""
_FORGET: Final = """
DELETE FROM recado_webhook_deliveries WHERE webhook_id = %(id)s AND n <= (
    SELECT n FROM recado_webhook_deliveries WHERE webhook_id = %(id)s
    ORDER BY n DESC OFFSET %(kept)s LIMIT 1
)
"""
_DELIVERIES: Final = """
SELECT n, position, kind, at, tries, status, error, milliseconds, next_at
FROM recado_webhook_deliveries
WHERE webhook_id = %s AND n < %s ORDER BY n DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Due:
    """An event that a webhook is to be told now."""

    webhook_id: str
    recorded: Recorded
    state: bytes
    """As it is stored, with what was sealed opened."""
    tries: int
    """How often it failed before."""

    @property
    def topic(self) -> str:
        return self.recorded.event.TOPIC


class WebhookQueue:
    """The tables of what is to be told and of what was."""

    def __init__(self, pool: Pool, mapper: EventMapper) -> None:
        self._pool: Final = pool
        self._mapper: Final = mapper

    async def feed(self, id_: str, topics: Sequence[str]) -> int:
        """Put what a webhook wants of the next events in the queue; return how many were read."""
        values = {"id": id_, "topics": list(topics), "page": PAGE, "most": MOST_WAITING}
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_FEED, values)).fetchone()
        return int(row[0]) if row else 0

    async def due(self, id_: str, limit: int) -> list[Due]:
        """Return what may be sent now: of each entity the first, oldest first."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_DUE, (id_, limit))
            rows = await cursor.fetchall()
            mapper = self._mapper.fresh()
            await learn_soon(connection, mapper.ring, [row[:5] for row in rows])
        return [_due(mapper, id_, row) for row in rows]

    async def delivered(self, due: Due, kind: str, outcome: Outcome) -> None:
        """Note that an event arrived."""
        await self._settle(_DONE, due, kind, outcome, None)

    async def failed(self, due: Due, kind: str, outcome: Outcome, delay: float | None) -> None:
        """Note that it did not, and after how many seconds to try again; None for never."""
        await self._settle(_AGAIN, due, kind, outcome, delay)

    async def note_test(self, id_: str, outcome: Outcome) -> None:
        """Note what became of a trial."""
        values = _noted(outcome) | {"id": id_, "position": 0, "kind": "test"}
        async with self._pool.connection() as connection:
            await connection.execute(_NOTE, values | {"tries": 1, "delay": None})

    async def forget_old(self, id_: str) -> None:
        """Keep no more attempts of a webhook than are of use."""
        async with self._pool.connection() as connection:
            await connection.execute(_FORGET, {"id": id_, "kept": KEPT})

    async def deliveries(self, id_: str, before: int, limit: int) -> list[Item]:
        """Return attempts before one of them, latest first."""
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(_DELIVERIES, (id_, before, limit))).fetchall()
        names = ("n", "position", "kind", "at", "tries", "status", "error", "milliseconds")
        return [
            dict(zip(names, row[:-1], strict=True))
            | {"at": stamp(row[3]), "next_at": stamp(row[-1])}
            for row in rows
        ]

    async def _settle(
        self, statement: str, due: Due, kind: str, outcome: Outcome, delay: float | None
    ) -> None:
        values = _noted(outcome) | {
            "id": due.webhook_id,
            "stream": due.recorded.stream,
            "position": due.recorded.position,
            "kind": kind,
            "tries": due.tries + 1,
            "delay": delay,
        }
        async with self._pool.connection() as connection:
            await connection.execute((statement + _NOTE).encode(), values)


def _due(mapper: EventMapper, id_: str, row: TupleRow) -> Due:
    recorded = mapper.decode(*row[:5])
    state = mapper.encode(recorded.event, recorded.meta, recorded.subject)
    return Due(id_, recorded, state, row[5])


def _noted(outcome: Outcome) -> dict[str, Any]:
    return {
        "status": outcome.status,
        "error": outcome.error,
        "milliseconds": outcome.milliseconds,
    }
