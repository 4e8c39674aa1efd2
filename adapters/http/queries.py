"""What people read: lists, counts, one chat and what was said and done in it."""

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response

from adapters.http.abilities import reply_until
from adapters.http.explaining import Explaining
from adapters.http.history import LARGEST_PAGE, History
from adapters.http.parts import AppParts, Reading
from adapters.http.past import AsOf, PastAnswers, SeenBy
from adapters.http.problems import Problem
from adapters.storage.postgres.queries import PAGE, Page
from domain.errors import NotFound
from domain.values import ChatId
from domain.variables import protocol
from projections.filter_parsing import LONGEST
from projections.filters import ChatFilter, Listed
from projections.items import Item

Cursor = Annotated[str | None, Query(max_length=400)]
Limit = Annotated[int, Query(ge=1, le=200)]
Word = Annotated[str | None, Query(max_length=100)]
Filter = Annotated[str | None, Query(alias="filter", max_length=LONGEST)]
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
    queries, history = parts.queries, History(parts.pool, parts.opening or parts.mapper)
    explaining = Explaining(parts.pool, queries, parts.mapper)
    past = PastAnswers(parts)

    async def visible(viewer: Reading, chat_id: ChatId) -> Item:
        if not viewer.scope.sees_all:
            await queries.settle(chat_id)
        item = await queries.chat(viewer.scope, chat_id)
        if item is None:
            raise NotFound("chat", chat_id)
        parts.looks.at_chat(viewer, item)
        return item

    def about(item: Item) -> Item:
        """Return what one chat's answer tells besides its item."""
        opened_at = datetime.fromisoformat(item["opened_at"])
        return {
            "reply_until": reply_until(parts.channels, item),
            "protocol": protocol(item["id"], opened_at),
        }

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
        filter_: Filter = None,
        tab: Word = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
        as_of: AsOf = None,
        seen_by: SeenBy = None,
    ) -> Response:
        """
        Return a page of a list, in its order (V11); with `as_of`, as it was then (A2).

        `filter` is a filter as JSON, `tab` the id of a saved one; all that is given must hold.
        """
        wanted = ChatFilter(
            section=section,
            operator=(seen_by or viewer.id) if operator == "me" else operator,
            group=group,
            channel=channel,
            client=client,
            tag=tag,
            search=q,
            tree=await queries.tree(viewer.scope, filter_, tab),
        )
        if as_of is not None:
            then, moment = await past.chats(viewer, wanted, as_of, seen_by, cursor, limit)
            return page(then, as_of=moment)
        return page(await queries.chats(viewer.scope, wanted, cursor=cursor, limit=limit))

    @router.get("/counts")
    async def count_chats(
        viewer: Reading,
        operator: Word = None,
        group: Word = None,
        channel: Word = None,
        tag: Word = None,
        q: Words = None,
        filter_: Filter = None,
        tab: Word = None,
        as_of: AsOf = None,
        seen_by: SeenBy = None,
    ) -> Response:
        """
        Return how many chats each list holds, or held: exact to 1,000, then `1000+` (V11).

        What is given narrows the lists; without `as_of`, `tabs` has the count of each saved
        filter for itself, as of now.
        """
        wanted = ChatFilter(
            operator=(seen_by or viewer.id) if operator == "me" else operator,
            group=group,
            channel=channel,
            tag=tag,
            search=q,
            tree=await queries.tree(viewer.scope, filter_, tab),
        )
        if as_of is not None:
            return json(await past.counts(viewer, wanted, as_of, seen_by))
        scope = viewer.scope
        return json(await queries.counts(scope, wanted, tabs=await queries.tab_trees(scope)))

    @router.get("/chats/{chat_id}")
    async def get_chat(viewer: Reading, chat_id: ChatId, as_of: AsOf = None) -> Response:
        """
        Return one chat; its ETag is the version that `If-Match` takes.

        With `as_of`, as it was: whoever sees it now may read all of its history.
        """
        item = await visible(viewer, chat_id)
        if as_of is not None:
            then = await past.chat(chat_id, as_of)
            return json(then | about(then))
        return json(item | about(item), ETag=f'"{item["version"]}"')

    @router.get("/chats/{chat_id}/messages")
    async def list_messages(
        viewer: Reading,
        chat_id: ChatId,
        q: Words = None,
        cursor: Cursor = None,
        limit: Limit = 200,
        as_of: AsOf = None,
    ) -> Response:
        """
        Return messages, comments and transfers in order; with `as_of`, as they stood then.

        With `q`, those that say it, with the places in their `text` (`hits`), and how many
        there are in the whole chat (`found`).
        """
        item = await visible(viewer, chat_id)
        if as_of is not None:
            then, moment = await past.messages(chat_id, as_of, cursor, q, limit)
            said = {} if then.found is None else {"found": then.found}
            return page(then, as_of=moment, **said)
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
