"""One chat: how it stands, what was said and done in it, and who got it why."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from adapters.http.abilities import reply_until
from adapters.http.auth import Viewer
from adapters.http.explaining import Explaining
from adapters.http.history import LARGEST_PAGE, History
from adapters.http.pages import Cursor, Limit, Words, json, page, version_after
from adapters.http.parts import AppParts, Reading
from adapters.http.past import AsOf, PastAnswers
from domain.errors import NotFound
from domain.values import ChatId
from domain.variables import protocol
from projections.items import Item


def routes(parts: AppParts, past: PastAnswers) -> APIRouter:
    router = APIRouter(prefix="/v1/chats", tags=["chats"])
    chats = _Chats(parts)
    _add_reading(router, chats, past)
    _add_happenings(router, chats, parts)
    return router


class _Chats:
    """The chats that each may see."""

    def __init__(self, parts: AppParts) -> None:
        self.queries: Final = parts.queries
        self._channels: Final = parts.channels
        self._looks: Final = parts.looks

    async def seen(self, viewer: Viewer, chat_id: ChatId) -> Item:
        """Return a chat, noting who looked; raise `NotFound`, also for one he may not see."""
        if not viewer.scope.sees_all:
            await self.queries.settle(chat_id)
        item = await self.queries.chat(viewer.scope, chat_id)
        if item is None:
            raise NotFound("chat", chat_id)
        self._looks.at_chat(viewer, item)
        return item

    def about(self, item: Item) -> Item:
        """Return what one chat's answer tells besides its item."""
        opened_at = datetime.fromisoformat(item["opened_at"])
        return {"reply_until": self.reply_until(item), "protocol": protocol(item["id"], opened_at)}

    def reply_until(self, item: Item) -> str | None:
        return reply_until(self._channels, item)


def _add_reading(router: APIRouter, chats: _Chats, past: PastAnswers) -> None:
    @router.get("/{chat_id}")
    async def get_chat(viewer: Reading, chat_id: ChatId, as_of: AsOf = None) -> Response:
        """
        Return one chat; its ETag is the version that `If-Match` takes.

        With `as_of`, as it was: whoever sees it now may read all of its history.
        """
        item = await chats.seen(viewer, chat_id)
        if as_of is not None:
            then = await past.chat(chat_id, as_of)
            return json(then | chats.about(then))
        return json(item | chats.about(item), ETag=f'"{item["version"]}"')

    @router.get("/{chat_id}/messages")
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
        item = await chats.seen(viewer, chat_id)
        if as_of is not None:
            then, moment = await past.messages(chat_id, as_of, cursor, q, limit)
            said = {} if then.found is None else {"found": then.found}
            return page(then, as_of=moment, **said)
        found = await chats.queries.messages(viewer.scope, chat_id, cursor=cursor, q=q, limit=limit)
        if found is None:
            raise NotFound("chat", chat_id)
        counted = {} if found.found is None else {"found": found.found}
        return page(found, reply_until=chats.reply_until(item), **counted)


def _add_happenings(router: APIRouter, chats: _Chats, parts: AppParts) -> None:
    queries, history = parts.queries, History(parts.pool, parts.opening or parts.mapper)
    explaining = Explaining(parts.pool, queries, parts.mapper)

    @router.get("/{chat_id}/history")
    async def list_events(
        viewer: Reading,
        chat_id: ChatId,
        cursor: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = LARGEST_PAGE,
    ) -> Response:
        """Return all that happened in a chat, by whom and why (A1)."""
        await chats.seen(viewer, chat_id)
        events = await history.events(chat_id, version_after(cursor), limit)
        last = f"{events[-1]['version']}" if len(events) == limit else None
        position = await queries.position()
        return json({"items": events, "next_cursor": last, "position": position})

    @router.get("/{chat_id}/assignments")
    async def list_assignments(viewer: Reading, chat_id: ChatId) -> Response:
        """Return whom a chat was given to and why him; of a New one, why nobody has it (R12)."""
        await chats.seen(viewer, chat_id)
        names = {o["id"]: o["name"] for o in (await queries.operators()).items}
        items = await history.assignments(chat_id, names)
        return json({"items": items, "nobody": await explaining.nobody(chat_id, names)})
