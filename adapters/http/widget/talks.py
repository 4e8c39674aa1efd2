"""
What a visitor may read of his own talk, out of the views that everybody's lists come from.

Comments and transfers are not even asked for (M7), and of what was written to him only what
the dispatcher let go. A row is told again when it changes, under the position of the change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from adapters.channels.webchat.parse import VISITOR
from adapters.http.widget.downloads import Link
from adapters.storage.postgres.chat_items import fetch
from adapters.storage.postgres.columns import CHECKPOINTS
from adapters.storage.postgres.views import MESSAGES
from domain.lookup import identity_key, thread_key
from domain.values import ChannelAccountId, ClientId, Identity, Naming, split_stream
from projections.items import Item, message_item
from projections.messages import MessageRow

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

PAGE: Final = 100
MOST_EPISODES: Final = 20
"""Chats, from the latest back, that still belong to what a visitor sees as one talk."""

_SEEN: Final = SQL(
    "chat_id = ANY(%(chats)s) AND (direction = 'in'"
    " OR direction = 'out' AND state IN ('sent', 'delivered', 'read', 'played'))"
)
_LATEST: Final = SQL(
    "SELECT * FROM (SELECT {columns} FROM {table} WHERE {seen}"
    " ORDER BY sent_at DESC, seq DESC LIMIT %(limit)s) AS latest ORDER BY changed"
).format(columns=MESSAGES.select_list(), table=MESSAGES.table(), seen=_SEEN)
_AFTER: Final = SQL(
    "SELECT {columns} FROM {table} WHERE {seen} AND changed > %(after)s"
    " ORDER BY changed LIMIT %(limit)s"
).format(columns=MESSAGES.select_list(), table=MESSAGES.table(), seen=_SEEN)
_CHANGED: Final = (
    SQL("SELECT DISTINCT chat_id FROM {} WHERE changed > %(after)s AND changed <= %(up_to)s")
    .format(MESSAGES.table())
    .as_bytes()
)
_POSITION: Final = (
    SQL("SELECT position FROM {} WHERE name = 'views'").format(CHECKPOINTS).as_bytes()
)
_KEYS: Final = b"SELECT key, stream, number FROM recado_keys WHERE key = ANY(%(keys)s)"


@dataclass(frozen=True, slots=True)
class Talk:
    """The chats that one visitor has had, and the one that he would have next."""

    chats: tuple[str, ...]
    watched: tuple[str, ...]
    """These, and the next."""


class Talks:
    """Reads the views for visitors."""

    def __init__(self, pool: Pool, naming: Naming) -> None:
        self._pool: Final = pool
        self._naming: Final = naming

    async def of(self, account_id: ChannelAccountId, visitor: str) -> Talk:
        """Return the talk of a visitor, found as the desk finds it."""
        identity = Identity(VISITOR, visitor)
        known = identity_key(self._naming, identity)
        clients = [self._naming.client(identity)]
        async with self._pool.connection() as connection:
            for _, stream, _ in await fetch(connection, _KEYS, {"keys": [known]}):
                clients.append(ClientId(split_stream(stream)[1]))
            threads = [thread_key(self._naming, account_id, c, visitor) for c in clients]
            found = await fetch(connection, _KEYS, {"keys": list(set(threads))})
        latest = {key: number for key, _, number in found}
        chats = [
            self._naming.chat(account_id, thread, episode)
            for thread, number in latest.items()
            for episode in range(max(1, number - MOST_EPISODES + 1), number + 1)
        ]
        following = [
            self._naming.chat(account_id, t, latest.get(t, 0) + 1) for t in dict.fromkeys(threads)
        ]
        return Talk(tuple(chats), (*chats, *following))

    async def said(self, talk: Talk, after: int | None, link: Link) -> list[Item]:
        """Return what came after a position, a page at most; the latest page where it is None."""
        values = {"chats": list(talk.chats), "after": after, "limit": PAGE}
        async with self._pool.connection() as connection:
            rows = await fetch(connection, _LATEST if after is None else _AFTER, values)
        return [told(MESSAGES.read(row), link) for row in rows]

    async def position(self) -> int:
        """Return the last position that the views hold."""
        async with self._pool.connection() as connection:
            rows = await fetch(connection, _POSITION, {})
        return int(rows[0][0]) if rows else 0

    async def changed(self, after: int, up_to: int) -> Sequence[str]:
        """Return the chats in which something was said or changed between two positions."""
        async with self._pool.connection() as connection:
            rows = await fetch(connection, _CHANGED, {"after": after, "up_to": up_to})
        return [row[0] for row in rows]


def told(row: MessageRow, link: Link) -> Item:
    """Return a message as its visitor gets it: nothing of who, why, or what it said before."""
    item = message_item(row)
    is_his = row.direction == "in"
    named = row.provider_ids[0].partition(":")[2] if is_his and row.provider_ids else None
    return {
        "seq": row.changed,
        "id": named or row.message_id or f"{row.chat_id}:{row.seq}",
        "from": "visitor" if is_his else "team",
        "at": item["sent_at"],
        "text": row.text,
        "parts": [_shown(part, link) for part in item["parts"]],
        "deleted": row.deleted_at is not None,
    }


def _shown(part: dict[str, Any], link: Link) -> dict[str, Any]:
    hidden = {"raw", "reference", "sha256"}
    shown = {key: value for key, value in part.items() if key not in hidden}
    address = link(part)
    return shown if address is None else {**shown, "link": address}
