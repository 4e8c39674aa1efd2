"""
Operators as the log has them now, for deciding what a request may see and do.

Each look reads what was added to the operator's stream and to the account's since the last
one, so that rights that were taken away are gone with the next request, whatever the views'
delay is.
"""

from collections.abc import Iterable
from typing import Final, cast

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.mapper import EventMapper
from domain.access import Scope
from domain.account import Account, AccountSettings
from domain.entities import State, evolve
from domain.operator import Operator
from domain.values import ACCOUNT_STREAM, OperatorId, stream_of

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_SINCE: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE originator_id = %s AND originator_version > %s
UNION ALL
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE originator_id = %s AND originator_version > %s
ORDER BY 3
"""


class People:
    """Operators by id, and the account's settings, always as of the last commit."""

    def __init__(self, pool: Pool, mapper: EventMapper) -> None:
        self._pool: Final = pool
        self._mapper: Final = mapper
        self._known: Final[dict[str, Operator]] = {}
        self._account = Account()

    @property
    def settings(self) -> AccountSettings:
        """Return the account's settings as of the last look at anybody."""
        return self._account.settings

    async def operator(self, id_: str) -> Operator | None:
        """Return an operator who may sign in; None when there is none, or no longer."""
        stream = stream_of("operator", id_)
        operator = self._known.get(id_) or Operator(OperatorId(id_))
        account = self._account
        values = (stream, operator.version, ACCOUNT_STREAM, account.version)
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_SINCE, values)
            rows = await cursor.fetchall()
        operator = cast("Operator", self._after(stream, operator, rows))
        self._account = cast("Account", self._after(ACCOUNT_STREAM, account, rows))
        if not operator.exists:
            return None
        self._known[id_] = operator
        return operator if operator.active else None

    def _after(self, stream: str, state: State, rows: Iterable[TupleRow]) -> State:
        for row in rows:
            if row[1] == stream:
                state = evolve(stream, state, self._mapper.decode(*row).event)
        return state


def scope_of(operator: Operator, actions: Iterable[str] | None = None) -> Scope:
    """Return what an operator sees and may do (V13), with a token for some of it only."""
    scope = Scope(operator.id, operator.role, operator.groups, operator.sees_new)
    return scope if actions is None else scope.limited_to(actions)
