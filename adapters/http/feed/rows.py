"""The feed's rows out of the views' tables, and out of the log for what was seen before."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool

from adapters.http.feed.source import Changes, Marks, Rows
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.queries import LARGEST_PAGE, Page, Queries
from adapters.storage.postgres.views import MESSAGES
from domain.access import Scope
from domain.chat.state import Chat
from domain.entities import evolve
from domain.errors import NotFound
from domain.values import ChatId, OperatorId, Role, split_stream, stream_of
from projections.filter_holds import Facts
from projections.filter_parsing import UnreadableFilter
from projections.filter_tree import NOTHING, Needs, Tree
from projections.filters import ChatFilter, PatienceOf
from projections.items import Item, message_item

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_MARKS: Final = SQL("""
SELECT
    (SELECT coalesce(max(changed), 0) FROM {schema}.operators),
    (SELECT coalesce(max(changed), 0) FROM {schema}.seats),
    greatest(
        (SELECT max(changed) FROM {schema}.groups),
        (SELECT max(changed) FROM {schema}.settings), 0),
    greatest(
        (SELECT max(changed) FROM {schema}.filters),
        (SELECT max(changed) FROM {schema}.fields),
        (SELECT max(changed) FROM {schema}.tags), 0)
""").format(schema=SQL(SCHEMA))
_SAID: Final = SQL(
    "SELECT {columns} FROM {table} WHERE chat_id = %s AND changed > %s ORDER BY changed"
).format(columns=MESSAGES.select_list(), table=MESSAGES.table())
_EVENTS: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE originator_id = ANY(%s) ORDER BY originator_id, originator_version
"""
_EVERYTHING: Final = Scope(OperatorId(""), Role.ADMINISTRATOR)


class ViewRows:
    """Implements `source.Source` over PostgreSQL."""

    def __init__(self, queries: Queries, pool: Pool, mapper: EventMapper) -> None:
        self._queries: Final = queries
        self._pool: Final = pool
        self._mapper: Final = mapper

    async def position(self) -> int:
        return await self._queries.position()

    async def changes(self, after: int, limit: int) -> Changes:
        found = await self._queries.changed_since(after, limit)
        return Changes(found.items, found.up_to, found.position)

    async def marks(self) -> Marks:
        async with self._pool.connection() as connection:
            rows = await connection.execute(_MARKS)
            row = await rows.fetchone()
        assert row is not None
        return Marks(*row)

    async def patience(self) -> PatienceOf:
        return await self._queries.patience()

    async def chats(self, scope: Scope, chats: ChatFilter, most: int) -> Rows:
        page = await self._queries.chats(scope, chats, limit=LARGEST_PAGE)
        items = {item["id"]: item for item in page.items}
        while page.next_cursor is not None and len(items) < most:
            cursor = page.next_cursor
            page = await self._queries.chats(scope, chats, cursor=cursor, limit=LARGEST_PAGE)
            items |= {item["id"]: item for item in page.items}
        return Rows(list(items.values()), page.next_cursor)

    async def chat(self, scope: Scope, chat_id: str) -> Item | None:
        return await self._queries.chat(scope, chat_id)

    async def messages(self, chat_id: str, most: int) -> Rows:
        items: dict[int, Item] = {}
        cursor = None
        while len(items) < most:
            page = await self._message_page(chat_id, cursor)
            items |= {item["seq"]: item for item in page.items}
            cursor = page.next_cursor
            if cursor is None:
                break
        return Rows(list(items.values()), cursor)

    async def _message_page(self, chat_id: str, cursor: str | None) -> Page:
        page = await self._queries.messages(_EVERYTHING, chat_id, cursor=cursor, limit=LARGEST_PAGE)
        return page or Page([], None, 0)

    async def messages_since(self, chat_id: str, after: int) -> Sequence[Item]:
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_SAID, (chat_id, after))
            return [message_item(MESSAGES.read(values)) for values in await cursor.fetchall()]

    async def operators(self) -> Rows:
        return Rows((await self._queries.operators()).items)

    async def counts(self, scope: Scope, tabs: Mapping[str, Tree] | None = None) -> Item:
        return await self._queries.counts(scope, tabs=tabs)

    async def tree(self, asker: Scope, filter_: str | None, tab: str | None) -> Tree:
        try:
            return await self._queries.tree(asker, filter_, tab) or NOTHING
        except (UnreadableFilter, NotFound):
            return NOTHING

    async def trees(self, asker: Scope) -> dict[str, Tree]:
        return await self._queries.tab_trees(asker)

    async def facts(self, chats: Sequence[str], needs: Needs) -> Mapping[str, Facts]:
        return await self._queries.facts(chats, needs)

    async def stood(self, chat_ids: Iterable[str], since: int) -> Mapping[str, Sequence[Chat]]:
        streams = [stream_of("chat", chat_id) for chat_id in chat_ids]
        stood: dict[str, list[Chat]] = {}
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_EVENTS, (streams,))
            async for row in cursor:
                recorded = self._mapper.decode(*row)
                chat_id = split_stream(recorded.stream)[1]
                states = stood.setdefault(chat_id, [Chat(ChatId(chat_id))])
                after = evolve(recorded.stream, states[-1], recorded.event)
                assert isinstance(after, Chat)
                if recorded.position <= since:
                    states.pop()
                states.append(after)
        return stood
