"""
Operators as the log has them now, for deciding what a request may see and do.

Each look reads what was added to the operator's stream since the last one, so that rights
that were taken away are gone with the next request, whatever the views' delay is.
"""

from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.mapper import EventMapper
from domain.access import Scope
from domain.entities import evolve
from domain.operator import Operator
from domain.values import OperatorId, stream_of

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_SINCE: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE originator_id = %s AND originator_version > %s ORDER BY originator_version
"""


class People:
    """Operators by id, always as of the last commit."""

    def __init__(self, pool: Pool, mapper: EventMapper) -> None:
        self._pool: Final = pool
        self._mapper: Final = mapper
        self._known: Final[dict[str, Operator]] = {}

    async def operator(self, id_: str) -> Operator | None:
        """Return an operator who may sign in; None when there is none, or no longer."""
        stream = stream_of("operator", id_)
        operator = self._known.get(id_) or Operator(OperatorId(id_))
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_SINCE, (stream, operator.version))
            rows = await cursor.fetchall()
        for row in rows:
            recorded = self._mapper.decode(*row)
            state = evolve(stream, operator, recorded.event)
            assert isinstance(state, Operator)
            operator = state
        if not operator.exists:
            return None
        self._known[id_] = operator
        return operator if operator.active else None


def scope_of(operator: Operator) -> Scope:
    """Return what an operator sees and may do (V13)."""
    return Scope(operator.id, operator.role, operator.groups)
