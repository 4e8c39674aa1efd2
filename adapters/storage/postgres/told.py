"""Events by place and by stream as of a position: what was said, and what people were called."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final, LiteralString

from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.storage.mapper import EventMapper
from adapters.storage.sealing.vault import learn
from domain.event import Recorded
from domain.values import ClientId, StreamId, stream_of
from projections import clients
from projections.clients import ClientRow
from projections.inbox_row import InboxRow
from projections.panel import OpenChat, Panel, fold
from projections.panel_items import Told, positions_of

_COLUMNS: Final = "notification_id, originator_id, originator_version, topic, state"
_AT: Final = f"SELECT {_COLUMNS} FROM recado_events WHERE notification_id = ANY(%s)"  # noqa: S608  (our own words)
_STREAMS: Final = f"""
SELECT {_COLUMNS} FROM recado_events
WHERE originator_id = ANY(%s) AND notification_id <= %s
ORDER BY originator_id, originator_version
"""  # noqa: S608  (as above)


class Reading:
    """The log as it was at one position."""

    def __init__(
        self, connection: Connection[TupleRow], mapper: EventMapper, position: int
    ) -> None:
        self._connection: Final = connection
        self._mapper: Final = mapper.fresh()
        self._position: Final = position

    def stream(self, stream: StreamId) -> list[Recorded]:
        """Return a stream's events, in order."""
        return self._fetch(_STREAMS, [stream], self._position)

    def streams(self, streams: Sequence[str]) -> dict[str, list[Recorded]]:
        """Return the events of several streams, each in order; of those that had begun."""
        return self._by_stream(self._fetch(_STREAMS, list(streams), self._position))

    def told(self, panel: Panel, chats: Sequence[OpenChat]) -> Told:
        """Return what these chats' items show besides what the panel holds."""
        positions = sorted(positions_of(panel, chats))
        events = {one.position: one.event for one in self._fetch(_AT, positions)}
        return Told(events, self._clients({chat.row.client_id for chat in chats}))

    def names(self, panel: Panel) -> Told:
        """Return what all operators were called."""
        positions = sorted({row.renamed for row in panel.operators.values()})
        return Told({one.position: one.event for one in self._fetch(_AT, positions)})

    def around(self, row: InboxRow) -> Panel:
        """Return as much of the panel as one chat's item asks for."""
        ids = [row.operator_id, row.last_operator, None if row.note is None else row.note.by]
        people = [stream_of("operator", one) for one in ids if one is not None]
        others = [stream_of("account", "main"), stream_of("channel", row.account_id)]
        if row.group_id is not None:
            others.append(stream_of("group", row.group_id))
        panel = Panel()
        for recorded in self._fetch(_STREAMS, [*people, *others], self._position):
            fold(panel, recorded, lambda _stream, _up_to: ())
        panel.position = self._position
        return panel

    def _clients(self, ids: set[ClientId]) -> dict[str, ClientRow]:
        """Return clients, and those whose records theirs go on in (C4)."""
        rows = self._client_rows(ids)
        into = {row.merged_into for row in rows.values() if row.merged_into is not None}
        return rows | self._client_rows(into - rows.keys())

    def _client_rows(self, ids: Iterable[ClientId]) -> dict[str, ClientRow]:
        rows: dict[str, ClientRow] = {}
        for events in self.streams([stream_of("client", id_) for id_ in ids]).values():
            row = None
            for recorded in events:
                row = clients.apply(row, recorded)
            if row is not None:
                rows[row.id] = row
        return rows

    def _fetch(self, statement: LiteralString, *values: object) -> list[Recorded]:
        if not values[0]:
            return []
        rows = self._connection.cursor(binary=True).execute(statement, values).fetchall()
        learn(self._connection, self._mapper.ring, rows)
        return [self._mapper.decode(*row) for row in rows]

    @staticmethod
    def _by_stream(events: Iterable[Recorded]) -> dict[str, list[Recorded]]:
        return {name: list(of_one) for name, of_one in groupby(events, lambda one: one.stream)}
