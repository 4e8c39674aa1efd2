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
from deploy.bench.casting import Played, Repertoire, in_order
from deploy.bench.company import CHANNEL, GROUP, OPERATORS
from deploy.bench.histories import Cast
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

    def __init__(
        self, connection: Connection[TupleRow], mapper: EventMapper, naming: Naming | None = None
    ) -> None:
        self._connection: Final = connection
        self._mapper: Final = mapper
        row = connection.execute(_HEAD).fetchone()
        assert row is not None
        self.position, self._hash, salt, self._now = int(row[0]), bytes(row[1]), row[2], row[3]
        self._naming: Final = naming or Naming(bytes(salt))

    def add(self, chats: Chats) -> int:
        """Return how many events the chats came to."""
        before, loads = self.position, Counter[str]()
        events = in_order(self._stories(chats, loads))
        while batch := list(islice(events, AT_ONCE)):
            self._copy(batch)
        for operator, load_ in loads.items():
            self._connection.execute(_SEAT, (operator, load_))
        self._connection.execute(_MOVE, (self.position, self._hash, self._now))
        return self.position - before

    def _stories(self, chats: Chats, loads: Counter[str]) -> Iterator[Iterator[Played]]:
        cast, mapper = self._cast(), self._mapper
        ended = Repertoire(cast, mapper, chats.turns, stays_open=False)
        still_open = Repertoire(cast, mapper, chats.turns, stays_open=True)
        # They are over before now, so that times go on rising when the desk takes over.
        start = self._now - chats.number * _GAP - timedelta(hours=3)
        for n in range(chats.number):
            number = chats.first + n
            is_open = number in chats.open_clients
            story = still_open if is_open else ended
            loads[story.operator(number)] += is_open
            yield story.play(number, start + n * _GAP)

    def _cast(self) -> Cast:
        naming = self._naming
        account_id = ChannelAccountId(naming.derive("channel", CHANNEL))
        operators = [operator_id(naming, email) for email in OPERATORS]
        return Cast(naming, account_id, group_id(naming, GROUP), operators)

    def _copy(self, batch: list[Played]) -> None:
        rows: list[RawEvent] = []
        keys: list[tuple[str, str, int, int]] = []
        for position, one in enumerate(batch, self.position + 1):
            raw = (position, one.stream, one.version, one.topic, one.state)
            self._hash = running_hash(self._hash, raw)
            rows.append(raw)
            keys += [(key, one.stream, number, position) for key, number in one.keys]
        self.position += len(rows)
        _copy_in(self._connection, _EVENTS, ("int8", "text", "int8", "text", "bytea"), rows)
        _copy_in(self._connection, _KEYS, ("text", "text", "int8", "int8"), keys)


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


def load(url: str, chats: Chats, naming: Naming | None = None) -> int:
    """
    Make the chats, in one transaction that costs no fsync; return how many events they are.

    The views know nothing of them: rebuild them, or let the projector catch up. `naming` is the
    installation's; without it, the ids are those of a log that never was sealed.
    """
    with psycopg.connect(url, options="-c synchronous_commit=off") as connection:
        added = Loading(connection, EventMapper(), naming).add(chats)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE recado_events, recado_keys")
        connection.execute("CHECKPOINT")
    return added
