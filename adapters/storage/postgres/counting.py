"""How many chats lists hold, all counted in one statement, none further than is told (V11, S18)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed

from adapters.storage.postgres.chat_items import fetch, parameters
from adapters.storage.postgres.chat_lists import count_of
from adapters.storage.postgres.conditions import conditions
from adapters.storage.postgres.limits import late_limits
from adapters.storage.postgres.narrowing import narrowed
from domain.access import Scope
from domain.values import Timestamp
from projections.filter_tree import Tree
from projections.filters import ChatFilter, Listed
from projections.items import Item

EXACT_UP_TO: Final = 1_000
COUNTED: Final = (Listed.NEW, Listed.WAITING, Listed.OPEN, Listed.UNREAD)
"""The lists that have a count beside their name."""


async def counted(
    connection: AsyncConnection[TupleRow],
    scope: Scope,
    chats: ChatFilter,
    now: Timestamp | None,
    tabs: Mapping[str, Tree] | None,
) -> Item:
    """Return the counts of the lists, and under `tabs` of each tree for itself."""
    parts: list[Composed] = []
    values: dict[str, Any] = {}
    asked = await narrowed(connection, chats, scope, now)
    for section in COUNTED:
        found = conditions(replace(chats, section=section), scope)
        found.join(asked)
        parts.append(count_of(found, EXACT_UP_TO + 1))
        values |= found.values
    for number, tree in enumerate((tabs or {}).values()):
        tab = ChatFilter(tree=tree)
        found = conditions(tab, scope)
        found.join(await narrowed(connection, tab, scope, now, f"t{number}_"))
        parts.append(count_of(found, EXACT_UP_TO + 1))
        values |= found.values
    statement = SQL("SELECT {}").format(SQL(", ").join(parts))
    values = parameters(now, **values) | await late_limits(connection, now)
    told = [_told(number) for number in (await fetch(connection, statement, values))[0]]
    counts: Item = {section.value: told[n] for n, section in enumerate(COUNTED)}
    if tabs is not None:
        counts["tabs"] = dict(zip(tabs, told[len(COUNTED) :], strict=True))
    return counts


def _told(number: int) -> int | str:
    return f"{EXACT_UP_TO}+" if number > EXACT_UP_TO else number
