"""
Reads what the report of fairness is folded from: one span of time, and how it began.

What lies in the span is read by position. How things stood at its start is told by the last
events of the operators, and by those of the chats that were open: of chats that something
happens to in the span, that are open now, and that were closed since. One of the last kind
in which nobody wrote from a week before the span on is not looked for; it would count for
its operator's load.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

import psycopg
from psycopg import Connection

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.windows import last_before
from domain.event import Recorded
from domain.values import Timestamp, stream_of
from projections.fairness import CHAT_TOPICS, OPERATOR_TOPICS, Fairness

MOST_EVENTS: Final = 300_000
"""Of the kinds that are folded, in one report."""
_PAGE: Final = 5_000
_LIMITS: Final = "-c statement_timeout=30s -c default_transaction_read_only=on"
_COUNT: Final = """
SELECT count(*) FROM (SELECT FROM recado_events
WHERE notification_id > %s AND notification_id <= %s AND topic = ANY(%s) LIMIT %s) AS counted
"""
_WINDOW: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE notification_id > %s AND notification_id <= %s AND topic = ANY(%s)
ORDER BY notification_id LIMIT %s
"""
_CHATS: Final = """
SELECT DISTINCT originator_id FROM recado_events
WHERE notification_id > %(first)s AND notification_id <= %(last)s AND topic = ANY(%(topics)s)
    AND originator_id LIKE 'chat-%%'
UNION
SELECT 'chat-' || chat_id FROM recado_views.inbox
WHERE operator_id IS NOT NULL AND opened_at < %(since)s
UNION
SELECT 'chat-' || chat_id FROM recado_views.inbox
WHERE closed_at IS NOT NULL AND last_activity_at > %(since)s - interval '7 days'
    AND opened_at < %(since)s AND closed_at >= %(until)s
ORDER BY 1
"""
_BEFORE: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE originator_id = ANY(%s) AND notification_id <= %s AND topic = ANY(%s)
ORDER BY originator_id, originator_version
"""
_PEOPLE: Final = "SELECT id FROM recado_views.operators ORDER BY id"
_LATEST: Final = """
SELECT e.notification_id, e.originator_id, e.originator_version, e.topic, e.state
FROM unnest(%s::text[]) AS s(stream), unnest(%s::text[]) AS t(topic),
LATERAL (
    SELECT * FROM recado_events
    WHERE originator_id = s.stream AND notification_id <= %s AND topic = t.topic
    ORDER BY originator_version DESC LIMIT 50
) AS e
ORDER BY e.originator_id, e.originator_version
"""


class TooMuchHappened(Exception):
    """The span holds more events than one report is made of."""

    def __init__(self) -> None:
        super().__init__(f"more than {MOST_EVENTS:,} events: ask for a shorter time")


def read_fairness(url: str, mapper: EventMapper, since: Timestamp, until: Timestamp) -> Fairness:
    """Return the report folded from a span of time; raise `TooMuchHappened`."""
    fairness = Fairness()
    with psycopg.connect(url, autocommit=True, options=_LIMITS) as connection:
        first, last = last_before(connection, since), last_before(connection, until)
        reading = _Reading(connection, mapper, first, last)
        reading.check_size()
        for recorded in (*reading.people(), *reading.chats(since, until)):
            fairness.know(recorded)
        fairness.begin(since)
        for recorded in reading.window():
            fairness.fold(recorded)
    fairness.end(until)
    return fairness


class _Reading:
    def __init__(
        self, connection: Connection[Any], mapper: EventMapper, first: int, last: int
    ) -> None:
        self._connection: Final = connection
        self._mapper: Final = mapper
        self._first: Final = first
        self._last: Final = last

    def check_size(self) -> None:
        topics = [*CHAT_TOPICS, *OPERATOR_TOPICS]
        values = (self._first, self._last, topics, MOST_EVENTS + 1)
        row = self._connection.execute(_COUNT, values).fetchone()
        if row is not None and row[0] > MOST_EVENTS:
            raise TooMuchHappened

    def people(self) -> Iterator[Recorded]:
        """Yield the last events of each operator, his present shift's beginning among them."""
        people = [stream_of("operator", row[0]) for row in self._connection.execute(_PEOPLE)]
        for some in _batches(people, 200):
            yield from self._read(_LATEST, (some, list(OPERATOR_TOPICS), self._first))

    def chats(self, since: Timestamp, until: Timestamp) -> Iterator[Recorded]:
        """Yield what had become of chats before the start."""
        values = {
            "first": self._first,
            "last": self._last,
            "topics": list(CHAT_TOPICS),
            "since": since,
            "until": until,
        }
        streams = [row[0] for row in self._connection.execute(_CHATS, values)]
        for some in _batches(streams, 500):
            yield from self._read(_BEFORE, (some, self._first, list(CHAT_TOPICS)))

    def window(self) -> Iterator[Recorded]:
        """Yield what happened in the span."""
        after, topics = self._first, [*CHAT_TOPICS, *OPERATOR_TOPICS]
        while page := self._read(_WINDOW, (after, self._last, topics, _PAGE)):
            yield from page
            after = page[-1].position

    def _read(self, statement: str, values: Sequence[Any]) -> list[Recorded]:
        cursor = self._connection.cursor(binary=True)
        rows = cursor.execute(statement.encode(), values).fetchall()
        return [self._mapper.decode(*row) for row in rows]


def _batches(values: Sequence[str], size: int) -> Iterator[list[str]]:
    left = iter(values)
    while some := list(islice(left, size)):
        yield some
