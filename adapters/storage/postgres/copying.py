"""Rows as lines of PostgreSQL's COPY in its text format: the fastest way in."""

from collections.abc import Callable, Iterable
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

import orjson
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from adapters.storage.postgres.columns import View

_CHUNK: Final = 256 * 1024
_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": "\ufffd"}
)
_QUOTES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\x00": "\ufffd"})
_BETWEEN: Final = "\x1f"
_NOTHING: Final = "\x1e"
"""Stand for the tab and for NULL until it is known that no value has to be escaped."""
_AWKWARD: Final = ("\\", "\t", "\n", "\r", "\x00")

Encode = Callable[[Any], str]


def array(values: tuple[str, ...]) -> str:
    """
    Return an array of texts.

    >>> array(("vip", "novo"))
    '{"vip","novo"}'
    """
    if not values:
        return "{}"
    return "{" + ",".join([f'"{value.translate(_QUOTES)}"' for value in values]) + "}"


def json(value: Any) -> str:
    if value == ():
        return "[]"
    written = orjson.dumps(value).decode()
    return written.replace("\\u0000", "\ufffd") if "\\u0000" in written else written


def _flag(value: bool) -> str:
    return "t" if value else "f"


_BY_TYPE: Final[dict[str, Encode]] = {
    "text": str,
    "text[]": array,
    "json": json,
    "boolean": _flag,
    "integer": str,
    "bigint": str,
    "interval": str,
    "timestamptz": datetime.isoformat,
}


class _Null(str):
    """Told by its identity from a text that happens to hold the same."""

    __slots__ = ()


_NULL: Final = _Null(_NOTHING)


def escaped(values: list[str], nulls: int) -> str:
    """
    Return values as a line; so many of them are `_NULL`.

    Looked at as a whole first: hardly any line holds anything that must be escaped.
    """
    line = _BETWEEN.join(values)
    if (
        line.count(_BETWEEN) == len(values) - 1
        and line.count(_NOTHING) == nulls
        and not any(char in line for char in _AWKWARD)
    ):
        return line.replace(_BETWEEN, "\t").replace(_NOTHING, r"\N")
    return "\t".join([r"\N" if v is _NULL else v.translate(_ESCAPES) for v in values])


class Lines:
    """Writes the rows of one view as lines, its columns in the order of `columns`."""

    def __init__(self, view: View) -> None:
        plain = [column for column in view.columns if column.write is None]
        made = [column for column in view.columns if column.write is not None]
        self.columns: Final = [column.name for column in (*plain, *made)]
        self._read: Final = attrgetter(*[column.name for column in plain])
        self._encode: Final = [_BY_TYPE[column.type] for column in plain]
        self._made: Final = [(_BY_TYPE[column.type], column.value) for column in made]

    def line(self, row: Any) -> str:
        """Return the line of a row, with its end."""
        read = self._read(row)
        nulls = read.count(None)
        values = [
            _NULL if value is None else encode(value)
            for value, encode in zip(read, self._encode, strict=True)
        ]
        for encode, value_of in self._made:
            value = value_of(row)
            nulls += value is None
            values.append(_NULL if value is None else encode(value))
        return escaped(values, nulls) + "\n"


def copy_in(
    connection: Connection[Any],
    view: View,
    schema: str,
    columns: Iterable[str],
    lines: Iterable[str],
) -> None:
    """Append lines to a view's table, in the connection's transaction."""
    statement = SQL("COPY {} ({}) FROM STDIN").format(
        view.table(schema), SQL(", ").join(map(Identifier, columns))
    )
    with connection.cursor().copy(statement) as copy:
        waiting: list[str] = []
        size = 0
        for line in lines:
            waiting.append(line)
            size += len(line)
            if size > _CHUNK:
                copy.write("".join(waiting))
                waiting, size = [], 0
        copy.write("".join(waiting))
