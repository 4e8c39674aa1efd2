"""
What changed between two positions, as it is now.

Rows tell where they changed themselves. Names are kept with who bears them, so a rename
changes one row, and by it the items of all chats that show the name.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, tuple_row
from psycopg.sql import SQL, Composed, Identifier

from adapters.storage.postgres.chat_items import fetch, parameters, select_chats, shown
from adapters.storage.postgres.columns import SCHEMA, View
from adapters.storage.postgres.views import CLIENTS, COUNTS, GROUPS, MESSAGES, OPERATORS, SEATS
from projections.items import (
    Item,
    client_item,
    counts_item,
    group_item,
    message_item,
    operator_item,
)

Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True, slots=True)
class Changes:
    """The items that changed after one position and up to another."""

    items: list[Item]
    up_to: int
    """Ask again from here, unless it is `position`."""
    position: int
    """What the views hold altogether."""


_RENAMED: Final = SQL("renamed > %(after)s AND renamed <= %(up_to)s")
# Without the EXISTS, every look at what changed would go through the whole table.
_BEARERS: Final = SQL("""
SELECT chat_id FROM {schema}.inbox
WHERE EXISTS (SELECT 1 FROM {names} WHERE {renamed})
AND {column} = ANY(ARRAY(SELECT id FROM {names} WHERE {renamed}))
""")
_CHATS: Final = select_chats(
    SQL("""
SELECT * FROM {schema}.inbox WHERE chat_id IN (
    SELECT chat_id FROM {schema}.inbox WHERE changed > %(after)s AND changed <= %(up_to)s
    UNION {bearers})
""").format(
        schema=SQL(SCHEMA),
        bearers=SQL(" UNION ").join(
            [
                _BEARERS.format(
                    schema=SQL(SCHEMA),
                    names=Identifier(SCHEMA, names),
                    column=Identifier(column),
                    renamed=_RENAMED,
                )
                for names, column in (
                    ("clients", "client_id"),
                    ("operators", "operator_id"),
                    ("operators", "last_operator"),
                    ("groups", "group_id"),
                )
            ]
        ),
    )
)
_NTH: Final = (
    SQL("""
SELECT coalesce(max(changed), 0) FROM (
    SELECT changed FROM {schema}.inbox WHERE changed > %(after)s
    ORDER BY changed OFFSET %(limit)s LIMIT 1
) AS nth
""")
    .format(schema=SQL(SCHEMA))
    .as_bytes()
)


async def nth_change(connection: Connection, after: int, limit: int) -> int | None:
    """Return where the chat after the first `limit` changed; None when there are fewer."""
    rows = await fetch(connection, _NTH, {"after": after, "limit": limit})
    return rows[0][0] or None


def _changed(view: View) -> Composed:
    return SQL(
        "SELECT {columns} FROM {table} WHERE changed > %(after)s AND changed <= %(up_to)s"
        " ORDER BY changed"
    ).format(columns=view.select_list(), table=view.table())


_OPERATORS: Final = SQL("""
SELECT {operator}, {seat} FROM {operators} AS o
LEFT JOIN {seats} AS s ON s.operator_id = o.id
WHERE (o.changed > %(after)s AND o.changed <= %(up_to)s)
OR (s.changed > %(after)s AND s.changed <= %(up_to)s)
""").format(
    operator=OPERATORS.select_list("o"),
    seat=SEATS.select_list("s"),
    operators=OPERATORS.table(),
    seats=SEATS.table(),
)


def read_operator(values: tuple[Any, ...]) -> Item:
    """Return the item for the stored columns of an operator and of his seat, if any."""
    size = len(OPERATORS.stored)
    seat = values[size:]
    return operator_item(
        OPERATORS.read(values[:size]), SEATS.read(seat) if seat[0] is not None else None
    )


def _chat(values: TupleRow) -> Item:
    return shown(values).item


def _row(view: View, item: Callable[[Any], Item]) -> tuple[bytes, Callable[[TupleRow], Item]]:
    return _changed(view).as_bytes(), lambda values: item(view.read(values))


_QUESTIONS: Final[dict[str, tuple[bytes, Callable[[TupleRow], Item]]]] = {
    "messages": _row(MESSAGES, message_item),
    "chats": (_CHATS.as_bytes(), _chat),
    "operators": (_OPERATORS.as_bytes(), read_operator),
    "groups": _row(GROUPS, group_item),
    "clients": _row(CLIENTS, client_item),
    "counts": _row(COUNTS, counts_item),
}


async def changed(
    connection: Connection, after: int, up_to: int, views: Iterable[str] = tuple(_QUESTIONS)
) -> dict[str, list[Item]]:
    """Return the items of each view that changed in between, by where they did."""
    values = parameters(None, after=after, up_to=up_to)
    asked = {}
    async with connection.pipeline():
        for view in views:
            cursor = connection.cursor(binary=True, row_factory=tuple_row)
            asked[view] = await cursor.execute(_QUESTIONS[view][0], values, prepare=True)
    found = {}
    for view, cursor in asked.items():
        item = _QUESTIONS[view][1]
        items = [item(row) for row in await cursor.fetchall()]
        # What changed again later, by a rename, comes when that is asked for.
        items = [one for one in items if one["position"] <= up_to]
        found[view] = sorted(items, key=itemgetter("position"))
    return found
