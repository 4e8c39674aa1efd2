"""Signs of life of operators, and of the sessions that their open feeds were opened with."""

from collections.abc import Iterable
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_BEAT: Final = """
INSERT INTO recado_heartbeats (operator_id) SELECT DISTINCT unnest(%s::text[])
ON CONFLICT (operator_id) DO UPDATE SET at = clock_timestamp()
"""
_GOOD: Final = """
SELECT digest FROM recado_sessions
WHERE digest = ANY(%s) AND (expires_at IS NULL OR expires_at > clock_timestamp())
"""
_USED: Final = """
UPDATE recado_sessions
SET expires_at = least(created_at + interval '12 hours', clock_timestamp() + interval '30 minutes')
WHERE digest = ANY(%s) AND kind = 'session'
    AND expires_at BETWEEN clock_timestamp() AND clock_timestamp() + interval '25 minutes'
"""


async def beat(pool: Pool, operators: Iterable[str]) -> None:
    """Note that these operators are there."""
    async with pool.connection() as connection:
        await connection.execute(_BEAT, (list(operators),))


async def still_good(pool: Pool, digests: Iterable[bytes]) -> set[bytes]:
    """Return which sessions and tokens still let somebody in; being used prolongs a session."""
    asked = list(set(digests))
    async with pool.connection() as connection:
        await connection.execute(_USED, (asked,))
        rows = await (await connection.execute(_GOOD, (asked,))).fetchall()
    return {bytes(row[0]) for row in rows}
