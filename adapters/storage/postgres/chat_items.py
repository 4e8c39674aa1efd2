"""Chats out of their table, with the names that their ids stand for and the patience in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, tuple_row
from psycopg.sql import SQL, Composable, Composed
from pydantic import TypeAdapter

from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.views import INBOX
from domain.account import AccountSettings
from domain.hours import BusinessHours, Patience
from domain.values import Timestamp
from projections.items import Item, Names, chat_item

Parameters = dict[str, Any]

PATIENCE: Final = AccountSettings().patience
"""In force where no settings have been given."""

_STORED: Final = len(INBOX.stored)
_HOURS: Final = TypeAdapter[BusinessHours | None](BusinessHours | None)

RULE: Final = SQL(
    "coalesce(g.patience, (SELECT patience FROM {schema}.settings), %(patience)s::interval)"
).format(schema=SQL(SCHEMA))
"""The patience in force for a chat `c` of the group `g` (V3)."""

LEAST: Final = SQL(
    "(SELECT least((SELECT min(patience) FROM {schema}.groups),"
    " coalesce((SELECT patience FROM {schema}.settings), %(patience)s::interval)))"
).format(schema=SQL(SCHEMA))
"""The shortest patience in force anywhere; no chat younger than that is late."""

NOW: Final = SQL("coalesce(%(now)s::timestamptz, now())")
LATE: Final = SQL(
    "c.waiting_key <= coalesce((%(limits)s::timestamptz[])"
    "[array_position(%(by_hours)s::text[], c.group_id)], {now} - {rule})"
).format(now=NOW, rule=RULE)
"""
Whether the clock of a chat `c` of the group `g` ran out (V3).

Of groups whose clocks run in business hours, the limit is told (`limits.late_limits`).
"""

_SELECT: Final = SQL("""
SELECT {columns}, o.name, l.name, b.name, g.name,
    CASE WHEN p.merged_into IS NULL THEN p.name ELSE w.name END, a.name,
    greatest(coalesce(o.renamed, 0), coalesce(l.renamed, 0), coalesce(g.renamed, 0),
        coalesce(p.renamed, 0), coalesce(w.renamed, 0)), p.merged_into,
    coalesce(%(now)s::timestamptz, now()), {rule},
    CASE WHEN g.settings->>'clock_in_hours' = 'true' THEN (g.settings->'hours')::text END
FROM ({chats}) AS c
LEFT JOIN {schema}.operators AS o ON o.id = c.operator_id
LEFT JOIN {schema}.operators AS l ON l.id = c.last_operator
LEFT JOIN {schema}.operators AS b ON b.id = c.note->>'by'
LEFT JOIN {schema}.groups AS g ON g.id = c.group_id
LEFT JOIN {schema}.clients AS p ON p.id = c.client_id
LEFT JOIN {schema}.clients AS w ON w.id = p.merged_into
LEFT JOIN {schema}.channels AS a ON a.id = c.account_id
{order}
""")


def select_chats(chats: Composable, order: Composable | None = None) -> Composed:
    """
    Return the statement for the chats that `chats`, a query of rows of the inbox, yields.

    Its parameters are those of `chats`, and `now` and `patience` (see `parameters`).
    """
    return _SELECT.format(
        columns=INBOX.select_list("c"),
        rule=RULE,
        chats=chats,
        schema=SQL(SCHEMA),
        order=order or SQL(""),
    )


def parameters(now: Timestamp | None = None, **others: Any) -> Parameters:
    """Return a statement's parameters; `now` is None for the database's clock."""
    return {"now": now, "patience": PATIENCE, "by_hours": [], "limits": [], **others}


@lru_cache(maxsize=1_000)
def _hours(text: str) -> BusinessHours | None:
    return _HOURS.validate_json(text)


@dataclass(frozen=True, slots=True)
class Shown:
    """A chat's item, and the values that it is put in order by."""

    item: Item
    order: tuple[Any, ...]


def shown(values: Sequence[Any], *, by_clock: bool = False) -> Shown:
    """Return the item of one row that `select_chats` yields."""
    row = INBOX.read(values[:_STORED])
    *named, now, limit, hours = values[_STORED:]
    names = Names(*named)
    item = chat_item(row, names, now, Patience(limit, hours and _hours(hours)))
    if by_clock:
        return Shown(item, (row.waiting_since, row.opened_at, row.chat_id))
    return Shown(item, (row.last_activity_at, row.chat_id))


async def fetch(
    connection: AsyncConnection[TupleRow], statement: Composed | bytes, values: Parameters
) -> list[TupleRow]:
    """Return the rows of a statement."""
    cursor = connection.cursor(binary=True, row_factory=tuple_row)
    return await (await cursor.execute(statement, values, prepare=True)).fetchall()
