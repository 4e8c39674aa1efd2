"""
What changed between two positions, as it is now.

Rows tell where they changed themselves. Names are kept with who bears them, so a rename
changes one row, and by it the items of all chats that show the name.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow, tuple_row
from psycopg.sql import SQL, Composed, Identifier

from adapters.storage.postgres.chat_items import Parameters, parameters, select_chats, shown
from adapters.storage.postgres.columns import CHECKPOINTS, SCHEMA, View
from adapters.storage.postgres.views import (
    CLIENTS,
    COUNTS,
    GROUPS,
    INBOX,
    MESSAGES,
    OPERATORS,
    SEATS,
)
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


BY_INDEX: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "max_parallel_workers_per_gather": "0",
}
"""
Settings for reading what changed: always the few last entries of an index and the names
beside them. Left to itself PostgreSQL plans seven joins anew at every look, and at times
through a whole table.
"""
_BY_INDEX: Final = (
    SQL("SELECT {}")
    .format(
        SQL(", ").join([SQL("set_config({}, {}, true)").format(*pair) for pair in BY_INDEX.items()])
    )
    .as_bytes()
)
_SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_LAST: Final = 2**63 - 1
_PLACE: Final = SQL("SELECT position FROM {} WHERE name = 'views'").format(CHECKPOINTS).as_bytes()
_CHATS: Final = select_chats(
    SQL(
        "SELECT * FROM {}.inbox WHERE changed > %(after)s AND changed <= %(up_to)s"
        " ORDER BY changed LIMIT %(limit)s"
    ).format(SQL(SCHEMA))
).as_bytes()
_CHANGED: Final = [column.name for column in INBOX.stored].index("changed")
_NAMES: Final = ("clients", "operators", "groups")
_RENAMED: Final = SQL("renamed > %(after)s AND renamed <= %(up_to)s")
_IS_RENAMED: Final = (
    SQL("SELECT {}")
    .format(
        SQL(" OR ").join(
            [
                SQL("EXISTS (SELECT 1 FROM {} WHERE {})").format(Identifier(SCHEMA, name), _RENAMED)
                for name in _NAMES
            ]
        )
    )
    .as_bytes()
)
_BEARERS: Final = SQL(
    "SELECT chat_id FROM {schema}.inbox"
    " WHERE {column} = ANY(ARRAY(SELECT id FROM {names} WHERE {renamed}))"
)
_BEARERS_OF_MERGED: Final = SQL(
    "SELECT chat_id FROM {schema}.inbox WHERE client_id = ANY(ARRAY("
    "SELECT id FROM {schema}.clients WHERE merged_into = ANY(ARRAY("
    "SELECT id FROM {schema}.clients WHERE {renamed}))))"
).format(schema=SQL(SCHEMA), renamed=_RENAMED)
_BEARING: Final = select_chats(
    SQL("SELECT * FROM {schema}.inbox WHERE chat_id IN ({bearers} UNION {merged})").format(
        schema=SQL(SCHEMA),
        merged=_BEARERS_OF_MERGED,
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
).as_bytes()


async def chats_changed(connection: Connection, after: int, limit: int) -> Changes:
    """
    Return chats that changed after a position, in the order of it, as of one instant.

    About `limit` of them: a rename changes all chats that show the name at once.
    """
    values = parameters(None, after=after, up_to=_LAST, limit=limit + 1)
    async with connection.pipeline(), connection.transaction():
        await connection.execute(_SNAPSHOT)
        await connection.execute(_BY_INDEX, prepare=True)
        place = await _ask(connection, _PLACE, {})
        chats = await _ask(connection, _CHATS, values)
        renamed = await _ask(connection, _IS_RENAMED, values)
        reached = up_to = int((await place.fetchall())[0][0])
        rows = await chats.fetchall()
        if len(rows) > limit:
            up_to = rows[limit][_CHANGED] - 1
        items = [_chat(row) for row in rows]
        if (await renamed.fetchall())[0][0]:
            items = await _with_bearers(connection, items, values | {"up_to": up_to})
    return Changes(_in_order(items, up_to), up_to, reached)


async def _with_bearers(
    connection: Connection, items: Iterable[Item], values: Parameters
) -> list[Item]:
    """Return the items, and those of all chats that show a name which changed."""
    bearing = await _ask(connection, _BEARING, values)
    every = {item["id"]: item for item in items}
    every |= {item["id"]: item for item in map(_chat, await bearing.fetchall())}
    return list(every.values())


def _in_order(items: Iterable[Item], up_to: int) -> list[Item]:
    """Return the items by where they changed; what did so again later comes when that is asked."""
    return sorted((i for i in items if i["position"] <= up_to), key=itemgetter("position"))


async def _ask(
    connection: Connection, statement: bytes, values: Mapping[str, Any]
) -> AsyncCursor[TupleRow]:
    cursor = connection.cursor(binary=True, row_factory=tuple_row)
    return await cursor.execute(statement, values, prepare=True)


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
    "chats": (_CHATS, _chat),
    "messages": _row(MESSAGES, message_item),
    "operators": (_OPERATORS.as_bytes(), read_operator),
    "groups": _row(GROUPS, group_item),
    "clients": _row(CLIENTS, client_item),
    "counts": _row(COUNTS, counts_item),
}


async def changed(connection: Connection, after: int, up_to: int) -> dict[str, list[Item]]:
    """
    Return the items of each view that changed in between, by where they did.

    The connection is to plan as `BY_INDEX` says.
    """
    values = parameters(None, after=after, up_to=up_to, limit=None)
    async with connection.pipeline():
        renamed = await _ask(connection, _IS_RENAMED, values)
        asked = {view: await _ask(connection, _QUESTIONS[view][0], values) for view in _QUESTIONS}
    found = {
        view: [_QUESTIONS[view][1](row) for row in await cursor.fetchall()]
        for view, cursor in asked.items()
    }
    if (await renamed.fetchall())[0][0]:
        found["chats"] = await _with_bearers(connection, found["chats"], values)
    return {view: _in_order(items, up_to) for view, items in found.items()}
