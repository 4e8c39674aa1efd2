"""Clients out of their table, each with what is merged into him (C4), and the fields there are."""

from collections.abc import Iterable
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from adapters.storage.postgres.asking import asked
from adapters.storage.postgres.chat_items import fetch
from adapters.storage.postgres.cursors import UnreadableCursor, pack, unpack
from adapters.storage.postgres.views import CLIENTS, FIELDS
from projections.clients import ClientRow
from projections.items import Item, client_item, field_item

Connection = AsyncConnection[TupleRow]

_CLIENTS_OF: Final = SQL(
    "SELECT {columns} FROM {table} WHERE id = ANY(%(ids)s) OR merged_into = ANY(%(ids)s)"
    " ORDER BY id"
).format(columns=CLIENTS.select_list(), table=CLIENTS.table())
# Who is merged into somebody is found as that one, by the words of both.
_IDS: Final = SQL("""
SELECT c.id, c.words FROM {table} AS c
WHERE merged_into IS NULL AND (c.words, c.id) > (%(after)s, %(id)s)
AND (%(query)s::text IS NULL OR c.found_by @@ %(query)s::tsquery OR c.id IN (
    SELECT merged_into FROM {table}
    WHERE found_by @@ %(query)s::tsquery AND merged_into IS NOT NULL))
ORDER BY c.words, c.id LIMIT %(limit)s
""").format(table=CLIENTS.table())
_FIELDS: Final = SQL("SELECT {} FROM {} WHERE active ORDER BY name, id").format(
    FIELDS.select_list(), FIELDS.table()
)
_BY_NAME: Final = "clients"


async def client(connection: Connection, client_id: str) -> Item | None:
    found = await clients_by_id(connection, [client_id])
    return found[0] if found else None


async def clients(
    connection: Connection,
    q: str | None,
    cursor: str | None,
    limit: int,
    *,
    sees_documents: bool = True,
) -> tuple[list[Item], str | None]:
    """Return a page of clients by folded name, those found by `q`, and the next cursor."""
    after, id_ = ("", "") if cursor is None else unpack(_BY_NAME, cursor, 2)
    if not isinstance(after, str) or not isinstance(id_, str):
        raise UnreadableCursor
    query = None
    if q and not q.isspace():
        query = asked(q).query(parts_of_documents=sees_documents)
    values: dict[str, Any] = {"query": query, "after": after, "id": id_, "limit": limit + 1}
    rows = await fetch(connection, _IDS, values)
    items = await clients_by_id(connection, [row[0] for row in rows[:limit]])
    if len(rows) <= limit:
        return items, None
    last_id, words = rows[limit - 1]
    return items, pack(_BY_NAME, (words, last_id))


async def clients_by_id(connection: Connection, ids: list[str]) -> list[Item]:
    """Return the clients with these ids, in their order; those that are not there are left out."""
    if not ids:
        return []
    rows = [CLIENTS.read(values) for values in await fetch(connection, _CLIENTS_OF, {"ids": ids})]
    found: dict[str, ClientRow] = {row.id: row for row in rows}
    return [client_item(found[id_], _merged_into(id_, rows)) for id_ in ids if id_ in found]


def _merged_into(id_: str, rows: Iterable[ClientRow]) -> list[ClientRow]:
    return [row for row in rows if row.merged_into == id_]


async def fields(connection: Connection) -> list[Item]:
    """Return the fields that the company defined, by name."""
    return [field_item(FIELDS.read(values)) for values in await fetch(connection, _FIELDS, {})]
