"""Rows as lines of PostgreSQL's COPY in its text format: the fastest way in."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

import orjson
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from adapters.storage.postgres.columns import Column, View

NULL: Final = "\\N"
_CHUNK: Final = 256 * 1024
_AWKWARD: Final = re.compile(r"[\\\t\n\r\x00]")
_ESCAPED: Final = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": "\ufffd"}
)
_QUOTED: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\x00": "\ufffd"})

Encode = Callable[[Any], str]


def text(value: str) -> str:
    return value.translate(_ESCAPED) if _AWKWARD.search(value) else value


def array(values: tuple[str, ...]) -> str:
    """
    Return an array of texts.

    >>> array(("vip", "novo"))
    '{"vip","novo"}'
    """
    if not values:
        return "{}"
    quoted = ",".join([f'"{value.translate(_QUOTED)}"' for value in values])
    return text(f"{{{quoted}}}")


def json(value: Any) -> str:
    written = orjson.dumps(value).decode()
    return text(written.replace("\\u0000", "\ufffd")) if "\\" in written else written


def _flag(value: bool) -> str:
    return "t" if value else "f"


_BY_TYPE: Final[dict[str, Encode]] = {
    "text": text,
    "text[]": array,
    "json": json,
    "boolean": _flag,
    "integer": str,
    "bigint": str,
    "interval": str,
    "timestamptz": datetime.isoformat,
}


class Lines:
    """Writes the rows of one view as lines."""

    def __init__(self, view: View) -> None:
        self._writes: Final = [(_encode(column), column.write) for column in view.columns]

    def line(self, row: Any) -> str:
        """Return the line of a row, with its end."""
        values = [
            NULL if (value := write(row)) is None else encode(value)
            for encode, write in self._writes
        ]
        return "\t".join(values) + "\n"


def _encode(column: Column) -> Encode:
    return _BY_TYPE[column.type]


def copy_in(connection: Connection[Any], view: View, schema: str, lines: Iterable[str]) -> None:
    """Append lines to a view's table, in the connection's transaction."""
    statement = SQL("COPY {} ({}) FROM STDIN").format(
        view.table(schema), SQL(", ").join([Identifier(column.name) for column in view.columns])
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
