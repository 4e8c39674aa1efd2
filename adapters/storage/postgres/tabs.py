"""Saved filters out of their table, and what there is to ask about (T5)."""

from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from adapters.storage.postgres.chat_items import fetch
from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.views import FILTERS
from domain.access import Scope
from domain.account import AccountSettings
from domain.field import FieldKind
from projections.filter_parsing import Catalogue
from projections.tab_items import SavedTab

Connection = AsyncConnection[TupleRow]

_ZONE: Final = SQL("SELECT settings->>'time_zone' FROM {schema}.settings").format(
    schema=SQL(SCHEMA)
)
_FIELDS: Final = SQL("SELECT id, kind FROM {schema}.fields WHERE active").format(schema=SQL(SCHEMA))
_REMOVED_TAGS: Final = SQL("SELECT name FROM {schema}.tags WHERE NOT active").format(
    schema=SQL(SCHEMA)
)
_TABS: Final = SQL("""
SELECT {columns}, o.name, g.name, array_position(t.filters, f.id)
FROM {schema}.filters AS f
LEFT JOIN {schema}.operators AS o ON o.id = f.owner
LEFT JOIN {schema}.groups AS g ON g.id = f.group_id
LEFT JOIN {schema}.tab_orders AS t ON t.operator_id = %(me)s
WHERE f.active AND (%(id)s::text IS NULL OR f.id = %(id)s) AND (
    (f.shared = 'personal' AND f.owner = %(me)s)
    OR (f.shared = 'group' AND (%(all)s OR f.group_id = ANY(%(groups)s::text[])))
    OR f.shared = 'everyone')
ORDER BY array_position(t.filters, f.id), f.saved
""").format(columns=FILTERS.select_list("f"), schema=SQL(SCHEMA))


async def catalogue(connection: Connection) -> Catalogue:
    """Return what a filter may ask about now, and in which time zone."""
    zones = await fetch(connection, _ZONE, {})
    fields = await fetch(connection, _FIELDS, {})
    removed = await fetch(connection, _REMOVED_TAGS, {})
    zone = zones[0][0] if zones and zones[0][0] else AccountSettings().time_zone
    kinds = {id_: FieldKind(kind) for id_, kind in fields}
    return Catalogue(zone, kinds, frozenset(name for (name,) in removed))


async def tabs(connection: Connection, scope: Scope, id_: str | None = None) -> list[SavedTab]:
    """Return the tabs that somebody has, in his order; with `id_`, that one if he has it."""
    values: dict[str, Any] = {
        "me": scope.operator_id,
        "id": id_,
        "all": scope.sees_all,
        "groups": list(scope.groups),
    }
    found = []
    for *stored, owner, group, place in await fetch(connection, _TABS, values):
        found.append(SavedTab(FILTERS.read(stored), owner, group, place))
    return found
