"""What a setting would change, before it is given."""

from datetime import timedelta
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from adapters.storage.postgres.chat_items import fetch
from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.limits import late_limits

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_UNDER: Final = SQL("""
SELECT count(*) FILTER (WHERE c.waiting_key <= coalesce(
        (%(limits)s::timestamptz[])[array_position(%(by_hours)s::text[], c.group_id)],
        now() - coalesce(g.patience, %(patience)s::interval))), count(*)
FROM {schema}.inbox AS c LEFT JOIN {schema}.groups AS g ON g.id = c.group_id
WHERE c.operator_id IS NOT NULL
""").format(schema=SQL(SCHEMA))


async def sections_under(pool: Pool, patience: timedelta) -> dict[str, int]:
    """Return how many chats would be Waiting and Open now with that patience (V3, V5)."""
    async with pool.connection() as connection, connection.transaction():
        values: dict[str, Any] = {"limits": [], "by_hours": [], "patience": patience}
        values |= await late_limits(connection, None, patience)
        ((waiting, assigned),) = await fetch(connection, _UNDER, values)
    return {"waiting": waiting, "open": assigned - waiting}
