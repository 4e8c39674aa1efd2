"""
What is an operator's own and nobody else's: drafts and the panel's preferences.

It lies beside the log: a text that was never sent is no record, and nobody audits the
width of a column. Both are bounded.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from domain.values import Timestamp

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]
Mode = Literal["reply", "comment"]

MOST_DRAFTS: Final = 200
"""Of one operator; the oldest give way."""

_KEEP: Final = """
INSERT INTO recado_drafts AS d (operator_id, chat_id, mode, text, attachments)
VALUES (%(who)s, %(chat)s, %(mode)s, %(text)s, %(attachments)s)
ON CONFLICT (operator_id, chat_id, mode) DO UPDATE SET
    text = excluded.text, attachments = excluded.attachments, at = clock_timestamp()
RETURNING at
"""
_BOUND: Final = """
DELETE FROM recado_drafts WHERE operator_id = %(who)s AND (chat_id, mode) IN (
    SELECT chat_id, mode FROM recado_drafts WHERE operator_id = %(who)s
    ORDER BY at DESC OFFSET %(most)s)
"""
_DROP: Final = """
DELETE FROM recado_drafts
WHERE operator_id = %(who)s AND chat_id = %(chat)s AND mode = %(mode)s
"""
_OWN: Final = """
SELECT chat_id, mode, text, attachments, at FROM recado_drafts
WHERE operator_id = %(who)s AND (%(chat)s::text IS NULL OR chat_id = %(chat)s)
ORDER BY at DESC
"""
_PREFER: Final = """
INSERT INTO recado_preferences (operator_id, preferences) VALUES (%s, %s)
ON CONFLICT (operator_id) DO UPDATE SET preferences = excluded.preferences
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has begun to write in a chat."""

    chat_id: str
    mode: str
    text: str
    attachments: list[str]
    at: Timestamp


class OwnThings:
    """The tables of what is somebody's own."""

    def __init__(self, pool: Pool) -> None:
        self._pool: Final = pool

    async def drafts(self, operator_id: str, chat_id: str | None = None) -> list[Draft]:
        """Return his drafts, of all chats or of one, the latest first."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(_OWN, {"who": operator_id, "chat": chat_id})
            return [Draft(*row) for row in await rows.fetchall()]

    async def keep(
        self, operator_id: str, chat_id: str, mode: Mode, text: str, attachments: list[str]
    ) -> Timestamp:
        """Keep a draft in the place of the last one; return when."""
        values: dict[str, Any] = {
            "who": operator_id,
            "chat": chat_id,
            "mode": mode,
            "text": text,
            "attachments": attachments,
            "most": MOST_DRAFTS,
        }
        async with self._pool.connection() as connection, connection.transaction():
            row = await (await connection.execute(_KEEP, values)).fetchone()
            await connection.execute(_BOUND, values)
        assert row is not None
        at: Timestamp = row[0]
        return at

    async def drop(self, operator_id: str, chat_id: str, mode: Mode) -> None:
        """Forget a draft; one that is not there is forgotten already."""
        values = {"who": operator_id, "chat": chat_id, "mode": mode}
        async with self._pool.connection() as connection:
            await connection.execute(_DROP, values)

    async def preferences(self, operator_id: str) -> dict[str, Any]:
        """Return what he prefers; nothing where he has not said."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT preferences FROM recado_preferences WHERE operator_id = %s", (operator_id,)
            )
            row = await rows.fetchone()
        preferences: dict[str, Any] = {} if row is None else orjson.loads(row[0])
        return preferences

    async def prefer(self, operator_id: str, preferences: bytes) -> None:
        """Keep what he prefers, a JSON object, in the place of what he did before."""
        async with self._pool.connection() as connection:
            await connection.execute(_PREFER, (operator_id, preferences.decode()))
