"""What people read: lists, counts, one chat and what was said and done in it."""

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response

from adapters.http.abilities import reply_until
from adapters.http.explaining import Explaining
from adapters.http.history import LARGEST_PAGE, History
from adapters.http.parts import AppParts, Reading
from adapters.http.problems import Problem
from adapters.storage.postgres.queries import PAGE, Page
from domain.errors import NotFound
from domain.values import ChatId
from domain.variables import protocol
from projections.filters import ChatFilter, Listed
from projections.items import Item

Cursor = Annotated[str | None, Query(max_length=400)]
Limit = Annotated[int, Query(ge=1, le=200)]
Word = Annotated[str | None, Query(max_length=100)]
Words = Annotated[str | None, Query(max_length=200)]


def json(value: Any, **headers: str) -> Response:
    """Return an answer as it is: what the views hold is ready for JSON."""
    return Response(orjson.dumps(value), media_type="application/json", headers=headers)


def page(found: Page, /, **more: Any) -> Response:
    """Return an answer of items, and what more there is to say about all of them."""
    answer = {"items": found.items, "next_cursor": found.next_cursor, "position": found.position}
    return json(answer | more)


def routes(parts: AppParts) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["chats"])
    queries, history = parts.queries, History(parts.pool)
    explaining = Explaining(parts.pool, queries, parts.mapper)

    async def visible(viewer: Reading, chat_id: ChatId) -> Item:
        if not viewer.scope.sees_all:
            await queries.settle(chat_id)
        item = await queries.chat(viewer.scope, chat_id)
        if item is None:
            raise NotFound("chat", chat_id)
        return item

    @router.get("/chats")
    async def list_chats(
        viewer: Reading,
        section: Listed = Listed.ALL,
        operator: Word = None,
        group: Word = None,
        channel: Word = None,
        client: Word = None,
        tag: Word = None,
        q: Words = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> Response:
        """Return a page of a list, in its order (V11)."""
        wanted = ChatFilter(
            section=section,
            operator=viewer.id if operator == "me" else operator,
            group=group,
            channel=channel,
            client=client,
            tag=tag,
            search=q,
        )
        return page(await queries.chats(viewer.scope, wanted, cursor=cursor, limit=limit))

    @router.get("/counts")
    async def count_chats(
        viewer: Reading,
        operator: Word = None,
        group: Word = None,
        channel: Word = None,
        tag: Word = None,
        q: Words = None,
    ) -> Response:
        """Return how many chats each list holds: exact to 1,000, then `1000+` (V11)."""
        wanted = ChatFilter(
            operator=viewer.id if operator == "me" else operator,
            group=group,
            channel=channel,
            tag=tag,
            search=q,
        )
        return json(await queries.counts(viewer.scope, wanted))

    @router.get("/chats/{chat_id}")
    async def get_chat(viewer: Reading, chat_id: ChatId) -> Response:
        """Return one chat; its ETag is the version that `If-Match` takes."""
        item = await visible(viewer, chat_id)
        opened_at = datetime.fromisoformat(item["opened_at"])
        about = {
            "reply_until": reply_until(parts.channels, item),
            "protocol": protocol(chat_id, opened_at),
        }
        return json(item | about, ETag=f'"{item["version"]}"')

    @router.get("/chats/{chat_id}/messages")
    async def list_messages(
        viewer: Reading,
        chat_id: ChatId,
        q: Words = None,
        cursor: Cursor = None,
        limit: Limit = 200,
    ) -> Response:
        """
        Return messages, comments and transfers in order.

        With `q`, those that say it, with the places in their `text` (`hits`), and how many
        there are in the whole chat (`found`).
        """
        item = await visible(viewer, chat_id)
        found = await queries.messages(viewer.scope, chat_id, cursor=cursor, q=q, limit=limit)
        if found is None:
            raise NotFound("chat", chat_id)
        counted = {} if found.found is None else {"found": found.found}
        return page(found, reply_until=reply_until(parts.channels, item), **counted)

    @router.get("/chats/{chat_id}/history")
    async def list_events(
        viewer: Reading,
        chat_id: ChatId,
        cursor: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = LARGEST_PAGE,
    ) -> Response:
        """Return all that happened in a chat, by whom and why (A1)."""
        await visible(viewer, chat_id)
        events = await history.events(chat_id, version_after(cursor), limit)
        last = f"{events[-1]['version']}" if len(events) == limit else None
        position = await queries.position()
        return json({"items": events, "next_cursor": last, "position": position})

    @router.get("/chats/{chat_id}/assignments")
    async def list_assignments(viewer: Reading, chat_id: ChatId) -> Response:
        """Return whom a chat was given to and why him; of a New one, why nobody has it (R12)."""
        await visible(viewer, chat_id)
        names = {o["id"]: o["name"] for o in (await queries.operators()).items}
        items = await history.assignments(chat_id, names)
        return json({"items": items, "nobody": await explaining.nobody(chat_id, names)})

    return router


def version_after(cursor: str | None) -> int:
    """Return the version that a page of a history begins after."""
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 18:  # noqa: PLR2004  (digits of the largest version)
        raise Problem(400, "malformed")
    return int(cursor)
