"""
Views made anew from the log, while the old ones are still read.

They are made in tables of their own, which then take the place of the old ones in one
transaction. Everybody who reads or writes views looks at the checkpoints first, so that
holding these is enough to change all tables under everybody's feet.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic, sleep
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL, Identifier

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.columns import CHECKPOINTS, SCHEMA
from adapters.storage.postgres.copying import Lines, copy_in
from adapters.storage.postgres.layout import create, create_indexes
from adapters.storage.postgres.parts import MakeMapper, replay_in_parts
from adapters.storage.postgres.projecting import Projecting
from adapters.storage.postgres.replay import SMALL, Range, Sums, read
from adapters.storage.postgres.views import VIEWS
from projections.sheets import Sheets

SHADOW: Final = "recado_views_next"
PROCESSES: Final = 2
_ONE_BY_ONE: Final = (
    *("account", "channel", "field", "filter", "group", "operator"),
    *("tabs", "tag", "template"),
)
"""Kinds of streams that are few; the operators' must be known before any chat's."""
_WAIT_TO_SWAP: Final = 120.0
_NEARLY: Final = 500
"""Events left when readers are kept waiting for the rest."""

Progress = Callable[[int, int], None]
"""Told how many events are done, of how many."""


class UnknownView(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"there is no view {name}: {', '.join(VIEWS)}")
        self.name = name


class ViewsAreBusy(Exception):
    """Something held the views for too long; the old ones stay as they are."""


def rebuild(
    url: str,
    views: Iterable[str] | None = None,
    progress: Progress | None = None,
    mapper: MakeMapper = EventMapper,
    processes: int = PROCESSES,
) -> int:
    """
    Rebuild all views, or those named; return the position that they hold.

    Not to be called on a running event loop. Raises `UnknownView`, `ViewsAreBusy`, and
    what an event that cannot be read or applied raises: the old views stay then.
    """
    names = list(VIEWS) if views is None else list(views)
    for name in names:
        if name not in VIEWS:
            raise UnknownView(name)
    with psycopg.connect(url, autocommit=True) as connection:
        up_to = _head(connection) if views is None else checkpoint(connection)
    with Shadow(url, SHADOW):
        fill(url, SHADOW, up_to, mapper, progress, processes)
        make_ready(url, SHADOW, names)
        return _swap(url, mapper(), names, up_to)


class Shadow:
    """Empty tables of all views in a schema of their own, for as long as the block lasts."""

    def __init__(self, url: str, schema: str) -> None:
        self._url: Final = url
        self._schema: Final = schema

    def __enter__(self) -> None:
        with psycopg.connect(self._url) as connection:
            _drop(connection, self._schema)
            create(connection, VIEWS.values(), self._schema)

    def __exit__(self, *_: object) -> None:
        with psycopg.connect(self._url) as connection:
            _drop(connection, self._schema)


def _drop(connection: Connection[Any], schema: str) -> None:
    connection.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema)))


def fill(
    url: str,
    schema: str,
    up_to: int,
    mapper: MakeMapper,
    progress: Progress | None = None,
    processes: int = PROCESSES,
) -> None:
    """Fill a schema's empty tables with the views as of a position."""
    done = 0

    def report(events: int) -> None:
        nonlocal done
        done += events
        if progress is not None:
            progress(done, up_to)

    sheets, reads = Sheets(), mapper()
    with psycopg.connect(url) as connection:
        for kind in _ONE_BY_ONE:
            for events in read(connection, reads, Range(kind), up_to, report):
                for recorded in events:
                    sheets.fold(recorded)
    sheets.settle()
    sums = replay_in_parts(url, mapper, schema, up_to, sheets.seats, report, processes)
    sums.join(Sums(sheets.seats, sheets.counts, sheets.uses))
    sheets.seats, sheets.counts, sheets.uses = sums.seats, sums.counts, sums.uses
    with psycopg.connect(url) as connection:
        for name in SMALL:
            lines = Lines(VIEWS[name])
            rows = map(lines.line, sheets.rows(name).values())
            copy_in(connection, VIEWS[name], schema, rows)
        _move(connection, schema, up_to)


def make_ready(url: str, schema: str, names: Sequence[str]) -> None:
    """Make indexes and statistics, of several views at a time."""

    def make(name: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            create_indexes(connection, VIEWS[name], schema)
            connection.execute(SQL("ANALYZE {}").format(VIEWS[name].table(schema)))

    with ThreadPoolExecutor(PROCESSES) as threads:
        list(threads.map(make, names))


def _swap(url: str, mapper: EventMapper, names: Sequence[str], up_to: int) -> int:
    """Bring the new tables up to date and put them in the place of the old ones."""
    give_up = monotonic() + _WAIT_TO_SWAP
    whole = set(names) == set(VIEWS)
    while monotonic() < give_up:
        with psycopg.connect(url, autocommit=True) as connection:
            live = checkpoint(connection)
        if live - up_to > _NEARLY:
            up_to = asyncio.run(_catch_up(url, mapper, live))
            continue
        with (
            suppress(LockNotAvailable),
            psycopg.connect(url, options="-c lock_timeout=200ms") as connection,
        ):
            connection.execute(SQL("LOCK TABLE {}").format(CHECKPOINTS))
            live = checkpoint(connection)
            if live > up_to:
                up_to = asyncio.run(_catch_up(url, mapper, live))
            if live < up_to and not whole:
                raise ViewsAreBusy(f"the views went back from {up_to} to {live}")
            for name in names:
                _replace(connection, name)
            _move(connection, SCHEMA, up_to)
            return up_to
        sleep(0.02)
    raise ViewsAreBusy("somebody has held the views for too long; nothing was changed")


def _replace(connection: Connection[Any], name: str) -> None:
    old, new = VIEWS[name].table(), VIEWS[name].table(SHADOW)
    connection.execute(SQL("DROP TABLE {}").format(old))
    connection.execute(SQL("ALTER TABLE {} SET SCHEMA {}").format(new, Identifier(SCHEMA)))


async def _catch_up(url: str, mapper: EventMapper, up_to: int) -> int:
    """Apply to the new tables what was recorded while they were made."""
    projecting = Projecting(mapper, SHADOW)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            step = await projecting.step(connection, up_to=up_to)
            if step.error is not None:
                raise step.error
            if step.position >= up_to:
                return step.position


def _move(connection: Connection[Any], schema: str, position: int) -> None:
    connection.execute(
        SQL("UPDATE {} SET position = %s WHERE name = 'views'").format(
            Identifier(schema, "checkpoints")
        ),
        (position,),
    )


def checkpoint(connection: Connection[Any]) -> int:
    """Return the position that the live views hold."""
    statement = SQL("SELECT position FROM {} WHERE name = 'views'").format(CHECKPOINTS)
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


def _head(connection: Connection[Any]) -> int:
    row = connection.execute("SELECT position FROM recado_head").fetchone()
    return int(row[0]) if row else 0
