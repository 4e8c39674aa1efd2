"""Reads the log: one stream's history and state, or the whole of it from a position on."""

from collections.abc import Iterator
from typing import Final, cast

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.storage.mapper import EventMapper
from adapters.storage.sealing.vault import learn
from domain.entities import State, evolve, initial
from domain.event import Recorded

STREAM: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE originator_id = %s ORDER BY originator_version
"""
_LOG: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE notification_id > %s ORDER BY notification_id LIMIT %s
"""

RawEvent = tuple[int, str, int, str, bytes]
"""position, stream, version, topic, state"""


class LogReader:
    """A connection that only reads."""

    def __init__(self, url: str, mapper: EventMapper) -> None:
        self._connection: Final[Connection[TupleRow]] = psycopg.connect(url, autocommit=True)
        self._mapper: Final = mapper

    def close(self) -> None:
        self._connection.close()

    def history(self, stream: str) -> list[Recorded]:
        """Return all that happened in a stream, in order."""
        rows = self._connection.cursor(binary=True).execute(STREAM, (stream,)).fetchall()
        learn(self._connection, self._mapper.ring, rows)
        return [self._mapper.decode(*row) for row in rows]

    def state(self, stream: str) -> State:
        """Return a stream's state as its rules know it."""
        state = initial(stream)
        for recorded in self.history(stream):
            state = evolve(stream, state, recorded.event)
        return state

    def raw(self, after: int = 0, page: int = 5_000) -> Iterator[RawEvent]:
        """Yield the stored events after a position, in order, in constant memory."""
        while True:
            cursor = self._connection.cursor(binary=True)
            rows = cast("list[RawEvent]", cursor.execute(_LOG, (after, page)).fetchall())
            learn(self._connection, self._mapper.ring, rows)
            yield from rows
            if len(rows) < page:
                return
            after = rows[-1][0]

    def holder(self, key: str) -> str | None:
        """Return the stream that a lookup key leads to; None for none."""
        statement = "SELECT stream FROM recado_keys WHERE key = %s"
        row = self._connection.execute(statement, (key,)).fetchone()
        return None if row is None else str(row[0])

    def head(self) -> tuple[int, bytes]:
        """Return the log's last position and running hash."""
        row = self._connection.execute("SELECT position, hash FROM recado_head").fetchone()
        return (0, b"") if row is None else (row[0], bytes(row[1]))
