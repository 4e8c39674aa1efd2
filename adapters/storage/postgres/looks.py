"""
Who looked (A5): reads of people's data by those whose work it is not, and what else is to be seen.

One row for each person, thing and hour, with how often: opening a chat again and again is
one look. It is written beside everybody's work, and is no part of the log: what may be kept
of it, and for how long, is for the installation to say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow

from domain.values import Timestamp


class LookKind(StrEnum):
    CHAT = "chat"
    """A chat that is not his was read: by an auditor, a supervisor or an administrator."""
    CLIENT = "client"
    """A client's record was read by an auditor."""
    SEARCH = "search"
    """An auditor searched; what for is not kept."""
    PAST = "past"
    """The lists were asked for as they were."""
    EXPORT = "export"
    """Something was taken away."""
    LOGIN = "login"
    """A password was wrong."""
    SETTING = "setting"
    """A setting, an operator, a group, a channel or a field was changed."""


DEFAULT_KEEP: Final = timedelta(days=730)

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS recado_looks (
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    kind text NOT NULL,
    who text NOT NULL,
    what text NOT NULL,
    hour timestamptz NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    times bigint NOT NULL,
    PRIMARY KEY (kind, who, what, hour)
)
"""
_NOTE: Final = """
INSERT INTO recado_looks AS l (kind, who, what, hour, first_at, last_at, times)
SELECT kind, who, what, date_trunc('hour', first_at, 'UTC'), first_at, last_at, times
FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::bigint[])
    AS t(kind, who, what, first_at, last_at, times)
ON CONFLICT (kind, who, what, hour) DO UPDATE SET
    first_at = least(l.first_at, excluded.first_at),
    last_at = greatest(l.last_at, excluded.last_at),
    times = l.times + excluded.times
"""
_PAGE: Final = """
SELECT number, kind, who, what, first_at, last_at, times FROM recado_looks
WHERE number < %(before)s
AND (%(kind)s::text IS NULL OR kind = %(kind)s)
AND (%(who)s::text IS NULL OR who = %(who)s)
AND (%(what)s::text IS NULL OR what = %(what)s)
AND (%(since)s::timestamptz IS NULL OR last_at >= %(since)s)
AND (%(until)s::timestamptz IS NULL OR first_at < %(until)s)
ORDER BY number DESC LIMIT %(limit)s
"""
_FORGET: Final = "DELETE FROM recado_looks WHERE kind = %s AND last_at < now() - %s::interval"
_FIRST_PAGE: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looked at something, within one hour."""

    kind: LookKind
    who: str
    """An operator's id; `cli:<user>` at the command line; '' where nobody is known."""
    what: str
    """`chat-<id>`, `client-<id>`, another stream, or words for what has no id."""
    first_at: Timestamp
    last_at: Timestamp
    times: int = 1
    number: int = 0
    """By which it is listed; 0 before it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LooksWanted:
    """What is not None is asked for."""

    kind: LookKind | None = None
    who: str | None = None
    what: str | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None
    """Not included."""
    before: int | None = None
    """The number of the last one of the page before."""
    limit: int = 50


def migrate(url: str) -> None:
    """Make the table where it is missing."""
    with psycopg.connect(url) as connection:
        connection.execute(_TABLE)


async def note(connection: AsyncConnection[TupleRow], looks: Iterable[Look]) -> None:
    """Store looks, or add them to those of the same person, thing and hour."""
    await connection.execute(_NOTE, _columns(looks))


def note_one(url: str, look: Look) -> None:
    """Store one look of a command."""
    with psycopg.connect(url) as connection:
        connection.execute(_NOTE, _columns([look]))


def _columns(looks: Iterable[Look]) -> tuple[list[Any], ...]:
    rows = [
        (one.kind.value, one.who, one.what, one.first_at, one.last_at, one.times) for one in looks
    ]
    return tuple(list(column) for column in zip(*rows, strict=True))


async def page(connection: AsyncConnection[TupleRow], wanted: LooksWanted) -> list[Look]:
    """Return looks, the latest first."""
    rows = await (await connection.execute(_PAGE, _values(wanted))).fetchall()
    return [_look(row) for row in rows]


def page_now(connection: Connection[TupleRow], wanted: LooksWanted) -> list[Look]:
    """Do as `page`, for a command."""
    return [_look(row) for row in connection.execute(_PAGE, _values(wanted))]


def forget(connection: Connection[TupleRow], keep: Mapping[LookKind, timedelta]) -> int:
    """Delete what is older than is to be kept of its kind; return how many there were."""
    return sum(
        connection.execute(_FORGET, (kind.value, keep.get(kind, DEFAULT_KEEP))).rowcount
        for kind in LookKind
    )


def _values(wanted: LooksWanted) -> dict[str, Any]:
    return {
        "kind": None if wanted.kind is None else wanted.kind.value,
        "who": wanted.who,
        "what": wanted.what,
        "since": wanted.since,
        "until": wanted.until,
        "before": _FIRST_PAGE if wanted.before is None else wanted.before,
        "limit": wanted.limit,
    }


def _look(row: TupleRow) -> Look:
    number, kind, who, what, first_at, last_at, times = row
    assert isinstance(first_at, datetime)
    return Look(LookKind(kind), who, what, first_at, last_at, times, number)
