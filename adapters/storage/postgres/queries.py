"""
What people look at, read from the views. Every list is of one instant, and says of which
position; nothing is returned that the caller may not see (V13).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from adapters.storage.postgres import catalog_items as catalog
from adapters.storage.postgres import client_items
from adapters.storage.postgres.asking import asked
from adapters.storage.postgres.changes import Changes, chats_changed
from adapters.storage.postgres.chat_items import fetch, parameters, select_chats, shown
from adapters.storage.postgres.chat_lists import cursor_after, page_of, start_after
from adapters.storage.postgres.columns import CHECKPOINTS
from adapters.storage.postgres.conditions import asks_for_lateness, conditions, inbox_query
from adapters.storage.postgres.counting import counted
from adapters.storage.postgres.facts import facts as read_facts
from adapters.storage.postgres.limits import late_limits, patience_in_force
from adapters.storage.postgres.message_items import message_page, messages_from
from adapters.storage.postgres.narrowing import narrowed
from adapters.storage.postgres.searching import Found, search
from adapters.storage.postgres.tabs import catalogue
from adapters.storage.postgres.tabs import tabs as saved_tabs
from domain.access import Scope
from domain.errors import NotFound
from domain.routing import Seat
from domain.values import Timestamp, stream_of
from projections.filter_holds import Facts
from projections.filter_parsing import parse_filter
from projections.filter_tree import AllOf, Needs, Tree
from projections.filters import BY_CLOCK, EVERYTHING, ChatFilter, PatienceOf
from projections.items import Item

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

PAGE: Final = 50
LARGEST_PAGE: Final = 200

_SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_POSITION: Final = (
    SQL("SELECT position FROM {} WHERE name = 'views'").format(CHECKPOINTS).as_bytes()
)

_LAST_OF: Final = b"""
SELECT notification_id FROM recado_events WHERE originator_id = %(stream)s
ORDER BY originator_version DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list, as of one position."""

    items: list[Item]
    next_cursor: str | None
    position: int
    found: int | None = None
    """Of a search within a chat: how many messages there are in all that say it."""


class ViewsAreBehind(Exception):
    """The views did not reach the position asked for in time."""

    def __init__(self, position: int, reached: int) -> None:
        super().__init__(f"the views are at {reached}, not yet at {position}")
        self.position = position
        self.reached = reached


class Queries:
    """Reads the views over a pool of connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool: Final = pool

    async def position(self) -> int:
        """Return the last position that the views hold."""
        async with self._pool.connection() as connection:
            return await _position(connection)

    async def wait_for(self, position: int, timeout: float) -> int:  # noqa: ASYNC109  (its caller tells how long)
        """
        Return the views' position once it is at least `position`: read your own writes.

        Raises `ViewsAreBehind` when it is not within `timeout` seconds.
        """
        give_up = monotonic() + timeout
        pause = 0.002
        while (reached := await self.position()) < position:
            if monotonic() > give_up:
                raise ViewsAreBehind(position, reached)
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.05)
        return reached

    async def settle(self, chat_id: str, timeout: float = 1.0) -> None:  # noqa: ASYNC109  (as above)
        """
        Return once the views hold all that has happened to a chat, or after `timeout` seconds.

        Who has just lost sight of it is to be told nothing more of it (V13).
        """
        async with self._pool.connection() as connection:
            rows = await fetch(connection, _LAST_OF, {"stream": stream_of("chat", chat_id)})
        if rows:
            with suppress(ViewsAreBehind):
                await self.wait_for(int(rows[0][0]), timeout)

    async def chats(
        self,
        scope: Scope,
        chats: ChatFilter,
        *,
        cursor: str | None = None,
        limit: int = PAGE,
        now: Timestamp | None = None,
    ) -> Page:
        """
        Return a page of a list in its order (V11); `now` is None for the database's clock.

        Raises `UnreadableCursor` for a cursor of a list in another order.
        """
        limit = max(1, min(limit, LARGEST_PAGE))
        found = conditions(chats, scope)
        if cursor is not None:
            start_after(found, chats.section, cursor)
        async with self._snapshot() as (connection, position):
            found.join(await narrowed(connection, chats, scope, now))
            values = parameters(now, **found.values)
            if asks_for_lateness(chats):
                values |= await late_limits(connection, now)
            rows = await fetch(connection, page_of(found, chats.section, limit + 1), values)
        by_clock = chats.section in BY_CLOCK
        listed = [shown(values, by_clock=by_clock) for values in rows]
        more = len(listed) > limit
        last = listed[limit - 1].order if more else ()
        items = [one.item for one in listed[:limit]]
        return Page(items, cursor_after(chats.section, last) if more else None, position)

    async def chat(self, scope: Scope, chat_id: str, now: Timestamp | None = None) -> Item | None:
        """Return one chat; None where there is none that the caller may see."""
        async with self._snapshot() as (connection, _):
            return await _chat(connection, scope, chat_id, now)

    async def counts(
        self,
        scope: Scope,
        chats: ChatFilter = EVERYTHING,
        now: Timestamp | None = None,
        tabs: Mapping[str, Tree] | None = None,
    ) -> Item:
        """
        Return how many chats each list holds: exact up to 1,000, then `"1000+"` (V11, S18).

        The filter's own section is not looked at. `tabs`, where there are any, are counted
        each for itself, under the same name in the answer, by their ids.
        """
        async with self._snapshot() as (connection, position):
            counts = await counted(connection, scope, chats, now, tabs)
        return counts | {"position": position}

    async def tree(self, viewer: Scope, filter_: str | None, tab: str | None) -> Tree | None:
        """
        Return what a filter and a tab ask together, as somebody asks it; None for neither.

        Raises `UnreadableFilter`, and `NotFound` for a tab that he does not have.
        """
        if filter_ is None and tab is None:
            return None
        async with self._snapshot() as (connection, _):
            there = await catalogue(connection)
            asked: list[Tree] = []
            if filter_ is not None:
                asked.append(parse_filter(filter_, there, viewer.operator_id))
            if tab is not None:
                found = await saved_tabs(connection, viewer, tab)
                if not found:
                    raise NotFound("filter", tab)
                asked.append(found[0].read(there, viewer.operator_id)[0])
        return asked[0] if len(asked) == 1 else AllOf(tuple(asked))

    async def tabs(self, viewer: Scope) -> Page:
        """Return the tabs that somebody has, in his order, each with what is wrong with it."""
        async with self._snapshot() as (connection, position):
            there = await catalogue(connection)
            tabs = await saved_tabs(connection, viewer)
            items = [tab.item(there, viewer, order) for order, tab in enumerate(tabs)]
            return Page(items, None, position)

    async def tab_trees(self, viewer: Scope) -> dict[str, Tree]:
        """Return what each of somebody's tabs asks, by its id, in his order."""
        async with self._snapshot() as (connection, _):
            there = await catalogue(connection)
            tabs = await saved_tabs(connection, viewer)
            return {tab.row.id: tab.read(there, viewer.operator_id)[0] for tab in tabs}

    async def facts(self, chats: Sequence[str], needs: Needs) -> dict[str, Facts]:
        """Return what a filter needs to know of chats besides their items, by their ids."""
        async with self._snapshot() as (connection, _):
            return await read_facts(connection, chats, needs)

    async def messages(
        self,
        scope: Scope,
        chat_id: str,
        *,
        cursor: str | None = None,
        q: str | None = None,
        limit: int = PAGE,
    ) -> Page | None:
        """
        Return messages, comments and transfers in the provider's order (M5); None for no chat.

        With `q`, those that say all its words, file names and comments included (T2).
        """
        limit = max(1, min(limit, LARGEST_PAGE))
        async with self._snapshot() as (connection, position):
            if await _chat(connection, scope, chat_id) is None:
                return None
            said = await message_page(connection, chat_id, cursor, q, limit)
            return Page(said.items, said.next_cursor, position, said.found)

    async def messages_from(self, scope: Scope, chat_id: str, seq: int) -> list[Item]:
        """Return what was said in a chat from a seq on; nothing where it cannot be seen."""
        async with self._snapshot() as (connection, _):
            if await _chat(connection, scope, chat_id) is None:
                return []
            return await messages_from(connection, chat_id, seq, LARGEST_PAGE)

    async def operators(self) -> Page:
        """Return all operators, with presence and load."""
        return await self._all(catalog.operators)

    async def groups(self) -> Page:
        """Return all groups, with how many of their operators are online and what they carry."""
        return await self._all(catalog.groups)

    async def channels(self) -> Page:
        return await self._all(catalog.channels)

    async def seats(self) -> list[Seat]:
        """Return every active operator's `domain.routing.Seat`."""
        async with self._snapshot() as (connection, _):
            return await catalog.seats(connection)

    async def patience(self) -> PatienceOf:
        """Return the patience in force in each group (V3, V5)."""
        async with self._snapshot() as (connection, _):
            return await patience_in_force(connection)

    async def settings(self) -> Item:
        """Return the account's settings, the defaults where none were given."""
        async with self._snapshot() as (connection, _):
            return await catalog.settings(connection)

    async def clients(
        self,
        q: str | None = None,
        *,
        cursor: str | None = None,
        limit: int = PAGE,
        sees_documents: bool = True,
    ) -> Page:
        """Return clients by name, those whose record holds all words of `q` (C3)."""
        limit = max(1, min(limit, LARGEST_PAGE))
        async with self._snapshot() as (connection, position):
            items, next_cursor = await client_items.clients(
                connection, q, cursor, limit, sees_documents=sees_documents
            )
            return Page(items, next_cursor, position)

    async def client(self, client_id: str) -> Item | None:
        async with self._snapshot() as (connection, _):
            return await client_items.client(connection, client_id)

    async def fields(self) -> Page:
        """Return the fields of the client's record that the company defined."""
        return await self._all(client_items.fields)

    async def search(self, scope: Scope, q: str, *, limit: int = PAGE) -> Item:
        """Return clients, chats and messages that hold all words of `q`, the best first (T2)."""
        limit = max(1, min(limit, LARGEST_PAGE))
        question = asked(q)
        async with self._snapshot() as (connection, position):
            found = Found([], [], [])
            if question.words:
                found = await search(connection, scope, question, limit)
            return {
                "clients": found.clients,
                "chats": found.chats,
                "messages": found.messages,
                "position": position,
            }

    async def tallies(self) -> Page:
        """Return the recorded counts of the account, of every group and every operator."""
        return await self._all(catalog.tallies)

    async def changed_since(self, after: int, limit: int = 1_000) -> Changes:
        """
        Return chats that changed after a position, as they are now, in the order of it.

        About `limit` of them: a rename changes all chats that show the name at once.
        """
        async with self._pool.connection() as connection:
            return await chats_changed(connection, after, limit)

    async def _all(self, read: catalog.Read) -> Page:
        async with self._snapshot() as (connection, position):
            return Page(await read(connection), None, position)

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[tuple[AsyncConnection[TupleRow], int]]:
        """Yield a connection that sees one instant from beginning to end, and its position."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_SNAPSHOT)
            # First of all: whoever puts rebuilt tables in place waits for who has read this.
            yield connection, await _position(connection)


async def _position(connection: AsyncConnection[TupleRow]) -> int:
    rows = await fetch(connection, _POSITION, {})
    return int(rows[0][0])


async def _chat(
    connection: AsyncConnection[TupleRow],
    scope: Scope,
    chat_id: str,
    now: Timestamp | None = None,
) -> Item | None:
    found = conditions(EVERYTHING, scope)
    found.add(SQL("c.chat_id = %(chat)s"), chat=chat_id)
    statement = select_chats(inbox_query(found))
    rows = await fetch(connection, statement, parameters(now, **found.values))
    return shown(rows[0]).item if rows else None
