"""Operators, groups, channel accounts, settings and tallies out of their tables."""

from collections.abc import Awaitable, Callable
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from adapters.storage.postgres.changes import read_operator
from adapters.storage.postgres.chat_items import fetch
from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.views import (
    CHANNELS,
    COUNTS,
    GROUPS,
    OPERATORS,
    SEATS,
    SETTINGS,
)
from domain.hours import BusinessHours
from domain.routing import Seat
from domain.values import ACCOUNT_STREAM, Timestamp, split_stream
from projections.catalog import SettingsRow
from projections.items import (
    Item,
    channel_item,
    counts_item,
    group_item,
    settings_item,
    stamp,
)
from projections.seats import seat

Connection = AsyncConnection[TupleRow]
Read = Callable[[Connection], Awaitable[list[Item]]]

_WITH_SEATS: Final = SQL(
    "SELECT {operator}, {seat} FROM {schema}.operators AS o"
    " LEFT JOIN {schema}.seats AS s ON s.operator_id = o.id"
).format(operator=OPERATORS.select_list("o"), seat=SEATS.select_list("s"), schema=SQL(SCHEMA))
_OPERATORS: Final = SQL("{} ORDER BY o.name, o.id").format(_WITH_SEATS)
_SEATED: Final = SQL("{} WHERE o.active ORDER BY o.id").format(_WITH_SEATS)
_GROUPS: Final = SQL("""
SELECT {columns}, coalesce(m.members, 0), coalesce(m.online, 0), coalesce(m.free, 0),
    coalesce(c.new, 0), coalesce(c.assigned, 0), now()
FROM {schema}.groups AS g
LEFT JOIN (
    SELECT skill->>0 AS id, count(*) AS members,
        count(*) FILTER (WHERE presence = 'online') AS online,
        sum(greatest(0, capacity - coalesce(s.load, 0))) FILTER (WHERE presence = 'online') AS free
    FROM {schema}.operators AS o LEFT JOIN {schema}.seats AS s ON s.operator_id = o.id,
        json_array_elements(skills) AS skill
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


async def operators(connection: Connection) -> list[Item]:
    return [read_operator(values) for values in await fetch(connection, _OPERATORS, {})]


async def groups(connection: Connection) -> list[Item]:
    items = []
    for *values, members, online, free, new, load, now in await fetch(connection, _GROUPS, {}):
        row = GROUPS.read(tuple(values))
        live = {"members": members, "online": online, "free": int(free), "new": new, "load": load}
        items.append(group_item(row) | live | _opening(row.settings.hours, now))
    return items


def _opening(hours: BusinessHours | None, now: Timestamp) -> Item:
    """Return whether a group is within its hours, and when it will be."""
    if hours is None or hours.is_open(now):
        return {"is_open": True, "opens_at": None}
    return {"is_open": False, "opens_at": stamp(hours.next_opening(now))}


async def channels(connection: Connection) -> list[Item]:
    rows = await fetch(connection, _CHANNELS, {})
    return [channel_item(CHANNELS.read(tuple(values)), group) for *values, group in rows]


async def tallies(connection: Connection) -> list[Item]:
    return [counts_item(COUNTS.read(values)) for values in await fetch(connection, _COUNTS, {})]


async def settings(connection: Connection) -> Item:
    rows = await fetch(connection, _SETTINGS, {})
    none = SettingsRow(split_stream(ACCOUNT_STREAM)[1], 0, 0)
    return settings_item(SETTINGS.read(rows[0]) if rows else none)


async def seats(connection: Connection) -> list[Seat]:
    """Return what routing sees of every active operator."""
    size = len(OPERATORS.stored)
    found = []
    for values in await fetch(connection, _SEATED, {}):
        row = SEATS.read(values[size:]) if values[size] is not None else None
        found.append(seat(OPERATORS.read(values[:size]), row))
    return found
