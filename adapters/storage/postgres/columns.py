"""What a view's table is made of, and how a row becomes columns and comes back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, LiteralString

import orjson
from psycopg.sql import SQL, Composed, Identifier
from pydantic import TypeAdapter

SCHEMA: Final = "recado_views"
CHECKPOINTS: Final = Identifier(SCHEMA, "checkpoints")
"""`views` and `published`, positions; `sequence`, of the stream of views when last published."""

Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, what a row puts there, and how a row gets it back."""

    name: str
    type: LiteralString
    write: Callable[[Any], Any] | None = None
    """Returns something that orjson can write; None where it is the row's field of that name."""
    read: Read | None = None
    is_derived: bool = False
    """Follows from the row; there for conditions and order only."""

    def value(self, row: Any) -> Any:
        return getattr(row, self.name) if self.write is None else self.write(row)


@dataclass(frozen=True)
class View:
    """One table, and how rows come and go."""

    name: str
    row: type[Any]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    """First those that rows are made of, in the order of the row's fields."""
    indexes: Mapping[str, LiteralString] = field(default_factory=dict)

    @cached_property
    def stored(self) -> tuple[Column, ...]:
        """Return the columns that rows are made of."""
        return tuple(column for column in self.columns if not column.is_derived)

    @cached_property
    def _reads(self) -> list[tuple[int, Read]]:
        return [(n, column.read) for n, column in enumerate(self.stored) if column.read]

    @cached_property
    def _names(self) -> list[str]:
        return [column.name for column in self.stored]

    @cached_property
    def _made(self) -> list[Column]:
        return [column for column in self.columns if column.write is not None]

    def read(self, values: Sequence[Any]) -> Any:
        """Return the row for the values of its stored columns."""
        values = list(values)
        for number, read in self._reads:
            if values[number] is not None:
                values[number] = read(values[number])
        return self.row._make(values)

    def record(self, row: Any) -> dict[str, Any]:
        """Return the values of all columns, ready for orjson."""
        record = dict(zip(self._names, row, strict=True))
        for column in self._made:
            record[column.name] = column.value(row)
        return record

    def table(self, schema: str = SCHEMA) -> Identifier:
        return Identifier(schema, self.name)

    def select_list(self, table: str | None = None) -> Composed:
        """Return the stored columns, JSON as text, of a table or an alias of it."""
        return SQL(", ").join(
            SQL("{}::text" if column.type == "json" else "{}").format(
                Identifier(*([table] if table else []), column.name)
            )
            for column in self.stored
        )


def columns_of(row: type[Any], **types: LiteralString | tuple[LiteralString, Read]) -> list[Column]:
    """Return the columns of a row's fields; the types not told are `text`."""
    columns: list[Column] = []
    for name in row._fields:
        told = types.get(name, "text")
        type_, read = told if isinstance(told, tuple) else (told, None)
        columns.append(Column(name, type_, None, read))
    return columns


def json_of(kind: Any) -> tuple[LiteralString, Read]:
    return "json", TypeAdapter(kind).validate_json


def settings_of(column: Column, kind: Any) -> Column:
    """Return the column of settings, whose durations orjson cannot write."""
    dump = TypeAdapter(kind).dump_json

    def write(row: Any) -> orjson.Fragment:
        return orjson.Fragment(dump(row.settings))

    return Column(column.name, column.type, write, column.read)


def interval(duration: Any) -> str | None:
    return None if duration is None else f"{duration.total_seconds()} seconds"
