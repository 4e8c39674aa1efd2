"""Acts of people on chats: one route each, handed to the desk in the name of who asks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from fastapi import APIRouter

from adapters.channels.capabilities import Capabilities
from adapters.http import bodies as b
from adapters.http.acts import AsSeen, Reply
from adapters.http.answers import Answers, Asked, AskedBy, demand
from adapters.http.auth import Viewer
from adapters.http.composing import composed, without_holes
from adapters.http.history import History
from adapters.http.parts import AppParts, IfMatch
from adapters.http.problems import Problem
from adapters.http.templates import usable
from adapters.storage.postgres.tool_items import Tools
from domain.acts import Assign, Transfer, ask_chat
from domain.chat import commands as c
from domain.chat.events import ReopenReason, WakeReason
from domain.content import Parts
from domain.errors import AlreadyAssigned, ChatMovedOn, NotFound
from domain.group import NobodyOnline
from domain.ports import Act
from domain.routing import Reason
from domain.tagging import GiveTags
from domain.values import (
    ChannelAccountId,
    ChatId,
    GroupId,
    OperatorId,
    Presence,
    TemplateId,
    stream_of,
)

Json = dict[str, Any]

_LOST_RACE: Final = timedelta(seconds=10)
"""For so long after a pull the slower ones are told who was quicker; after it, nothing."""
_LIKELIEST: Final = 20
"""Members of a group who are looked at before it is said that nobody can take a chat."""


class ChatActs:
    """Hands acts on chats in, as seen by who asks."""

    def __init__(self, parts: AppParts, answers: Answers) -> None:
        self._parts: Final = parts
        self._answers: Final = answers
        self._history: Final = History(parts.pool)
        self._tools: Final = Tools(parts.pool)

    def capabilities_of(self, account_id: ChannelAccountId) -> Capabilities | None:
        """Return what a channel account can carry; None where it is not connected now."""
        connected = self._parts.channels.by_id(account_id)
        return None if connected is None else connected.adapter.capabilities()

    async def composed(self, viewer: Viewer, chat_id: ChatId, body: b.NewMessage) -> Parts:
        """
        Return the parts of what is to be sent.

        Raises `NotFound` for another's file, `UnresolvedVariables` where it has holes (T3).
        """
        return await composed(
            self._parts, viewer, await without_holes(self._parts, viewer, chat_id, body)
        )

    async def template(self, viewer: Viewer, body: b.NewMessage) -> TemplateId | None:
        """Return the reply template that a message was written from; raise `NotFound`."""
        if body.reply_template is None:
            return None
        return (await usable(self._tools, viewer, body.reply_template)).row.id

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
        seen = AsSeen(act, chat_id, viewer.scope, version_of(if_match), is_pull)
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

    async def who_may_take(self, group_id: str) -> tuple[OperatorId, ...]:
        """
        Return who seems able to take a chat of a group that refuses those nobody can take (R9).

        The desk looks at each as he is; the likeliest are enough, so that it is quick.
        """
        groups = (await self._parts.queries.groups()).items
        group = next((g for g in groups if g["id"] == group_id), None)
        if group is None or group["on_nobody_online"] != NobodyOnline.REFUSE:
            return ()
        there = [
            (seat.load - seat.capacity, seat.operator_id)
            for seat in await self._parts.queries.seats()
            if seat.presence is Presence.ONLINE and group_id in seat.groups
        ]
        return tuple(operator_id for _, operator_id in sorted(there)[:_LIKELIEST])


def version_of(if_match: str | None) -> int | None:
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
    _add_talk(router, acts)
    _add_moves(router, acts)
    _add_notes(router, acts)
    return router


async def _ask(
    acts: ChatActs, asked: AskedBy, chat_id: ChatId, command: c.ChatCommand, **how: Any
) -> Json:
    act = ask_chat(chat_id, command, asked.meta, asked.identity)
    act = replace(act, fingerprint=asked.fingerprint)
    return await acts.submit(asked.viewer, chat_id, act, **how)


def _add_talk(router: APIRouter, acts: ChatActs) -> None:
    @router.post("/messages", status_code=201)
    async def send_message(
        asked: Asked, chat_id: ChatId, body: b.NewMessage, if_match: IfMatch = None
    ) -> Json:
        """Answer the client. It is recorded, then sent; its state tells what became of it (M6)."""
        demand(asked.viewer, "act")
        command = c.SendMessage(
            message_id=uuid4().hex,
            operator_id=asked.viewer.operator.id,
            parts=await acts.composed(asked.viewer, chat_id, body),
            reply_to=body.reply_to,
            template_id=await acts.template(asked.viewer, body),
        )
        act = Reply(
            chat_id, command, acts.capabilities_of, asked.meta, asked.identity, asked.fingerprint
        )
        return await acts.submit(asked.viewer, chat_id, act, if_match=if_match, gives_seq=True)

    @router.post("/messages/{seq}/retry")
    async def retry_message(asked: Asked, chat_id: ChatId, seq: int) -> Json:
        """Send a message that failed once more."""
        return await _ask(acts, asked, chat_id, c.RetryMessage(seq=seq))

    @router.post("/comments", status_code=201)
    async def add_comment(asked: Asked, chat_id: ChatId, body: b.NewComment) -> Json:
        """Write something for colleagues; it can never reach the client (M7)."""
        command = c.AddComment(
            operator_id=asked.viewer.operator.id,
            text=body.text,
            mentions=tuple(OperatorId(id_) for id_ in body.mentions),
        )
        return await _ask(acts, asked, chat_id, command, gives_seq=True)


def _add_moves(router: APIRouter, acts: ChatActs) -> None:
    @router.post("/assign")
    async def assign_chat(asked: Asked, chat_id: ChatId, body: b.Assignment) -> Json:
        """Pull a chat, or give it to somebody."""
        viewer = asked.viewer
        is_pull = body.operator in {"me", viewer.id}
        if not is_pull:
            demand(viewer, "supervise")
        command = c.AssignChat(
            operator_id=viewer.operator.id if is_pull else OperatorId(body.operator),
            reason=Reason(policy="pulled" if is_pull else "assigned"),
        )
        act = Assign(
            chat_id=chat_id,
            command=command,
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return await acts.submit(viewer, chat_id, act, is_pull=is_pull)

    @router.post("/transfer")
    async def transfer_chat(
        asked: Asked, chat_id: ChatId, body: b.TransferTo, if_match: IfMatch = None
    ) -> Json:
        """Pass a chat on to an operator or a group, with a comment (R9)."""
        viewer = asked.viewer
        if body.force:
            demand(viewer, "supervise")
        to_operator = viewer.id if body.operator == "me" else body.operator
        members = () if body.group is None else await acts.who_may_take(body.group)
        command = c.TransferChat(
            by_operator=viewer.operator.id,
            to_operator=None if to_operator is None else OperatorId(to_operator),
            to_group=None if body.group is None else GroupId(body.group),
            comment=body.comment,
            forced=body.force,
        )
        act = Transfer(
            chat_id=chat_id,
            command=command,
            members=members,
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return await acts.submit(viewer, chat_id, act, if_match=if_match, gives_seq=True)

    @router.post("/close")
    async def close_chat(asked: Asked, chat_id: ChatId, if_match: IfMatch = None) -> Json:
        return await _ask(acts, asked, chat_id, c.CloseChat(), if_match=if_match)

    @router.post("/reopen")
    async def reopen_chat(asked: Asked, chat_id: ChatId) -> Json:
        """Open a closed chat again; who asks has it."""
        command = c.ReopenChat(reason=ReopenReason.BY_HAND, operator_id=asked.viewer.operator.id)
        return await _ask(acts, asked, chat_id, command)

    @router.post("/snooze")
    async def snooze_chat(asked: Asked, chat_id: ChatId, body: b.SnoozeUntil) -> Json:
        """Put a chat aside until a time, or until the client writes (T7)."""
        return await _ask(acts, asked, chat_id, c.SnoozeChat(until=body.until.astimezone(UTC)))

    @router.post("/wake")
    async def wake_chat(asked: Asked, chat_id: ChatId) -> Json:
        """Take a chat up again that was put aside (T7)."""
        return await _ask(acts, asked, chat_id, c.WakeChat(reason=WakeReason.BY_HAND))


def _add_notes(router: APIRouter, acts: ChatActs) -> None:
    @router.post("/read")
    async def mark_read(asked: Asked, chat_id: ChatId, body: b.ReadUpTo) -> Json:
        """Say what one has read, by the seq of a message (V10)."""
        command = c.MarkRead(operator_id=asked.viewer.operator.id, up_to=body.up_to)
        return await _ask(acts, asked, chat_id, command)

    @router.post("/unread")
    async def mark_unread(asked: Asked, chat_id: ChatId) -> Json:
        command = c.MarkUnread(operator_id=asked.viewer.operator.id)
        return await _ask(acts, asked, chat_id, command)

    @router.post("/no-answer-needed")
    async def stop_clock(asked: Asked, chat_id: ChatId) -> Json:
        """Stop the waiting clock without an answer (V4)."""
        command = c.SayNoAnswerNeeded(operator_id=asked.viewer.operator.id)
        return await _ask(acts, asked, chat_id, command)

    @router.post("/tags")
    async def change_tags(asked: Asked, chat_id: ChatId, body: b.TagChange) -> Json:
        command = c.TagChat(add=frozenset(body.add), remove=frozenset(body.remove))
        act = GiveTags(chat_id=chat_id, command=command, **asked.how)
        return await acts.submit(asked.viewer, chat_id, act)

    @router.post("/priority")
    async def set_priority(asked: Asked, chat_id: ChatId, body: b.NewPriority) -> Json:
        return await _ask(acts, asked, chat_id, c.SetPriority(priority=body.priority))
