"""Messages of one chat out of their table, in the order they are shown in (M5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from adapters.storage.postgres.chat_items import fetch
from adapters.storage.postgres.cursors import UnreadableCursor, pack, unpack
from adapters.storage.postgres.views import MESSAGES
from projections.hits import parts_found, parts_of
from projections.items import Item, message_item, stamp
from projections.messages import MessageRow
from projections.search import texts_of
from projections.text import folded

_AFTER: Final = SQL(
    "SELECT {columns} FROM {table} WHERE chat_id = %(chat)s"
    " AND (sent_at, seq) > (%(sent_at)s, %(seq)s) ORDER BY sent_at, seq LIMIT %(limit)s"
).format(columns=MESSAGES.select_list(), table=MESSAGES.table())
_ALL: Final = SQL(
    "SELECT {columns} FROM {table} WHERE chat_id = %(chat)s ORDER BY sent_at, seq"
).format(columns=MESSAGES.select_list(), table=MESSAGES.table())

_FROM: Final = SQL(
    "SELECT {columns} FROM {table} WHERE chat_id = %(chat)s AND seq >= %(seq)s"
    " ORDER BY sent_at, seq LIMIT %(limit)s"
).format(columns=MESSAGES.select_list(), table=MESSAGES.table())

_ORDER: Final = "messages"

Position = tuple[datetime, int]
"""Provider's time and seq: what messages are in order of."""


@dataclass(frozen=True, slots=True)
class Said:
    """A page of a chat's messages."""

    items: list[Item]
    next_cursor: str | None
    found: int | None = None
    """How many messages of the whole chat say it; None where nothing was looked for."""


async def message_page(
    connection: AsyncConnection[TupleRow],
    chat_id: str,
    cursor: str | None,
    q: str | None,
    limit: int,
) -> Said:
    """Return a page of a chat's messages, those that say all parts of `q` with their `hits`."""
    if not q:
        after = None if cursor is None else _position(cursor)
        rows = await _page(connection, chat_id, after, limit + 1)
        return Said([message_item(row) for row in rows[:limit]], _next(rows, limit))
    found = await fetch(connection, _ALL, {"chat": chat_id})
    return page_of([MESSAGES.read(values) for values in found], cursor, q, limit)


def page_of(rows: list[MessageRow], cursor: str | None, q: str | None, limit: int) -> Said:
    """
    Return a page of all messages of a chat, which are given in their order.

    Words are folded as the question's are (C3, T2).
    """
    after = None if cursor is None else _position(cursor)
    parts = parts_of(q) if q else []
    said = [row for row in rows if all(part in _words(row) for part in parts)] if q else rows
    rest = [row for row in said if after is None or (row.sent_at, row.seq) > after]
    items = [message_item(row) for row in rest[:limit]]
    if not q:
        return Said(items, _next(rest, limit))
    for item in items:
        item["hits"] = parts_found(item["text"], parts)
    return Said(items, _next(rest, limit), len(said))


async def messages_from(
    connection: AsyncConnection[TupleRow], chat_id: str, seq: int, limit: int
) -> list[Item]:
    """Return what was said in a chat from a seq on."""
    values = {"chat": chat_id, "seq": seq, "limit": limit}
    rows = await fetch(connection, _FROM, values)
    return [message_item(MESSAGES.read(found)) for found in rows]


def _next(rows: list[MessageRow], limit: int) -> str | None:
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return pack(_ORDER, (stamp(last.sent_at), last.seq))


async def _page(
    connection: AsyncConnection[TupleRow], chat_id: str, after: Position | None, limit: int
) -> list[MessageRow]:
    sent_at, seq = after or ("-infinity", 0)
    values = {"chat": chat_id, "sent_at": sent_at, "seq": seq, "limit": limit}
    return [MESSAGES.read(found) for found in await fetch(connection, _AFTER, values)]


def _words(row: MessageRow) -> str:
    return folded("\n".join(texts_of(row)))


def _position(cursor: str) -> Position:
    match unpack(_ORDER, cursor, 2):
        case [str(sent_at), int(seq)]:
            try:
                return datetime.fromisoformat(sent_at), seq
            except ValueError:
                raise UnreadableCursor from None
        case _:
            raise UnreadableCursor
