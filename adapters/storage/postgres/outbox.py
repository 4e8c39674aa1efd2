"""
What is still to be sent: a table kept in step with the log by the transaction that appends.

A row is marked before its message leaves. After a crash a marked row therefore means
that nobody knows whether the message left, which is what the operator is then shown (M6).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.mapper import EventMapper
from domain.chat.events import (
    ChatOpened,
    MessageReceived,
    MessageSent,
    MessageSentElsewhere,
    MessageStateChanged,
)
from domain.errors import LeaseLost, RecadoError
from domain.event import Event
from domain.values import Timestamp

log = structlog.get_logger()

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_FENCE: Final = """
SELECT 1 FROM recado_leases WHERE name = %s AND fence = %s AND expires_at > clock_timestamp()
FOR SHARE
"""
_TAKE: Final = """
UPDATE recado_outbox SET attempted_at = clock_timestamp(), tries = tries + 1
WHERE (stream, seq) IN (
    SELECT stream, seq FROM (
        SELECT *, row_number() OVER (PARTITION BY account_id ORDER BY position NULLS FIRST) AS nth
        FROM (
            SELECT DISTINCT ON (stream) stream, seq, position, attempted_at, not_before, account_id
            FROM recado_outbox ORDER BY stream, seq
        ) AS first
        WHERE attempted_at IS NULL AND not_before <= clock_timestamp()
    ) AS due
    JOIN unnest(%s::text[], %s::integer[]) AS room(account_id, free) USING (account_id)
    WHERE nth <= free
        AND account_id NOT IN (SELECT id FROM recado_views.channels WHERE paused IS NOT NULL)
)
RETURNING stream, seq, account_id, tries, attempted_at
"""
_PUT_BACK: Final = """
UPDATE recado_outbox SET attempted_at = NULL,
    not_before = clock_timestamp() + %s * interval '1 second'
WHERE stream = %s AND seq = %s AND attempted_at = %s
"""
_EVENTS: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE originator_id = ANY(%s) AND topic = ANY(%s)
"""
_NEEDED_TOPICS: Final = [
    ChatOpened.TOPIC,
    MessageSent.TOPIC,
    MessageReceived.TOPIC,
    MessageSentElsewhere.TOPIC,
    MessageStateChanged.TOPIC,
]


@dataclass(frozen=True, slots=True)
class Due:
    """One message to be sent now."""

    stream: str
    seq: int
    account_id: str
    tries: int
    marked_at: Timestamp
    address: str
    sent: MessageSent
    reply_to_provider_id: str | None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A message whose sending began, and of which nothing more is known."""

    stream: str
    seq: int
    account_id: str
    marked_at: Timestamp


class Outbox:
    """The table, as the one dispatcher that holds the lease sees it."""

    def __init__(self, pool: Pool, mapper: EventMapper) -> None:
        self._pool: Final = pool
        self._mapper: Final = mapper

    async def take(self, room: Mapping[str, int], lease: str, fence: int | None) -> list[Due]:
        """
        Return the next message of each chat, marked; `room` tells how many by each account.

        Raises `LeaseLost` if the lease is somebody else's by now; nothing is marked then.
        """
        async with self._pool.connection() as connection, connection.transaction():
            held = await connection.execute(_FENCE, (lease, fence))
            if await held.fetchone() is None:
                raise LeaseLost(lease)
            cursor = await connection.execute(_TAKE, (list(room), list(room.values())))
            rows = await cursor.fetchall()
            events = await self._events(connection, [row[0] for row in rows])
        return [
            due
            for stream, *rest in rows
            if (due := _due(stream, *rest, events=events.get(stream, []))) is not None
        ]

    async def interrupted(self) -> list[Interrupted]:
        """Return what was marked by a dispatcher that is no more."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT stream, seq, account_id, attempted_at FROM recado_outbox"
                " WHERE attempted_at IS NOT NULL"
            )
            return [Interrupted(*row) async for row in rows]

    async def put_back(self, marked: Due | Interrupted, delay: float) -> None:
        """
        Let a message be taken again after `delay` seconds.

        Nothing happens where the mark is another one by now: another dispatcher has it.
        """
        async with self._pool.connection() as connection:
            await connection.execute(
                _PUT_BACK, (delay, marked.stream, marked.seq, marked.marked_at)
            )

    async def _events(
        self, connection: AsyncConnection[TupleRow], streams: Sequence[str]
    ) -> dict[str, list[Event]]:
        events: dict[str, list[Event]] = {}
        if streams:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_EVENTS, (list(streams), _NEEDED_TOPICS))
            async for row in cursor:
                try:
                    recorded = self._mapper.decode(*row)
                except RecadoError as error:
                    # Its chat's message stays marked and is shown as unknown; the others leave.
                    log.warning("outbox.unreadable", stream=row[1], error=str(error))
                    continue
                events.setdefault(recorded.stream, []).append(recorded.event)
        return events


def _due(
    stream: str,
    seq: int,
    account_id: str,
    tries: int,
    marked_at: Timestamp,
    *,
    events: list[Event],
) -> Due | None:
    opened = next((e for e in events if isinstance(e, ChatOpened)), None)
    sent = next((e for e in events if isinstance(e, MessageSent) and e.seq == seq), None)
    if opened is None or sent is None:
        return None
    quoted = None if sent.reply_to is None else _provider_id(sent.reply_to, events)
    return Due(stream, seq, account_id, tries, marked_at, opened.address, sent, quoted)


def _provider_id(seq: int, events: list[Event]) -> str | None:
    for event in events:
        match event:
            case MessageReceived(seq=s, provider_id=id_) if s == seq:
                return id_
            case MessageSentElsewhere(seq=s, provider_id=id_) if s == seq:
                return id_
            case MessageStateChanged(seq=s, provider_ids=(id_, *_)) if s == seq:
                return id_
            case _:
                continue
    return None
