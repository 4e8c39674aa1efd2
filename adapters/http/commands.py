"""Acts of people on chats: one route each, handed to the desk in the name of who asks."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

from fastapi import APIRouter

from adapters.channels.capabilities import Capabilities
from adapters.http import bodies as b
from adapters.http.acts import Reply
from adapters.http.answers import Answers, Asked, AskedBy, demand
from adapters.http.auth import Viewer
from adapters.http.chat_acts import (
    ChatActs,
    asking,
    assigning,
    is_pulling,
    tagging,
    transferring,
)
from adapters.http.composing import composed, without_holes
from adapters.http.parts import AppParts, IfMatch
from adapters.http.reaching import members_who_see, who_may_take
from adapters.http.templates import usable
from adapters.storage.postgres.own_things import OwnThings
from adapters.storage.postgres.queries import Queries
from adapters.storage.postgres.tool_items import Tools
from domain.chat import commands as c
from domain.chat.events import ReopenReason, WakeReason
from domain.commenting import Comment
from domain.content import Parts
from domain.values import ChannelAccountId, ChatId, GroupId, OperatorId, TemplateId

Json = dict[str, Any]


class Talk:
    """What has to be looked up before something is said in a chat."""

    def __init__(self, parts: AppParts) -> None:
        self._parts: Final = parts
        self._tools: Final = Tools(parts.pool)
        self.own: Final = OwnThings(parts.pool)

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

    async def members_who_see(
        self, chat_id: ChatId, groups: Sequence[GroupId]
    ) -> dict[GroupId, tuple[OperatorId, ...]]:
        return await members_who_see(self._parts.queries, chat_id, groups)


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/chats/{chat_id}", tags=["chats"])
    acts = ChatActs(parts, answers)
    _add_talk(router, acts, Talk(parts))
    _add_moves(router, acts, parts.queries)
    _add_notes(router, acts)
    return router


async def _ask(
    acts: ChatActs, asked: AskedBy, chat_id: ChatId, command: c.ChatCommand, **how: Any
) -> Json:
    return await acts.submit(asked.viewer, chat_id, asking(asked, chat_id, command), **how)


def _add_talk(router: APIRouter, acts: ChatActs, talk: Talk) -> None:
    @router.post("/messages", status_code=201)
    async def send_message(
        asked: Asked, chat_id: ChatId, body: b.NewMessage, if_match: IfMatch = None
    ) -> Json:
        """Answer the client. It is recorded, then sent; its state tells what became of it (M6)."""
        demand(asked.viewer, "act")
        command = c.SendMessage(
            message_id=uuid4().hex,
            operator_id=asked.viewer.operator.id,
            parts=await talk.composed(asked.viewer, chat_id, body),
            reply_to=body.reply_to,
            template_id=await talk.template(asked.viewer, body),
        )
        act = Reply(
            chat_id, command, talk.capabilities_of, asked.meta, asked.identity, asked.fingerprint
        )
        done = await acts.submit(asked.viewer, chat_id, act, if_match=if_match, gives_seq=True)
        await talk.own.drop(asked.viewer.id, chat_id, "reply")
        return done

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
            mentions=body.operators(),
            groups=body.groups(),
        )
        members = await talk.members_who_see(chat_id, command.groups)
        act = Comment(chat_id=chat_id, command=command, members=members, **asked.how)
        done = await acts.submit(asked.viewer, chat_id, act, gives_seq=True)
        await talk.own.drop(asked.viewer.id, chat_id, "comment")
        return done

    @router.patch("/comments/{seq}")
    async def edit_comment(asked: Asked, chat_id: ChatId, seq: int, body: b.CommentText) -> Json:
        """Put one's own comment in other words; whom it reached stays, and so do the old words."""
        command = c.EditComment(operator_id=asked.viewer.operator.id, seq=seq, text=body.text)
        return await _ask(acts, asked, chat_id, command)


def _add_moves(router: APIRouter, acts: ChatActs, queries: Queries) -> None:
    @router.post("/assign")
    async def assign_chat(asked: Asked, chat_id: ChatId, body: b.Assignment) -> Json:
        """Pull a chat, or give it to somebody."""
        act = assigning(asked, chat_id, body)
        is_pull = is_pulling(asked.viewer, body)
        return await acts.submit(asked.viewer, chat_id, act, is_pull=is_pull)

    @router.post("/transfer")
    async def transfer_chat(
        asked: Asked, chat_id: ChatId, body: b.TransferTo, if_match: IfMatch = None
    ) -> Json:
        """Pass a chat on to an operator or a group, with a comment (R9)."""
        members = await who_may_take(queries, body.group)
        act = transferring(asked, chat_id, body, members)
        return await acts.submit(asked.viewer, chat_id, act, if_match=if_match, gives_seq=True)

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
        return await _ask(acts, asked, chat_id, c.SnoozeChat(until=body.until))

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
        return await acts.submit(asked.viewer, chat_id, tagging(asked, chat_id, body))

    @router.post("/priority")
    async def set_priority(asked: Asked, chat_id: ChatId, body: b.NewPriority) -> Json:
        return await _ask(acts, asked, chat_id, c.SetPriority(priority=body.priority))
