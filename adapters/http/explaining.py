"""Why a chat is where it is: whom it was given to and why, and why nobody has it (R12)."""

from collections.abc import Mapping
from typing import Any, Final, cast

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.queries import Queries
from domain.account import Account
from domain.chat.state import Chat
from domain.entities import State, evolve, initial
from domain.group import Group
from domain.values import ACCOUNT_STREAM, Timestamp, stream_of
from projections.items import stamp
from routers.why import WhyNobody, why_nobody

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]
Json = dict[str, Any]
Names = Mapping[str, str | None]

_EVENTS: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE originator_id = ANY(%s) ORDER BY originator_id, originator_version
"""


class Explaining:
    """Looks at a New chat, its group and everybody's seat as they are now."""

    def __init__(self, pool: Pool, queries: Queries, mapper: EventMapper) -> None:
        self._pool: Final = pool
        self._queries: Final = queries
        self._mapper: Final = mapper

    async def nobody(self, chat_id: str, names: Names) -> Json | None:
        """Return why nobody has a chat; None for one that somebody has, or that is closed."""
        async with self._pool.connection() as connection:
            chat = cast("Chat", await self._state(connection, stream_of("chat", chat_id)))
            if not chat.is_open or chat.operator_id is not None:
                return None
            account = cast("Account", await self._state(connection, ACCOUNT_STREAM))
            group = cast(
                "Group", await self._state(connection, stream_of("group", chat.group_id or ""))
            )
            now = await _now(connection)
        seats = await self._queries.seats()
        return as_json(why_nobody(chat, account.settings, group.settings, seats, now), names)

    async def _state(self, connection: AsyncConnection[TupleRow], stream: str) -> State:
        state = initial(stream)
        cursor = connection.cursor(binary=True)
        async for row in await cursor.execute(_EVENTS, ([stream],)):
            state = evolve(stream, state, self._mapper.decode(*row).event)
        return state


async def _now(connection: AsyncConnection[TupleRow]) -> Timestamp:
    row = await (await connection.execute("SELECT clock_timestamp()")).fetchone()
    assert row is not None
    now: Timestamp = row[0]
    return now


def as_json(why: WhyNobody, names: Names) -> Json:
    """Return it as HTTP and the command line tell it."""
    return {
        "reasons": list(why.reasons),
        "opens_at": stamp(why.opens_at),
        "candidates": [
            {
                "operator": {"id": c.operator_id, "name": names.get(c.operator_id)},
                "load": c.load,
                "capacity": c.capacity,
                "skill": c.skill,
                "excluded_by": c.excluded_by,
            }
            for c in why.candidates
        ],
        "not_listed": dict(why.not_listed),
    }
