"""
One batch of the log into the views, in one transaction.

The checkpoint's row is locked from beginning to end and moves with the rows: two
projectors cannot both apply an event, and one that dies half-way has applied none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, tuple_row
from psycopg.sql import SQL, Identifier

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.view_rows import ViewRows
from adapters.storage.postgres.views import VIEWS
from adapters.storage.sealing.vault import learn_soon
from domain.errors import RecadoError
from domain.event import Recorded
from projections.sheets import Key, Sheets, Unfoldable, needs

LARGEST_BATCH: Final = 1_000

Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one batch."""

    position: int
    """Where the views are now."""
    applied: int = 0
    stopped_at: int | None = None
    """The event that could not be applied; everything before it is."""
    error: Exception | None = None
    stands_by: bool = False
    """Another projector is at work; nothing was looked at."""


class Projecting:
    """Applies batches to the views in one schema."""

    def __init__(self, mapper: EventMapper, schema: str = SCHEMA) -> None:
        self._mapper: Final = mapper
        self._rows: Final = {name: ViewRows(view, schema) for name, view in VIEWS.items()}
        checkpoints = Identifier(schema, "checkpoints")
        self._lock: Final = (
            SQL("SELECT position FROM {} WHERE name = 'views' FOR UPDATE SKIP LOCKED")
            .format(checkpoints)
            .as_bytes()
        )
        # A statement of its own: it sees what was committed while the lock was waited for.
        self._events: Final = (
            SQL(
                "SELECT notification_id, originator_id, originator_version, topic, state"
                " FROM recado_events WHERE notification_id >"
                " (SELECT position FROM {} WHERE name = 'views')"
                " AND notification_id <= %s ORDER BY notification_id LIMIT %s"
            )
            .format(checkpoints)
            .as_bytes()
        )
        move = SQL("UPDATE {} SET position = %s WHERE name = 'views'")
        self._move: Final = move.format(checkpoints).as_bytes()

    async def step(
        self, connection: Connection, limit: int = LARGEST_BATCH, up_to: int | None = None
    ) -> Step:
        """
        Apply the next events, at most `limit` and none after `up_to`, and commit.

        An event that cannot be read or applied ends the batch; what is before it counts.
        """
        async with connection.pipeline(), connection.transaction():
            lock = connection.cursor(binary=True, row_factory=tuple_row)
            events = connection.cursor(binary=True, row_factory=tuple_row)
            await lock.execute(self._lock, prepare=True)
            last = _LAST if up_to is None else up_to
            await events.execute(self._events, (last, limit), prepare=True)
            checkpoint = await lock.fetchone()
            if checkpoint is None:
                return Step(0, stands_by=True)
            position = int(checkpoint[0])
            stored = await events.fetchall()
            await learn_soon(connection, self._mapper.ring, stored)
            recorded, error = self._decoded(stored)
            if recorded:
                error, position = await self._apply(connection, recorded, error, position)
                await connection.execute(self._move, (position,), prepare=True)
        stopped_at = None if error is None else position + 1
        applied = position - int(checkpoint[0])
        return Step(position, applied, stopped_at, error)

    def _decoded(self, stored: Sequence[TupleRow]) -> tuple[list[Recorded], Exception | None]:
        recorded: list[Recorded] = []
        for row in stored:
            try:
                recorded.append(self._mapper.decode(*row))
            except RecadoError as error:
                return recorded, error
        return recorded, None

    async def _apply(
        self,
        connection: Connection,
        recorded: Sequence[Recorded],
        error: Exception | None,
        position: int,
    ) -> tuple[Exception | None, int]:
        """Fold and save; return what stopped it, and the position of the last event applied."""
        sheets = Sheets()
        await self._load(connection, sheets, needs(recorded))
        try:
            for one in recorded:
                sheets.fold(one)
                position = one.position
        except Unfoldable as failed:
            error = failed
        await self._load(connection, sheets, sheets.needs_to_settle())
        sheets.settle()
        for name, rows in self._rows.items():
            if found := sheets.rows(name):
                await rows.save(connection, found.values())
        return error, position

    async def _load(
        self, connection: Connection, sheets: Sheets, keys: dict[str, set[Key]]
    ) -> None:
        """Put the stored rows of these keys on the sheets, all asked for at once."""
        asked = [
            (name, await self._rows[name].ask(connection, wanted))
            for name, wanted in keys.items()
            if wanted
        ]
        for name, cursor in asked:
            at_hand = sheets.rows(name)
            for row in await self._rows[name].rows(cursor):
                at_hand[row.key] = row


_LAST: Final = 2**63 - 1
