"""Drafts and preferences: an operator's own, on the server and outside the log."""

from typing import Any, Final

import orjson
from fastapi import APIRouter
from pydantic import Field

from adapters.http.answers import demand
from adapters.http.auth import Viewer
from adapters.http.bodies import Body, Id, Text
from adapters.http.parts import AppParts, Asking, Looking, Reading
from adapters.http.problems import Problem
from adapters.storage.postgres.own_things import Draft, Mode, OwnThings
from domain.errors import NotFound
from domain.values import ChatId
from projections.items import stamp

Json = dict[str, Any]

MOST_PREFERENCES: Final = 64 * 1024
"""Bytes, as JSON."""
_NONE: Final[Json] = {"text": "", "attachments": [], "at": None}


class DraftText(Body):
    text: Text = ""
    attachments: list[Id] = Field(default=[], max_length=10)


def routes(parts: AppParts, own: OwnThings) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["me"])
    _add_drafts(router, parts, own)

    @router.get("/me/drafts")
    async def list_drafts(viewer: Asking) -> Json:
        """Return what one has begun to write, the latest first; nobody else can read it."""
        return {"items": [{**_item(one), **_place(one)} for one in await own.drafts(viewer.id)]}

    @router.get("/me/preferences")
    async def get_preferences(viewer: Asking) -> Json:
        """Return what the panel keeps for oneself."""
        return await own.preferences(viewer.id)

    @router.put("/me/preferences", status_code=204)
    async def set_preferences(viewer: Looking, preferences: Json) -> None:
        """Keep any JSON object of up to 64 KB in the place of the last one."""
        try:
            kept = orjson.dumps(preferences)
        except orjson.JSONEncodeError as error:
            # Numbers beyond 64 bits, and halves of characters.
            problem = {"pointer": "", "detail": str(error)}
            raise Problem(422, "invalid", errors=[problem]) from None
        if len(kept) > MOST_PREFERENCES:
            raise Problem(413, "too_large")
        await own.prefer(viewer.id, kept)

    return router


def _add_drafts(router: APIRouter, parts: AppParts, own: OwnThings) -> None:
    async def check(viewer: Viewer, chat_id: ChatId) -> None:
        if await parts.queries.chat(viewer.scope, chat_id) is None:
            raise NotFound("chat", chat_id)

    @router.get("/chats/{chat_id}/drafts/{mode}")
    async def get_draft(viewer: Reading, chat_id: ChatId, mode: Mode) -> Json:
        """Return what one has begun to write in a chat; empty where that is nothing."""
        await check(viewer, chat_id)
        found = (one for one in await own.drafts(viewer.id, chat_id) if one.mode == mode)
        return next((_item(one) for one in found), _NONE)

    @router.put("/chats/{chat_id}/drafts/{mode}")
    async def keep_draft(viewer: Reading, chat_id: ChatId, mode: Mode, body: DraftText) -> Json:
        """Keep what one has begun to write; nothing at all forgets it."""
        demand(viewer, "act")
        await check(viewer, chat_id)
        if not body.text and not body.attachments:
            await own.drop(viewer.id, chat_id, mode)
            return _NONE
        at = await own.keep(viewer.id, chat_id, mode, body.text, body.attachments)
        return _item(Draft(chat_id, mode, body.text, body.attachments, at))

    @router.delete("/chats/{chat_id}/drafts/{mode}", status_code=204)
    async def drop_draft(viewer: Reading, chat_id: ChatId, mode: Mode) -> None:
        """Forget what one has begun to write; sending it does so, too."""
        demand(viewer, "act")
        await check(viewer, chat_id)
        await own.drop(viewer.id, chat_id, mode)


def _item(draft: Draft) -> Json:
    return {"text": draft.text, "attachments": draft.attachments, "at": stamp(draft.at)}


def _place(draft: Draft) -> Json:
    return {"chat": draft.chat_id, "mode": draft.mode}
