"""
What is still to be sent: a table kept in step with the log by the transaction that appends.

A row is marked before its message leaves. After a crash a marked row therefore means
that nobody knows whether the message left, which is what the operator is then shown (M6).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.mapper import EventMapper
from adapters.storage.sealing.vault import learn_soon
from domain.chat.delivery import Split
from domain.chat.events import (
    ChatOpened,
    MessageReceived,
    MessageSent,
    MessageSentElsewhere,
    MessageSplit,
    MessageState,
    MessageStateChanged,
    PartStateChanged,
)
from domain.errors import LeaseLost, RecadoError
from domain.event import Event
from domain.values import ClientId, Timestamp

log = structlog.get_logger()

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_FENCE: Final = """
SELECT 1 FROM recado_leases WHERE name = %s AND fence = %s AND expires_at > clock_timestamp()
FOR SHARE
"""
_TAKE: Final = """
UPDATE recado_outbox SET attempted_at = clock_timestamp(), tries = tries + 1
WHERE (stream, seq) IN (
    SELECT due.stream, due.seq
    FROM unnest(%s::text[], %s::integer[]) AS room(account_id, free),
    LATERAL (
        SELECT stream, seq FROM recado_outbox AS o
        WHERE o.account_id = room.account_id
            AND attempted_at IS NULL AND not_before <= clock_timestamp() AND stream <> ALL(%s)
            AND NOT EXISTS (
                SELECT 1 FROM recado_outbox AS b WHERE b.stream = o.stream AND b.seq < o.seq
            )
        ORDER BY position NULLS FIRST LIMIT greatest(room.free, 0)
    ) AS due
    WHERE room.account_id NOT IN (SELECT id FROM recado_views.channels WHERE paused IS NOT NULL)
)
RETURNING stream, seq, account_id, tries, attempted_at
"""
_PUT_BACK: Final = """
UPDATE recado_outbox SET attempted_at = NULL, tries = tries - %s,
    not_before = clock_timestamp() + %s * interval '1 second'
WHERE stream = %s AND seq = %s AND attempted_at = %s
"""
_EVENTS: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE originator_id = ANY(%s) AND topic = ANY(%s) ORDER BY notification_id
"""
_NEEDED_TOPICS: Final = [
    ChatOpened.TOPIC,
    MessageSent.TOPIC,
    MessageReceived.TOPIC,
    MessageSentElsewhere.TOPIC,
    MessageStateChanged.TOPIC,
    MessageSplit.TOPIC,
    PartStateChanged.TOPIC,
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
    client_id: ClientId
    split: Split | None
    """How far the parts came that it leaves in; None where it is one, or nobody knows yet."""
    last_received: MessageReceived | None
    """What the client said last."""


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

    async def take(
        self,
        room: Mapping[str, int],
        lease: str,
        fence: int | None,
        waiting: Collection[str] = (),
    ) -> list[Due]:
        """
        Return the next message of each chat, marked; `room` tells how many by each account,
        `waiting` which chats' turn has not come.

        Raises `LeaseLost` if the lease is somebody else's by now; nothing is marked then.
        """
        async with self._pool.connection() as connection, connection.transaction():
            held = await connection.execute(_FENCE, (lease, fence))
            if await held.fetchone() is None:
                raise LeaseLost(lease)
            wanted = (list(room), list(room.values()), list(waiting))
            cursor = await connection.execute(_TAKE, wanted)
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

    async def put_back(
        self, marked: Due | Interrupted, delay: float, *, counts: bool = True
    ) -> None:
        """
        Let a message be taken again after `delay` seconds; what does not count was no try.

        Nothing happens where the mark is another one by now: another dispatcher has it.
        """
        async with self._pool.connection() as connection:
            await connection.execute(
                _PUT_BACK, (int(not counts), delay, marked.stream, marked.seq, marked.marked_at)
            )

    async def _events(
        self, connection: AsyncConnection[TupleRow], streams: Sequence[str]
    ) -> dict[str, list[Event]]:
        events: dict[str, list[Event]] = {}
        if streams:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_EVENTS, (list(streams), _NEEDED_TOPICS))
            rows = await cursor.fetchall()
            await learn_soon(connection, self._mapper.ring, rows)
            for row in rows:
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
    return Due(
        stream=stream,
        seq=seq,
        account_id=account_id,
        tries=tries,
        marked_at=marked_at,
        address=opened.address,
        sent=sent,
        reply_to_provider_id=None if sent.reply_to is None else _provider_id(sent.reply_to, events),
        client_id=opened.client_id,
        split=_split(seq, events),
        last_received=next((e for e in reversed(events) if isinstance(e, MessageReceived)), None),
    )


def _split(seq: int, events: Iterable[Event]) -> Split | None:
    split: Split | None = None
    for event in events:
        match event:
            case MessageSplit(seq=s, parts=parts) if s == seq:
                split = Split(parts)
            case PartStateChanged(seq=s, provider_id=id_, state=state) if s == seq and split:
                split = split.after(id_, state)
            case MessageStateChanged(seq=s, state=MessageState.QUEUED) if s == seq and split:
                split = split.resumed()
            case _:
                continue
    return split


def _provider_id(seq: int, events: list[Event]) -> str | None:
    for event in events:
        match event:
            case MessageReceived(seq=s, provider_id=id_) if s == seq:
                return id_
            case MessageSentElsewhere(seq=s, provider_id=id_) if s == seq:
                return id_
            case MessageStateChanged(seq=s, provider_ids=(id_, *_)) if s == seq:
                return id_
            case PartStateChanged(seq=s, provider_id=id_) if s == seq:
                return id_
            case _:
                continue
    return None
