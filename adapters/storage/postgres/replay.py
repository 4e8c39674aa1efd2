"""
A part of the log, stream by stream, into tables that nobody reads yet.

Stream by stream, only one chat is in memory at a time, and parts can be replayed by
several processes: what chats do to seats, counts and uses are sums, joined at the end.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Final

import psycopg
from psycopg import Connection, ServerCursor
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.copying import Lines, copy_in
from adapters.storage.postgres.views import VIEWS
from domain.event import Recorded
from projections import counts, seats, templates
from projections.counts import CountsRow
from projections.seats import SeatRow
from projections.sheets import Sheets
from projections.templates import UsesRow

MANY: Final = ("inbox", "messages", "search", "clients")
"""Views with a row or more for each client; the others are small and are joined first."""
SMALL: Final = (
    *("operators", "groups", "channels", "settings", "fields", "filters", "tab_orders"),
    *("tags", "templates", "seats", "counts", "uses"),
)
_FLUSH_AT: Final = 20_000
"""Lines kept before they are written."""
_REPORT_EVERY: Final = 5_000

# A row for each stream: a tenth of the rows for the library to make, one by one. Names
# are compared in whatever order the database has: any order cuts them into two halves.
_EVENTS: Final = SQL("""
SELECT originator_id,
    array_agg(notification_id ORDER BY originator_version),
    array_agg(originator_version ORDER BY originator_version),
    array_agg(topic ORDER BY originator_version),
    array_agg(state ORDER BY originator_version)
FROM recado_events
WHERE originator_id LIKE %(kind)s AND notification_id <= %(up_to)s
AND (%(first)s::text IS NULL OR originator_id >= %(first)s)
AND (%(last)s::text IS NULL OR originator_id < %(last)s)
GROUP BY originator_id
""")
_STREAMS_AT_A_TIME: Final = 500

Progress = Callable[[int], None]
"""Told how many more events have been replayed."""


@dataclass(frozen=True, slots=True)
class Range:
    """The streams of a kind, from one name to another; None for no limit."""

    kind: str
    first: str | None = None
    """Included."""
    last: str | None = None
    """Not included."""


@dataclass(slots=True)
class Sums:
    """What is joined from all parts."""

    seats: dict[Any, SeatRow] = field(default_factory=dict)
    counts: dict[Any, CountsRow] = field(default_factory=dict)
    uses: dict[Any, UsesRow] = field(default_factory=dict)

    def join(self, other: "Sums") -> None:
        for key, seat in other.seats.items():
            known = self.seats.get(key)
            self.seats[key] = seat if known is None else seats.joined(known, seat)
        for name, count in other.counts.items():
            present = self.counts.get(name)
            self.counts[name] = count if present is None else counts.joined(present, count)
        for template, used in other.uses.items():
            so_far = self.uses.get(template)
            self.uses[template] = used if so_far is None else templates.joined(so_far, used)


def replay(
    url: str,
    mapper: EventMapper,
    schema: str,
    ranges: Sequence[Range],
    up_to: int,
    seated: dict[Any, SeatRow],
    progress: Progress,
) -> Sums:
    """
    Replay the streams in `ranges` up to a position; return what is to be joined.

    `seated` are the seats as the operators' own events left them: whether an assignment
    counts for the warm-up depends on when its operator came online.
    """
    gc.disable()
    try:
        seen = {
            key: SeatRow(seat.operator_id, online_at=seat.online_at) for key, seat in seated.items()
        }
        sheets = Sheets(seats=seen)
        with psycopg.connect(url) as source, psycopg.connect(url) as target:
            part = _Part(sheets, target, schema)
            for one in ranges:
                for events in read(source, mapper, one, up_to, progress):
                    part.fold(events)
            part.flush()
    finally:
        gc.enable()
    return Sums(sheets.seats, sheets.counts, sheets.uses)


def read(
    source: Connection[TupleRow],
    mapper: EventMapper,
    streams: Range,
    up_to: int,
    progress: Progress,
) -> Iterator[list[Recorded]]:
    """Yield the events of each stream in a range, in order."""
    values = {
        "kind": f"{streams.kind}-%",
        "first": streams.first,
        "last": streams.last,
        "up_to": up_to,
    }
    decode = mapper.decode
    done = 0
    with ServerCursor(source, "replayed") as cursor:
        cursor.itersize = _STREAMS_AT_A_TIME
        for stream, positions, versions, topics, states in cursor.execute(
            _EVENTS, values, binary=True
        ):
            stored = zip(positions, repeat(stream), versions, topics, states, strict=False)
            yield [decode(*event) for event in stored]
            done += len(positions)
            if done >= _REPORT_EVERY:
                progress(done)
                done = 0
    progress(done)


class _Part:
    """Rows on their way into the tables."""

    def __init__(self, sheets: Sheets, target: Connection[Any], schema: str) -> None:
        self._sheets: Final = sheets
        self._target: Final = target
        self._schema: Final = schema
        self._lines: Final = {name: Lines(VIEWS[name]) for name in MANY}
        self._waiting: Final[dict[str, list[bytes]]] = {name: [] for name in MANY}

    def fold(self, events: Sequence[Recorded]) -> None:
        """Fold all events of one stream, and put its rows on their way."""
        sheets = self._sheets
        for recorded in events:
            sheets.fold(recorded)
        full = False
        for name in MANY:
            rows = sheets.rows(name)
            if rows:
                waiting, line = self._waiting[name], self._lines[name].line
                waiting.extend([line(row) for row in rows.values()])
                rows.clear()
                full = full or len(waiting) > _FLUSH_AT
        if full:
            self.flush()

    def flush(self) -> None:
        self._sheets.settle()
        for name, lines in self._waiting.items():
            if lines:
                copy_in(self._target, VIEWS[name], self._schema, lines)
                lines.clear()
