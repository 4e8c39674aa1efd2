"""Acts of people on chats: one route each, handed to the desk in the name of who asks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.params import Depends as Dependency

from adapters.http import bodies as b
from adapters.http.acts import AsSeen, Reply
from adapters.http.answers import Answers, demand
from adapters.http.auth import Viewer
from adapters.http.history import History
from adapters.http.parts import AppParts, Asking, IdempotencyKey, IfMatch
from adapters.http.problems import Problem
from domain.acts import Assign, Transfer, ask_chat
from domain.chat import commands as c
from domain.chat.events import ReopenReason
from domain.content import Text
from domain.errors import AlreadyAssigned, ChatMovedOn, NotFound
from domain.group import NobodyOnline
from domain.ports import Act
from domain.routing import Reason
from domain.values import ChannelAccountId, ChatId, GroupId, Meta, OperatorId, stream_of

Json = dict[str, Any]

_LOST_RACE: Final = timedelta(seconds=10)
"""For so long after a pull the slower ones are told who was quicker; then it is not theirs to know."""


class ChatActs:
    """Hands acts on chats in, as seen by who asks."""

    def __init__(self, parts: AppParts, answers: Answers) -> None:
        self._parts: Final = parts
        self._answers: Final = answers
        self._history: Final = History(parts.pool)

    def window_of(self, account_id: ChannelAccountId) -> timedelta | None:
        """Return for how long a channel takes free answers; None for ever (M10)."""
        connected = self._parts.channels.by_id(account_id)
        return None if connected is None else connected.adapter.capabilities().reply_window

    async def submit(
        self,
        viewer: Viewer,
        chat_id: ChatId,
        act: Act,
        *,
        if_match: str | None = None,
        gives_seq: bool = False,
        is_pull: bool = False,
    ) -> Json:
        """Return `{position, version}`, and `seq` where the act gave one; raise its refusal."""
        demand(viewer, "act")
        seen = AsSeen(act, chat_id, viewer.scope, _version(if_match), is_pull)
        try:
            receipt = await self._parts.desk.submit(seen)
        except ChatMovedOn as error:
            new = await self._history.events(chat_id, error.seen)
            raise Problem(
                412, "chat_moved_on", seen=error.seen, version=error.version, new=new
            ) from None
        except AlreadyAssigned:
            if not await self._may_know(viewer, chat_id):
                raise NotFound("chat", chat_id) from None
            raise
        if receipt.stream is None:
            return await self._answers.as_it_was(stream_of("chat", chat_id))
        answer: Json = {"position": receipt.position, "version": receipt.version}
        return answer | ({"seq": receipt.number} if gives_seq else {})

    async def _may_know(self, viewer: Viewer, chat_id: str) -> bool:
        """Return whether somebody who was too slow may be told so."""
        if viewer.scope.sees_all:
            return True
        if await self._parts.queries.chat(viewer.scope, chat_id) is not None:
            return True
        given = await self._history.assignments(chat_id, {})
        at = datetime.fromisoformat(given[-1]["at"]) if given else datetime.min.replace(tzinfo=UTC)
        return datetime.now(UTC) - at < _LOST_RACE

    async def check_group(self, viewer: Viewer, group_id: str) -> None:
        """Raise a problem where a group takes no chats while nobody is there (R9)."""
        groups = (await self._parts.queries.groups()).items
        group = next((g for g in groups if g["id"] == group_id), None)
        if group is None or group["on_nobody_online"] != NobodyOnline.REFUSE:
            return
        for seat in await self._parts.queries.seats():
            is_there = seat.presence == "online" and group_id in seat.groups
            if is_there and seat.load < seat.capacity and seat.operator_id != viewer.id:
                return
        raise Problem(409, "nobody_online", group_id=group_id)


def _version(if_match: str | None) -> int | None:
    """Return the version that an `If-Match` header names; None for any."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 18:  # noqa: PLR2004  (digits of the largest version)
        raise Problem(400, "malformed")
    return int(text)


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/chats/{chat_id}", tags=["chats"])
    acts = ChatActs(parts, answers)

    async def ask(
        request: Request,
        viewer: Viewer,
        key: str | None,
        chat_id: ChatId,
        command: c.ChatCommand,
        **how: Any,
    ) -> Json:
        once = await answers.once(request, viewer, key)
        act = ask_chat(chat_id, command, answers.meta(viewer, once), once.identity)
        return await acts.submit(viewer, chat_id, _printed(act, once.fingerprint), **how)

    @router.post("/messages", status_code=201)
    async def send_message(
        request: Request,
        viewer: Asking,
        chat_id: ChatId,
        body: b.NewMessage,
        key: IdempotencyKey = None,
        if_match: IfMatch = None,
    ) -> Json:
        """Answer the client. It is recorded, then sent; its state says what became of it (M6)."""
        once = await answers.once(request, viewer, key)
        command = c.SendMessage(
            message_id=uuid4().hex,
            operator_id=viewer.operator.id,
            parts=(Text(text=body.text),),
            reply_to=body.reply_to,
        )
        meta = answers.meta(viewer, once)
        act = Reply(chat_id, command, acts.window_of, meta, once.identity, once.fingerprint)
        return await acts.submit(viewer, chat_id, act, if_match=if_match, gives_seq=True)
