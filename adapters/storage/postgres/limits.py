"""
Since when a clock is late, in groups whose clocks run in business hours (V5, V6).

How much of a night lies inside of somebody's hours is for the domain to say; a list is told
the instant before which a clock must have begun, one for each such group, and compares.
"""

from datetime import timedelta
from functools import lru_cache
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL
from pydantic import TypeAdapter

from adapters.storage.postgres.chat_items import PATIENCE, Parameters, fetch
from adapters.storage.postgres.columns import SCHEMA
from domain.account import AccountSettings
from domain.group import GroupSettings
from domain.hours import Patience
from domain.values import Timestamp
from projections.filters import PatienceOf

_GROUP: Final = TypeAdapter(GroupSettings)
_BY_HOURS: Final = SQL("""
SELECT coalesce(%(now)s::timestamptz, now()), id, settings::text,
    coalesce((SELECT patience FROM {schema}.settings), %(patience)s::interval)
FROM {schema}.groups WHERE settings->>'clock_in_hours' = 'true' ORDER BY id
""").format(schema=SQL(SCHEMA))
_ALL: Final = SQL("""
SELECT NULL, NULL, coalesce((SELECT patience FROM {schema}.settings), %(patience)s::interval)
UNION ALL SELECT id, settings::text, NULL FROM {schema}.groups
""").format(schema=SQL(SCHEMA))


@lru_cache(maxsize=1_000)
def _settings(text: str) -> GroupSettings:
    return _GROUP.validate_json(text)


async def late_limits(
    connection: AsyncConnection[TupleRow],
    now: Timestamp | None,
    patience: timedelta | None = None,
) -> Parameters:
    """
    Return the parameters that conditions on lateness take besides the usual ones.

    `patience` is the account's, where it is not to be the one in force.
    """
    rows = await fetch(connection, _BY_HOURS, {"now": now, "patience": PATIENCE})
    limits = {
        id_: _settings(text).patience_in(AccountSettings(patience=patience or common)).latest(at)
        for at, id_, text, common in rows
    }
    if not limits:
        return {}
    return {"now": rows[0][0], "by_hours": list(limits), "limits": list(limits.values())}


async def patience_in_force(connection: AsyncConnection[TupleRow]) -> PatienceOf:
    """Return the patience of each group, and of chats of no group (V3, V5)."""
    (_, _, common), *groups = await fetch(connection, _ALL, {"patience": PATIENCE})
    account = AccountSettings(patience=common)
    own = {id_: _settings(text).patience_in(account) for id_, text, _ in groups}
    default = Patience(common)
    return lambda group: own.get(group, default)
