"""Whether the views are what the log says, row by row (V12)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import Connection, ServerCursor
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.columns import SCHEMA, View
from adapters.storage.postgres.parts import MakeMapper
from adapters.storage.postgres.rebuild import PROCESSES, Progress, Shadow, checkpoint, fill
from adapters.storage.postgres.views import VIEWS

CHECK: Final = "recado_views_check"
_AT_A_TIME: Final = 2_000

Values = tuple[Any, ...]


def differences(
    url: str,
    progress: Progress | None = None,
    mapper: MakeMapper = EventMapper,
    processes: int = PROCESSES,
) -> Iterator[str]:
    """
    Yield a line for every way in which a view differs from a replay of the log.

    The live views may go on: they are looked at as they were when this began. Raises
    what an event that cannot be read or applied raises.
    """
    with _as_of_now(url) as live, Shadow(url, CHECK):
        fill(url, CHECK, checkpoint(live), mapper, progress, processes)
        with _as_of_now(url) as replayed:
            for view in VIEWS.values():
                yield from _compared(view, _rows(live, view, SCHEMA), _rows(replayed, view, CHECK))


@contextmanager
def _as_of_now(url: str) -> Iterator[Connection[TupleRow]]:
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


def _rows(connection: Connection[TupleRow], view: View, schema: str) -> Iterator[Values]:
    """Yield all rows in the order of their keys, whatever the database's own order is."""
    columns = SQL(", ").join([Identifier(column.name) for column in view.columns])
    keys = {column.name: column.type for column in view.columns if column.name in view.key}
    order = SQL(", ").join(
        [
            SQL('{} COLLATE "C"' if keys[name] == "text" else "{}").format(Identifier(name))
            for name in view.key
        ]
    )
    statement = SQL("SELECT {} FROM {} ORDER BY {}").format(columns, view.table(schema), order)
    name = f"{schema}_{view.name}"
    with ServerCursor(connection, name) as cursor:
        cursor.itersize = _AT_A_TIME
        yield from cursor.execute(statement, binary=True)


def _compared(view: View, live: Iterator[Values], replayed: Iterator[Values]) -> Iterator[str]:
    names = [column.name for column in view.columns]
    place = [names.index(name) for name in view.key]

    def key(row: Values) -> Values:
        return tuple(row[n].encode() if isinstance(row[n], str) else row[n] for n in place)

    one, other = next(live, None), next(replayed, None)
    while one is not None or other is not None:
        if other is None or (one is not None and key(one) < key(other)):
            assert one is not None
            yield f"{view.name} {_told(one, place)}: the log knows no such row"
            one = next(live, None)
        elif one is None or key(other) < key(one):
            yield f"{view.name} {_told(other, place)}: the row is missing"
            other = next(replayed, None)
        else:
            if one != other:
                for name, has, should in zip(names, one, other, strict=True):
                    if has != should:
                        yield f"{view.name} {_told(one, place)}: {name} is not what the log says"
            one, other = next(live, None), next(replayed, None)


def _told(row: Values, place: list[int]) -> str:
    return ".".join(f"{row[n]}" for n in place)
