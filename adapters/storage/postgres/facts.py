"""What a filter needs to know of chats besides their items, out of the tables (T5)."""

from collections.abc import Sequence
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from adapters.storage.postgres.chat_items import fetch
from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.filter_sql import said
from adapters.storage.postgres.views import CLIENTS
from projections.clients import ClientRow
from projections.filter_holds import NO_FACTS, Facts, Record
from projections.filter_tree import Needs

Connection = AsyncConnection[TupleRow]

_RECORDS: Final = SQL("""
SELECT c.chat_id, {columns} FROM {schema}.inbox AS c
JOIN {schema}.clients AS p ON p.id = c.client_id
JOIN {schema}.clients AS w ON w.id = coalesce(p.merged_into, p.id)
WHERE c.chat_id = ANY(%(chats)s)
""").format(columns=CLIENTS.select_list("w"), schema=SQL(SCHEMA))
_SAID: Final = SQL("""
SELECT DISTINCT s.chat_id, q.number FROM {schema}.search AS s,
    unnest(%(queries)s::text[]) WITH ORDINALITY AS q(query, number)
WHERE s.chat_id = ANY(%(chats)s) AND s.words @@ q.query::tsquery
""").format(schema=SQL(SCHEMA))


async def facts(connection: Connection, chats: Sequence[str], needs: Needs) -> dict[str, Facts]:
    """Return what is needed of each of the chats, by its id."""
    records: dict[str, Record] = {}
    texts: dict[str, set[str]] = {}
    if needs.record:
        for chat_id, *stored in await fetch(connection, _RECORDS, {"chats": list(chats)}):
            records[chat_id] = _record(CLIENTS.read(stored))
    if needs.texts:
        asked = sorted(needs.texts)
        values: dict[str, Any] = {"chats": list(chats), "queries": [said(text) for text in asked]}
        for chat_id, number in await fetch(connection, _SAID, values):
            texts.setdefault(chat_id, set()).add(asked[number - 1])
    return {
        id_: Facts(records.get(id_, NO_FACTS.record), frozenset(texts.get(id_, ())))
        for id_ in chats
    }


def _record(row: ClientRow) -> Record:
    return Record(frozenset(row.tags), {held[0]: held for held in row.facts})
