"""Which events an export is of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection, ServerCursor
from psycopg.rows import TupleRow

from adapters.audit.verifier import Event
from adapters.storage.postgres.windows import last_before

PAGE: Final = 2_000
WINDOW: Final = 20_000
"""Events that one page looks through at most: tens of milliseconds."""
KINDS_OF_ACTORS: Final = frozenset({"operator", "channel"})
"""Actors of which there are many, each with an id after a colon."""

_CHATS: Final = """
SELECT originator_id FROM recado_events
WHERE topic = 'chat-opened.v1' AND notification_id <= %s AND position(%s::bytea IN state) > 0
"""
_EVENTS: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE notification_id > %(first)s AND notification_id <= %(last)s
"""
_STREAMS: Final = " AND originator_id = ANY(%(streams)s)"
_NAMING: Final = """ AND (originator_id = %(stream)s
    OR position(%(id)s::bytea IN state) > 0 OR position(%(actor)s::bytea IN state) > 0)"""
# What is stored begins with who did it: nothing that a client wrote can stand there.
_ACTOR: Final = " AND starts_with(encode(substring(state FROM 1 FOR 200), 'escape'), %(actor)s)"
_KINDS: Final = """ AND (split_part(originator_id, '-', 1) = ANY(%(kinds)s)
    OR topic = ANY(%(kinds)s) OR regexp_replace(topic, '[.]v[0-9]+$', '') = ANY(%(kinds)s))"""
_ORDER: Final = " ORDER BY notification_id"
_LATEST_FIRST: Final = " ORDER BY notification_id DESC LIMIT %(limit)s"


@dataclass(frozen=True, slots=True)
class Selection:
    """All conditions hold at once; with none it is the whole log. People are given by id."""

    chat: str | None = None
    client: str | None = None
    """What happened to him, and in his chats."""
    operator: str | None = None
    """What he did, and what names him."""
    group: str | None = None
    """What happened to it, and what names it."""
    since: datetime | None = None
    until: datetime | None = None
    """Not included."""
    kinds: tuple[str, ...] = ()
    """Of entities (`chat`, `operator`) or of events (`message-received`)."""
    chats: tuple[str, ...] | None = None
    """Only these; None for all."""
    filter: Any = None
    """What they were chosen by, as JSON: see `adapters.audit.filtering`."""
    actor: str | None = None
    """What somebody did, as the log writes him: `operator:<id>`, `router`; `operator` for all."""
    first: int = 1
    """The position of the first event that may be in it."""
    last: int | None = None
    """The position of the last, included."""

    def as_json(self) -> dict[str, Any]:
        """Return the conditions, as the export's first line tells them."""
        told = {
            "chat": self.chat,
            "client": self.client,
            "operator": self.operator,
            "group": self.group,
            "actor": self.actor,
            "first": None if self.first == 1 else self.first,
            "last": self.last,
            "since": None if self.since is None else self.since.isoformat(),
            "until": None if self.until is None else self.until.isoformat(),
            "kind": list(self.kinds) or None,
            "filter": self.filter,
        }
        return {name: value for name, value in told.items() if value is not None}

    def events(self, connection: Connection[TupleRow], size: int) -> Iterator[Event]:
        """
        Yield the events among the first `size`, in order, in constant memory.

        The connection has to be in a transaction; further queries may run beside it.
        """
        query, values = self._query(connection, *self._bounds(connection, size), size)
        query += _ORDER
        with ServerCursor(connection, "audit_export") as cursor:
            cursor.itersize = PAGE
            cursor.execute(query.encode(), values, binary=True)
            yield from (_event(row) for row in cursor)

    def page(
        self, connection: Connection[TupleRow], size: int, limit: int
    ) -> tuple[list[Event], int | None]:
        """
        Return the last events among the first `size`, latest first, and the size to go on with.

        It looks through `WINDOW` events at most, so that it may come back with few or none and
        still not be at the beginning; None is the beginning.
        """
        first, last = self._bounds(connection, size)
        bottom = max(first, last - WINDOW)
        query, values = self._query(connection, bottom, last, size)
        query, values = query + _LATEST_FIRST, {**values, "limit": limit}
        rows = connection.execute(query.encode(), values, binary=True).fetchall()
        found = [_event(row) for row in rows]
        reached = found[-1][0] - 1 if len(found) == limit else bottom
        return found, reached if reached > first else None

    def _bounds(self, connection: Connection[TupleRow], size: int) -> tuple[int, int]:
        """Return after which position the span begins, and the last one in it."""
        after = 0 if self.since is None else last_before(connection, self.since)
        last = size if self.until is None else min(size, last_before(connection, self.until))
        return max(after, self.first - 1), min(last, self.last or last)

    def _query(
        self, connection: Connection[TupleRow], first: int, last: int, size: int
    ) -> tuple[str, Mapping[str, Any]]:
        query, values = _EVENTS, dict[str, Any](first=first, last=last, kinds=list(self.kinds))
        if (streams := self._streams(connection, size)) is not None:
            query, values["streams"] = query + _STREAMS, streams
        for kind, id_ in (("operator", self.operator), ("group", self.group)):
            if id_ is not None:
                query += _NAMING.replace("(stream)", f"({kind})").replace("(id)", f"({kind}_id)")
                query = query.replace("(actor)", f"({kind}_actor)")
                values[kind] = f"{kind}-{id_}"
                values[f"{kind}_id"] = f'"{id_}"'.encode()
                values[f"{kind}_actor"] = f'"{kind}:{id_}"'.encode()
        if self.kinds:
            query += _KINDS
        if self.actor is not None:
            query += _ACTOR
            # Of a whole kind, what follows is an id, or the end.
            values["actor"] = f'{{"actor":"{self.actor}' + ('"' if _is_one(self.actor) else "")
        return query, values

    def _streams(self, connection: Connection[TupleRow], size: int) -> list[str] | None:
        streams: set[str] | None = None
        if self.client is not None:
            named = f'"client_id":"{self.client}"'.encode()
            chats = connection.execute(_CHATS, (size, named)).fetchall()
            streams = {f"client-{self.client}", *(row[0] for row in chats)}
        chosen = [] if self.chat is None else [{f"chat-{self.chat}"}]
        if self.chats is not None:
            chosen.append({f"chat-{one}" for one in self.chats})
        for only in chosen:
            streams = only if streams is None else streams & only
        return None if streams is None else sorted(streams)


def _is_one(actor: str) -> bool:
    return ":" in actor or actor not in KINDS_OF_ACTORS


def _event(row: TupleRow) -> Event:
    position, stream, version, topic, state = row
    return position, stream, version, topic, state
