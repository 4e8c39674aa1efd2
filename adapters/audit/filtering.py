"""Which chats a filter of the lists is of, for exports (T5, A2)."""

import asyncio
import json
from dataclasses import replace
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.audit.selection import Selection
from adapters.storage.postgres.queries import LARGEST_PAGE, Queries
from domain.access import Scope
from domain.values import OperatorId, Role
from projections.filters import ChatFilter

WITHIN: Final = 30.0
"""Seconds that the views are given to hold all that is exported."""
_EVERYBODY: Final = Scope(OperatorId(""), Role.ADMINISTRATOR)


async def narrowed(
    selection: Selection, queries: Queries, viewer: Scope, filter_: str
) -> Selection:
    """
    Return the selection of those chats alone that a filter holds now, as lists show them.

    Raises `UnreadableFilter`.
    """
    tree = await queries.tree(viewer, filter_, None)
    chats = await _all(queries, viewer, ChatFilter(tree=tree))
    return replace(selection, chats=chats, filter=json.loads(filter_))


def narrowed_in(url: str, selection: Selection, filter_: str) -> Selection:
    """Return what `narrowed` does; raise `ViewsAreBehind` where the views do not follow the log."""

    async def ask() -> Selection:
        async with AsyncConnectionPool[AsyncConnection[TupleRow]](
            url, min_size=1, max_size=2, open=False, kwargs={"autocommit": True}
        ) as pool:
            queries = Queries(pool)
            await queries.wait_for(await _head(pool), WITHIN)
            return await narrowed(selection, queries, _EVERYBODY, filter_)

    return asyncio.run(ask())


async def _head(pool: AsyncConnectionPool[AsyncConnection[TupleRow]]) -> int:
    async with pool.connection() as connection:
        row = await (await connection.execute("SELECT position FROM recado_head")).fetchone()
    return 0 if row is None else int(row[0])


async def _all(queries: Queries, viewer: Scope, chats: ChatFilter) -> tuple[str, ...]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await queries.chats(viewer, chats, cursor=cursor, limit=LARGEST_PAGE)
        found += (item["id"] for item in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return tuple(found)
