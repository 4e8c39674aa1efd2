"""
Files on their way in, piece by piece: what has come of each, whichever process it came to.

The pieces lie in the database until the file is whole, so that a second process, on another
machine, can go on where the first one left off. An upload that nobody goes on with is swept
out after a day.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

MOST_AT_ONCE: Final = 10
"""Unfinished uploads of one operator; the oldest give way."""

_SWEEP: Final = """
DELETE FROM recado_partial_uploads
WHERE at < clock_timestamp() - interval '1 day' OR id IN (
    SELECT id FROM recado_partial_uploads WHERE operator_id = %s ORDER BY at DESC OFFSET %s)
"""
_BEGIN: Final = """
INSERT INTO recado_partial_uploads (id, operator_id, name, mime, size) VALUES (%s, %s, %s, %s, %s)
"""
_STATE: Final = """
SELECT id, name, mime, size, received FROM recado_partial_uploads
WHERE id = %s AND operator_id = %s
"""
_PIECE: Final = """
INSERT INTO recado_upload_pieces (upload_id, starts, content) VALUES (%s, %s, %s)
"""
_RECEIVED: Final = """
UPDATE recado_partial_uploads SET received = %s, at = clock_timestamp() WHERE id = %s
"""
_NEXT: Final = """
SELECT starts, content FROM recado_upload_pieces
WHERE upload_id = %s AND starts > %s ORDER BY starts LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class PartialUpload:
    id: str
    name: str
    mime: str | None
    size: int
    """Bytes of the whole file, as promised."""
    received: int
    """Bytes that have come."""

    @property
    def is_whole(self) -> bool:
        return self.received == self.size


class WrongOffset(Exception):
    """A piece does not begin where the last one ended."""

    def __init__(self, received: int) -> None:
        super().__init__(f"{received} bytes have come")
        self.received = received


class PartialUploads:
    """The tables of files on their way in."""

    def __init__(self, pool: Pool) -> None:
        self._pool: Final = pool

    async def begin(
        self, id_: str, operator_id: str, name: str, mime: str | None, size: int
    ) -> None:
        """Note that a file is to come; old and superfluous ones are swept out on the way."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_BEGIN, (id_, operator_id, name, mime, size))
            await connection.execute(_SWEEP, (operator_id, MOST_AT_ONCE))

    async def find(self, id_: str, operator_id: str) -> PartialUpload | None:
        """Return how far an upload is; None where he has none of that id."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(_STATE, (id_, operator_id))
            row = await rows.fetchone()
        return None if row is None else PartialUpload(*row)

    async def add(self, upload: PartialUpload, starts: int, content: bytes) -> int:
        """Keep a piece; return how much has come. Raises `WrongOffset`."""
        async with self._pool.connection() as connection, connection.transaction():
            rows = await connection.execute(
                "SELECT received FROM recado_partial_uploads WHERE id = %s FOR UPDATE",
                (upload.id,),
            )
            row = await rows.fetchone()
            received: int = 0 if row is None else row[0]
            if row is None or starts != received or received + len(content) > upload.size:
                raise WrongOffset(received)
            await connection.execute(_PIECE, (upload.id, starts, content))
            await connection.execute(_RECEIVED, (received + len(content), upload.id))
        return received + len(content)

    async def content(self, id_: str) -> AsyncIterator[bytes]:
        """Yield the pieces in their order."""
        after = -1
        while True:
            async with self._pool.connection() as connection:
                rows = await connection.execute(_NEXT, (id_, after))
                row = await rows.fetchone()
            if row is None:
                return
            after = row[0]
            yield bytes(row[1])

    async def end(self, id_: str) -> None:
        """Forget an upload and its pieces."""
        async with self._pool.connection() as connection:
            await connection.execute("DELETE FROM recado_partial_uploads WHERE id = %s", (id_,))
