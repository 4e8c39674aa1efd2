"""
Clients, chats and messages that hold certain words, within what somebody sees (C3, T2, V13).

What is common is found among the latest messages. What is not found often enough there is
looked up by its words, and put in order. Either way the work is bounded, however large the
log is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composable, Composed

from adapters.storage.postgres.asking import RARE, Question
from adapters.storage.postgres.chat_items import fetch, parameters, select_chats, shown
from adapters.storage.postgres.client_items import clients_by_id
from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.conditions import Conditions, conditions
from adapters.storage.postgres.views import MESSAGES
from domain.access import Scope
from projections.filters import EVERYTHING
from projections.hits import words_found
from projections.items import Item, message_item
from projections.messages import MessageRow

Connection = AsyncConnection[TupleRow]

_CLIENTS_LOOKED_AT: Final = 2_000
_LATEST_MESSAGES: Final = 5_000
"""Messages among which what is common is looked for first."""
_LATEST_CHATS: Final = 300
"""As many chats, of somebody who does not see all."""
_MORE_CHATS: Final = 1_000
"""Chats of such a one that are gone through where what is common elsewhere is not so there."""
_CHATS_OF_CLIENTS: Final = 1_000

_HOW_MANY: Final = SQL(
    "SELECT count(*) FROM (SELECT 1 FROM {schema}.search"
    " WHERE words @@ %(query)s::tsquery LIMIT %(rare)s + 1) AS t"
).format(schema=SQL(SCHEMA))
_AMONG_FEW: Final = SQL("""
SELECT {columns}, c.client_id FROM (
    SELECT s.chat_id, s.seq, s.changed, s.words @@ %(exact)s::tsquery AS is_exact
    FROM {schema}.search AS s WHERE s.words @@ %(query)s::tsquery LIMIT %(rare)s + 1
) AS s
JOIN {schema}.inbox AS c USING (chat_id)
JOIN {schema}.messages AS m USING (chat_id, seq)
WHERE {visible} ORDER BY s.is_exact DESC, s.changed DESC LIMIT %(limit)s
""")
_LATEST_OF_ALL: Final = SQL("""
SELECT {columns}, c.client_id FROM (
    SELECT *, words @@ %(exact)s::tsquery AS is_exact FROM (
        SELECT * FROM {schema}.search ORDER BY changed DESC LIMIT %(latest)s
    ) AS s WHERE words @@ %(query)s::tsquery
    ORDER BY is_exact DESC, changed DESC LIMIT %(limit)s
) AS s
JOIN {schema}.inbox AS c USING (chat_id)
JOIN {schema}.messages AS m USING (chat_id, seq)
ORDER BY s.is_exact DESC, s.changed DESC
""")
_LATEST_OF_OWN: Final = SQL("""
SELECT {columns}, c.client_id FROM (
    SELECT * FROM {schema}.inbox AS c WHERE {visible}
    ORDER BY c.last_activity_at DESC LIMIT %(chats)s
) AS c
JOIN {schema}.search AS s ON s.chat_id = c.chat_id AND s.words @@ %(query)s::tsquery
JOIN {schema}.messages AS m ON (m.chat_id, m.seq) = (s.chat_id, s.seq)
ORDER BY s.words @@ %(exact)s::tsquery DESC, s.changed DESC LIMIT %(limit)s
""")
_CLIENTS: Final = SQL("""
SELECT w.id FROM (
    SELECT p.id, coalesce(p.merged_into, p.id) AS stands_for, p.changed,
        p.found_by @@ %(exact)s::tsquery AS is_exact
    FROM {schema}.clients AS p WHERE p.found_by @@ %(query)s::tsquery LIMIT %(looked_at)s
) AS p
JOIN {schema}.clients AS w ON w.id = p.stands_for
WHERE {visible}
GROUP BY w.id ORDER BY bool_or(p.is_exact) DESC, max(p.changed) DESC LIMIT %(limit)s
""")
_IS_SEEN: Final = SQL(
    "EXISTS (SELECT 1 FROM {schema}.inbox AS c WHERE c.client_id = ANY(ARRAY(SELECT id"
    " FROM {schema}.clients WHERE id = w.id OR merged_into = w.id)) AND ({visible}))"
)
_CHATS_OF: Final = SQL("""
SELECT c.chat_id FROM {schema}.inbox AS c WHERE c.client_id = ANY(ARRAY(
    SELECT id FROM {schema}.clients WHERE id = ANY(%(clients)s) OR merged_into = ANY(%(clients)s)
)) AND ({visible}) ORDER BY c.last_activity_at DESC LIMIT %(limit)s
""")
_CHATS: Final = select_chats(
    SQL("SELECT * FROM {schema}.inbox WHERE chat_id = ANY(%(chats)s)").format(schema=SQL(SCHEMA))
)
# Compiling a statement takes longer than any of these may run.
_AT_ONCE: Final = b"SET LOCAL jit = off"
# Else the planner gathers a common word's messages by its index, to leave most of them out.
_IN_ORDER: Final = b"SET LOCAL enable_bitmapscan = off"
_AS_USUAL: Final = b"SET LOCAL enable_bitmapscan = on"


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, the best first."""

    clients: list[Item]
    chats: list[Item]
    messages: list[Item]
    """As in a chat, with `hits`, the places in `text`, and `client`."""


async def search(
    connection: Connection,
    scope: Scope,
    question: Question,
    limit: int,
) -> Found:
    """Return what holds all words of a question, at most `limit` of each kind."""
    await connection.execute(_AT_ONCE)
    sees_documents = scope.may("documents")
    of_clients = question.query(parts_of_documents=sees_documents)
    clients = await _clients(connection, scope, question, of_clients, limit)
    rows = await _messages(connection, scope, question, limit)
    known = [client["id"] for client in clients]
    chat_ids = await _chats_of(connection, scope, known, limit)
    chat_ids += [row.chat_id for row, _ in rows]
    chats = await _chats(connection, list(dict.fromkeys(chat_ids)))
    named = {item["id"]: item["client"] for item in chats}
    messages = [_message(row, question) | {"client": named[row.chat_id]} for row, _ in rows]
    return Found(clients, chats[:limit], messages)


def visible(scope: Scope) -> Conditions:
    """Return the condition that somebody sees a chat `c`, whatever its state (V13)."""
    return conditions(EVERYTHING, scope)


async def _clients(
    connection: Connection, scope: Scope, question: Question, query: str, limit: int
) -> list[Item]:
    seen = visible(scope)
    condition: Composable = SQL("true")
    if not scope.sees_all:
        condition = _IS_SEEN.format(schema=SQL(SCHEMA), visible=seen.sql())
    statement = _CLIENTS.format(schema=SQL(SCHEMA), visible=condition)
    values = {
        "query": query,
        "exact": question.exact(),
        "limit": limit,
        "looked_at": _CLIENTS_LOOKED_AT,
    }
    rows = await fetch(connection, statement, values | seen.values)
    return await clients_by_id(connection, [row[0] for row in rows])


async def _messages(
    connection: Connection, scope: Scope, question: Question, limit: int
) -> list[tuple[MessageRow, str]]:
    """Return messages with their clients, those that say the very words first, then the latest."""
    seen = visible(scope)
    values: dict[str, Any] = {
        "query": question.query(),
        "exact": question.exact(),
        "limit": limit,
        "rare": RARE,
        "latest": _LATEST_MESSAGES,
        "chats": _LATEST_CHATS,
        **seen.values,
    }
    latest = _LATEST_OF_ALL if scope.sees_all else _LATEST_OF_OWN
    rows = await _in_order(connection, _made(latest, seen), values)
    if len(rows) == limit:
        return _read(rows)
    is_rare = (await fetch(connection, _HOW_MANY, values))[0][0] <= RARE
    if is_rare or scope.sees_all:
        return _read(await fetch(connection, _made(_AMONG_FEW, seen), values))
    more = values | {"chats": _MORE_CHATS}
    return _read(await _in_order(connection, _made(_LATEST_OF_OWN, seen), more))


async def _in_order(
    connection: Connection, statement: Composed, values: dict[str, Any]
) -> list[TupleRow]:
    await connection.execute(_IN_ORDER)
    rows = await fetch(connection, statement, values)
    await connection.execute(_AS_USUAL)
    return rows


def _made(statement: SQL, seen: Conditions) -> Composed:
    columns = MESSAGES.select_list("m")
    return statement.format(columns=columns, schema=SQL(SCHEMA), visible=seen.sql())


def _read(rows: Sequence[TupleRow]) -> list[tuple[MessageRow, str]]:
    return [(MESSAGES.read(values), client_id) for *values, client_id in rows]


async def _chats_of(
    connection: Connection, scope: Scope, clients: list[str], limit: int
) -> list[str]:
    """Return the chats of clients, the latest first."""
    if not clients:
        return []
    seen = visible(scope)
    statement = _CHATS_OF.format(schema=SQL(SCHEMA), visible=seen.sql())
    values = {"clients": clients, "limit": min(limit, _CHATS_OF_CLIENTS), **seen.values}
    return [row[0] for row in await fetch(connection, statement, values)]


async def _chats(connection: Connection, chat_ids: list[str]) -> list[Item]:
    """Return chats in the order of their ids here."""
    if not chat_ids:
        return []
    rows = await fetch(connection, _CHATS, parameters(None, chats=chat_ids))
    items = {item["id"]: item for item in (shown(values).item for values in rows)}
    return [items[chat_id] for chat_id in chat_ids]


def _message(row: MessageRow, question: Question) -> Item:
    return message_item(row) | {"hits": words_found(row.text, question.forms, question.prefix)}
