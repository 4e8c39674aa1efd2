"""The route by which an operator's program says that he looks at a chat, or writes in it."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from adapters.http.feed.passing import Mode, Passing, Sign, State
from adapters.http.parts import AppParts, Looking
from domain.errors import NotFound
from domain.values import ChatId


class Looks(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: State
    """What is true for 30 seconds (viewing) or 6 (typing); to be said again before that."""
    mode: Mode | None = None
    """What is being written."""


class Until(BaseModel):
    until: datetime
    """When colleagues take it for over."""


def routes(parts: AppParts, passing: Passing) -> APIRouter:
    router = APIRouter(prefix="/v1/chats/{chat_id}", tags=["live"])

    @router.post("/presence")
    async def say_presence(viewer: Looking, chat_id: ChatId, body: Looks) -> Until:
        """Tell colleagues who have the chat's messages open; nothing of it is stored."""
        if await parts.queries.chat(viewer.scope, chat_id) is None:
            raise NotFound("chat", chat_id)
        sign = Sign(
            chat=chat_id,
            operator=viewer.id,
            name=viewer.operator.name,
            state=body.state,
            mode=body.mode,
        )
        return Until(until=await passing.tell(sign))

    return router
