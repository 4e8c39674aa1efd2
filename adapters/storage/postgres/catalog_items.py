"""Operators, groups, channel accounts, clients, settings and tallies out of their tables."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from adapters.storage.postgres.changes import read_operator
from adapters.storage.postgres.chat_items import fetch
from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.cursors import UnreadableCursor, pack, unpack
from adapters.storage.postgres.views import (
    CHANNELS,
    CLIENTS,
    COUNTS,
    GROUPS,
    OPERATORS,
    SEATS,
    SETTINGS,
)
from domain.routing import Seat
from domain.values import ACCOUNT_STREAM, split_stream
from projections.catalog import SettingsRow
from projections.items import (
    Item,
    channel_item,
    client_item,
    counts_item,
    group_item,
    settings_item,
)
from projections.seats import seat
from projections.text import folded

Connection = AsyncConnection[TupleRow]
Read = Callable[[Connection], Awaitable[list[Item]]]

_WITH_SEATS: Final = SQL(
    "SELECT {operator}, {seat} FROM {schema}.operators AS o"
    " LEFT JOIN {schema}.seats AS s ON s.operator_id = o.id"
).format(operator=OPERATORS.select_list("o"), seat=SEATS.select_list("s"), schema=SQL(SCHEMA))
_OPERATORS: Final = SQL("{} ORDER BY o.name, o.id").format(_WITH_SEATS)
_SEATED: Final = SQL("{} WHERE o.active ORDER BY o.id").format(_WITH_SEATS)
_GROUPS: Final = SQL("""
SELECT {columns}, coalesce(m.members, 0), coalesce(m.online, 0), coalesce(c.new, 0),
    coalesce(c.assigned, 0)
FROM {schema}.groups AS g
LEFT JOIN (
    SELECT skill->>0 AS id, count(*) AS members,
        count(*) FILTER (WHERE presence = 'online') AS online
    FROM {schema}.operators, json_array_elements(skills) AS skill
    WHERE active GROUP BY 1
) AS m USING (id)
LEFT JOIN {schema}.counts AS c ON c.kind = 'group' AND c.id = g.id
ORDER BY g.name, g.id
""").format(columns=GROUPS.select_list("g"), schema=SQL(SCHEMA))
_CHANNELS: Final = SQL(
    "SELECT {columns}, g.name FROM {schema}.channels AS c"
    " LEFT JOIN {schema}.groups AS g ON g.id = c.group_id ORDER BY c.name, c.id"
).format(columns=CHANNELS.select_list("c"), schema=SQL(SCHEMA))
_SETTINGS: Final = SQL("SELECT {} FROM {}").format(SETTINGS.select_list(), SETTINGS.table())
_COUNTS: Final = SQL("SELECT {} FROM {} ORDER BY kind, id").format(
    COUNTS.select_list(), COUNTS.table()
)
_CLIENT: Final = SQL("SELECT {} FROM {} WHERE id = %(id)s").format(
    CLIENTS.select_list(), CLIENTS.table()
)
_CLIENTS: Final = SQL("""
SELECT {columns}, words FROM {table} AS c
WHERE NOT EXISTS (
    SELECT 1 FROM unnest(%(words)s::text[]) AS word WHERE position(word IN c.words) = 0)
AND (c.words, c.id) > (%(after)s, %(id)s)
ORDER BY c.words, c.id LIMIT %(limit)s
""").format(columns=CLIENTS.select_list("c"), table=CLIENTS.table())
_BY_NAME: Final = "clients"


async def operators(connection: Connection) -> list[Item]:
    return [read_operator(values) for values in await fetch(connection, _OPERATORS, {})]


async def groups(connection: Connection) -> list[Item]:
    items = []
    for *values, members, online, new, load in await fetch(connection, _GROUPS, {}):
        live = {"members": members, "online": online, "new": new, "load": load}
        items.append(group_item(GROUPS.read(tuple(values))) | live)
    return items


async def channels(connection: Connection) -> list[Item]:
    rows = await fetch(connection, _CHANNELS, {})
    return [channel_item(CHANNELS.read(tuple(values)), group) for *values, group in rows]


async def tallies(connection: Connection) -> list[Item]:
    return [counts_item(COUNTS.read(values)) for values in await fetch(connection, _COUNTS, {})]


async def settings(connection: Connection) -> Item:
    rows = await fetch(connection, _SETTINGS, {})
    none = SettingsRow(split_stream(ACCOUNT_STREAM)[1], 0, 0)
    return settings_item(SETTINGS.read(rows[0]) if rows else none)


async def client(connection: Connection, client_id: str) -> Item | None:
    rows = await fetch(connection, _CLIENT, {"id": client_id})
    return client_item(CLIENTS.read(rows[0])) if rows else None


async def clients(
    connection: Connection, q: str | None, cursor: str | None, limit: int
) -> tuple[list[Item], str | None]:
    """Return a page of clients by folded name, and the next cursor."""
    after, id_ = ("", "") if cursor is None else unpack(_BY_NAME, cursor, 2)
    if not isinstance(after, str) or not isinstance(id_, str):
        raise UnreadableCursor
    words = folded(q or "").split()
    values: dict[str, Any] = {"words": words, "after": after, "id": id_, "limit": limit + 1}
    rows = await fetch(connection, _CLIENTS, values)
    items = [client_item(CLIENTS.read(tuple(found))) for *found, _ in rows[:limit]]
    if len(rows) <= limit:
        return items, None
    return items, pack(_BY_NAME, (rows[limit - 1][-1], items[-1]["id"]))


async def seats(connection: Connection) -> list[Seat]:
    """Return what routing sees of every active operator."""
    size = len(OPERATORS.stored)
    found = []
    for values in await fetch(connection, _SEATED, {}):
        row = SEATS.read(values[size:]) if values[size] is not None else None
        found.append(seat(OPERATORS.read(values[:size]), row))
    return found
