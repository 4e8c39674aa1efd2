"""Rows of views out of their tables and back, many at a time."""

from collections.abc import Iterable
from typing import Any, Final, LiteralString

import orjson
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow, tuple_row
from psycopg.sql import SQL, Composed, Identifier

from adapters.storage.postgres.columns import SCHEMA, View
from projections.sheets import Key
from projections.text import printable

Connection = AsyncConnection[TupleRow]
_NUL: Final = "\\u0000"


class ViewRows:
    """The statements of one view in one schema; they are the same every time, so prepared."""

    def __init__(self, view: View, schema: str = SCHEMA) -> None:
        self.view: Final = view
        self._load: Final = _load(view, schema).as_bytes()
        self._upsert: Final = _upsert(view, schema).as_bytes()

    async def ask(self, connection: Connection, keys: Iterable[Key]) -> AsyncCursor[TupleRow]:
        """Return a cursor on the stored rows of these keys, for `rows`."""
        cursor = connection.cursor(binary=True, row_factory=tuple_row)
        parameters = [list(part) for part in zip(*keys, strict=True)]
        return await cursor.execute(self._load, parameters, prepare=True)

    async def rows(self, cursor: AsyncCursor[TupleRow]) -> list[Any]:
        """Return the rows that `ask` asked for."""
        return [self.view.read(values) for values in await cursor.fetchall()]

    async def save(self, connection: Connection, rows: Iterable[Any]) -> None:
        """Store the rows, over those with the same keys."""
        written = orjson.dumps([self.view.record(row) for row in rows], default=tuple)
        records = written.decode()
        if _NUL in records:
            records = orjson.dumps(storable(orjson.loads(records))).decode()
        await connection.execute(self._upsert, (records,), prepare=True)


def storable(value: Any) -> Any:
    """Return what JSON holds without the one character that PostgreSQL cannot store."""
    match value:
        case str():
            return printable(value)
        case list():
            return [storable(one) for one in value]
        case dict():
            return {name: storable(one) for name, one in value.items()}
        case _:
            return value


def _load(view: View, schema: str) -> Composed:
    types: dict[str, LiteralString] = {column.name: column.type for column in view.columns}
    arrays = SQL(", ").join([SQL("%s::{}[]").format(SQL(types[name])) for name in view.key])
    keys = SQL(", ").join(map(Identifier, view.key))
    return SQL("SELECT {} FROM {} JOIN unnest({}) AS wanted({}) USING ({})").format(
        view.select_list(), view.table(schema), arrays, keys, keys
    )


def _upsert(view: View, schema: str) -> Composed:
    names = [column.name for column in view.columns]
    columns = SQL(", ").join(map(Identifier, names))
    changes = SQL(", ").join(
        SQL("{0} = excluded.{0}").format(Identifier(name)) for name in names if name not in view.key
    )
    return SQL(
        "INSERT INTO {table} ({columns})"
        " SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s::json)"
        " ON CONFLICT ({key}) DO UPDATE SET {changes}"
    ).format(
        table=view.table(schema),
        columns=columns,
        key=SQL(", ").join(map(Identifier, view.key)),
        changes=changes,
    )
