"""How far each channel that has to be asked has been read, beside the log."""

from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_SAVE: Final = """
INSERT INTO recado_pull_cursors (account_id, cursor) VALUES (%s, %s)
ON CONFLICT (account_id) DO UPDATE SET cursor = excluded.cursor, at = clock_timestamp()
"""


class PullCursors:
    """
    The cursors, by channel account.

    One is moved only once what lies before it is committed. Read twice, nothing is
    recorded twice, so that a cursor may be behind, and never ahead.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool: Final = pool

    async def load(self, account_id: str) -> str | None:
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT cursor FROM recado_pull_cursors WHERE account_id = %s", (account_id,)
            )
            found = await rows.fetchone()
        return None if found is None else str(found[0])

    async def save(self, account_id: str, cursor: str) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(_SAVE, (account_id, cursor))
