"""What is known of files, who holds them, and who may therefore see them (V13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from adapters.storage.postgres.chat_items import fetch, parameters
from adapters.storage.postgres.conditions import conditions, inbox_query
from domain.access import Scope
from projections.filters import EVERYTHING

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_KEEP: Final = """
INSERT INTO recado_files AS f (sha256, mime, size) VALUES (%s, %s, %s)
ON CONFLICT (sha256) DO UPDATE SET kept_at = clock_timestamp()
RETURNING mime, size, thumbnail
"""
_VISIBLE: Final = SQL("""
SELECT h.name FROM recado_held_files AS h
WHERE h.sha256 = %(sha256)s AND EXISTS ({chats})
ORDER BY h.name IS NULL LIMIT 1
""")
_UPLOADED: Final = "SELECT name FROM recado_uploads WHERE sha256 = %s AND operator_id = %s LIMIT 1"
_OF_CHAT: Final = """
SELECT h.seq, h.part, h.sha256, h.name, f.mime, f.size, f.thumbnail
FROM recado_held_files AS h JOIN recado_files AS f USING (sha256)
WHERE h.chat_id = %s ORDER BY h.seq, h.part
"""


@dataclass(frozen=True, slots=True)
class KnownFile:
    sha256: str
    mime: str
    """By its content."""
    size: int
    thumbnail: str | None
    """SHA-256 of a small picture of it."""


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file in a chat: which part of which message it is."""

    seq: int
    part: int
    file: KnownFile
    name: str | None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that an operator has handed over and may send."""

    id: str
    file: KnownFile
    name: str


class FileRegister:
    """The tables about files."""

    def __init__(self, pool: Pool) -> None:
        self._pool: Final = pool

    async def keep(self, sha256: str, mime: str, size: int) -> KnownFile:
        """Take down a file, and when it came last; what is known of it stays."""
        row = await self._one(_KEEP, (sha256, mime, size))
        assert row is not None
        return KnownFile(sha256, *row)

    async def note_thumbnail(self, sha256: str, thumbnail: str) -> None:
        """Take down that there is a small picture of a file now."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "UPDATE recado_files SET thumbnail = %s WHERE sha256 = %s", (thumbnail, sha256)
            )

    async def find(self, sha256: str) -> KnownFile | None:
        row = await self._one(
            "SELECT mime, size, thumbnail FROM recado_files WHERE sha256 = %s", (sha256,)
        )
        return None if row is None else KnownFile(sha256, *row)

    async def note_upload(self, id_: str, sha256: str, operator_id: str, name: str) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(
                "INSERT INTO recado_uploads (id, sha256, operator_id, name)"
                " VALUES (%s, %s, %s, %s)",
                (id_, sha256, operator_id, name),
            )

    async def uploads(self, ids: Sequence[str], operator_id: str) -> dict[str, Upload]:
        """Return those of the uploads that this operator made, by id."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT u.id, u.name, f.sha256, f.mime, f.size, f.thumbnail"
                " FROM recado_uploads AS u JOIN recado_files AS f USING (sha256)"
                " WHERE u.id = ANY(%s) AND u.operator_id = %s",
                (list(ids), operator_id),
            )
            return {id_: Upload(id_, KnownFile(*f), name) async for id_, name, *f in rows}

    async def name_seen(self, scope: Scope, sha256: str) -> str | None:
        """
        Return what a file is called where the viewer may see it; None where he may not.

        He may see it in a chat that he sees, or because he uploaded it. Without a name in
        the log it is called "".
        """
        found = conditions(EVERYTHING, scope)
        found.add(SQL("c.chat_id = h.chat_id"), sha256=sha256)
        statement = _VISIBLE.format(chats=inbox_query(found))
        async with self._pool.connection() as connection:
            rows = await fetch(connection, statement, parameters(None, **found.values))
        if rows:
            return rows[0][0] or ""
        row = await self._one(_UPLOADED, (sha256, scope.operator_id))
        return None if row is None else str(row[0])

    async def some_name(self, sha256: str) -> str | None:
        """Return what a file is called anywhere; for those who send it, not for those who ask."""
        row = await self._one(
            "SELECT name FROM recado_uploads WHERE sha256 = %(sha256)s UNION ALL"
            " SELECT name FROM recado_held_files WHERE sha256 = %(sha256)s LIMIT 1",
            {"sha256": sha256},
        )
        return None if row is None else row[0]

    async def of_chat(self, chat_id: str) -> list[HeldFile]:
        """Return a chat's files, in the order in which they came."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(_OF_CHAT, (chat_id,))
            return [
                HeldFile(seq, part, KnownFile(sha256, *about), name)
                async for seq, part, sha256, name, *about in rows
            ]

    async def _one(self, statement: str, values: Any) -> TupleRow | None:
        async with self._pool.connection() as connection:
            return await (await connection.execute(statement.encode(), values)).fetchone()
