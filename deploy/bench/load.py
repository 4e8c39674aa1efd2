"""
A log of any length, made at once: histories by the rules, copied in with all that belongs.

What the desk keeps beside the log (lookup keys, seats, the running hash) is derived in the
same way, so that `recado verify` finds nothing, and new webhooks go on in these chats.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Final, LiteralString

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.checks import running_hash
from adapters.storage.postgres.log import RawEvent
from deploy.applying import group_id, operator_id
from deploy.bench.company import CHANNEL, GROUP, OPERATORS
from deploy.bench.histories import Cast, Happened, Story, together
from domain.chat.events import ChatAssigned, ChatClosed
from domain.entities import subject_of
from domain.lookup import keys_of
from domain.values import ChannelAccountId, Naming

AT_ONCE: Final = 20_000
"""Events held in memory."""
_GAP: Final = timedelta(milliseconds=500)
"""Between the starts of two chats."""

_EVENTS: Final = (
    "COPY recado_events (notification_id, originator_id, originator_version, topic, state)"
    " FROM STDIN (FORMAT binary)"
)
_KEYS: Final = "COPY recado_keys (key, stream, number, position) FROM STDIN (FORMAT binary)"
_HEAD: Final = "SELECT position, hash, salt, clock_timestamp() FROM recado_head FOR UPDATE"
_MOVE: Final = "UPDATE recado_head SET position = %s, hash = %s, at = greatest(at, %s)"
_SEAT: Final = (
    "INSERT INTO recado_seats AS s VALUES (%s, %s)"
    " ON CONFLICT (operator_id) DO UPDATE SET load = s.load + excluded.load"
)


@dataclass(frozen=True, slots=True)
class Chats:
    """The chats to make: of clients `first`, `first + 1`, …; the last of them stay open."""

    number: int
    still_open: int
    first: int = 0
    turns: float = 1.2
    """1.2 makes ten events of a closed chat."""

    @property
    def open_clients(self) -> range:
        """The clients whose chats are open."""
        last = self.first + self.number
        return range(last - self.still_open, last)


class Loading:
    """One transaction that makes the log longer."""

    def __init__(self, connection: Connection[TupleRow], mapper: EventMapper) -> None:
        self._connection: Final = connection
        self._mapper: Final = mapper
        row = connection.execute(_HEAD).fetchone()
        assert row is not None
        self.position, self._hash, salt, self._now = int(row[0]), bytes(row[1]), row[2], row[3]
        self._naming: Final = Naming(bytes(salt))

    def add(self, chats: Chats) -> int:
        """Return how many events the chats came to."""
        before = self.position
        happened = together(self._stories(chats))
        while batch := list(islice(happened, AT_ONCE)):
            self._copy(batch)
        self._connection.execute(_MOVE, (self.position, self._hash, self._now))
        return self.position - before

    def _stories(self, chats: Chats) -> Iterator[Story]:
        naming = self._naming
        cast = Cast(
            naming,
            ChannelAccountId(naming.derive("channel", CHANNEL)),
            group_id(naming, GROUP),
            [operator_id(naming, email) for email in OPERATORS],
        )
        # They end before now, so that times go on rising when the desk takes over.
        start = self._now - chats.number * _GAP - timedelta(hours=3)
        still_open = chats.open_clients
        for n in range(chats.number):
            number = chats.first + n
            yield Story(cast, number, start + n * _GAP, chats.turns, number in still_open)

    def _copy(self, batch: list[Happened]) -> None:
        rows = [self._row(one, self.position + n) for n, one in enumerate(batch, 1)]
        keys = list(self._keys(batch))
        self.position += len(rows)
        _copy_in(self._connection, _EVENTS, ("int8", "text", "int8", "text", "bytea"), rows)
        _copy_in(self._connection, _KEYS, ("text", "text", "int8", "int8"), keys)
        for operator, change in _moves(batch).items():
            self._connection.execute(_SEAT, (operator, change))

    def _row(self, one: Happened, position: int) -> RawEvent:
        state = self._mapper.encode(one.event, one.meta, subject_of(one.after))
        version = one.after.version
        raw = (position, one.stream, version, one.event.TOPIC, state)
        self._hash = running_hash(self._hash, raw)
        return raw

    def _keys(self, batch: list[Happened]) -> Iterator[tuple[str, str, int, int]]:
        for position, one in enumerate(batch, self.position + 1):
            for key in keys_of(self._naming, one.after, one.event):
                yield key.key, one.stream, key.number, position


def _copy_in(
    connection: Connection[TupleRow],
    statement: LiteralString,
    types: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    with connection.cursor().copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _moves(batch: Iterable[Happened]) -> Counter[str]:
    """Return by how much the loads of operators' seats rise or fall."""
    loads = Counter[str]()
    for one in batch:
        match one.event:
            case ChatAssigned(operator_id=operator_id):
                loads[operator_id] += 1
            case ChatClosed(operator_id=str(operator_id)):
                loads[operator_id] -= 1
            case _:
                pass
    return loads


def load(url: str, chats: Chats) -> int:
    """
    Make the chats, in one transaction that costs no fsync; return how many events they are.

    The views know nothing of them: rebuild them, or let the projector catch up.
    """
    with psycopg.connect(url, options="-c synchronous_commit=off") as connection:
        added = Loading(connection, EventMapper()).add(chats)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE recado_events, recado_keys")
        connection.execute("CHECKPOINT")
    return added
