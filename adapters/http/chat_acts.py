"""What acts on chats are handed in as: the domain's acts, seen by who asks for them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.http import bodies as b
from adapters.http.acts import AsSeen
from adapters.http.answers import Answers, AskedBy, demand
from adapters.http.auth import Viewer
from adapters.http.history import History
from adapters.http.parts import AppParts
from adapters.http.problems import Problem
from domain.acts import Ask, Assign, Transfer
from domain.chat import commands as c
from domain.chat import events as e
from domain.errors import AlreadyAssigned, ChatMovedOn, NotFound
from domain.ports import Act, Receipt
from domain.routing import Reason
from domain.tagging import GiveTags
from domain.values import (
    ChatId,
    GroupId,
    OperatorId,
    stream_of,
)
from projections.items import Item

Json = dict[str, Any]

_LOST_RACE: Final = timedelta(seconds=10)
"""For so long after a pull the slower ones are told who was quicker; after it, nothing."""
_SAYING: Final = frozenset(
    event.TOPIC
    for event in (
        e.MessageReceived,
        e.MessageSent,
        e.MessageSentElsewhere,
        e.CommentAdded,
        e.ChatTransferred,
    )
)


class ChatActs:
    """Hands acts on chats in, as seen by who asks."""

    def __init__(self, parts: AppParts, answers: Answers) -> None:
        self._parts: Final = parts
        self._answers: Final = answers
        self._history: Final = History(parts.pool, parts.opening or parts.mapper)

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
            raise await self._moved_on(viewer, chat_id, error) from None
        except AlreadyAssigned:
            if not await self._may_know(viewer, chat_id):
                raise NotFound("chat", chat_id) from None
            raise
        if receipt.stream is None:
            return await self._answers.as_it_was(stream_of("chat", chat_id))
        answer: Json = {"position": receipt.position, "version": receipt.version}
        return answer | ({"seq": receipt.number} if gives_seq else {})

    async def submit_all(
        self, viewer: Viewer, acts: Mapping[ChatId, Act], *, are_pulls: bool = False
    ) -> dict[ChatId, Receipt | BaseException]:
        """Return what became of each, committed together; `act` is demanded of the viewer."""
        demand(viewer, "act")
        seen = [AsSeen(act, id_, viewer.scope, None, are_pulls) for id_, act in acts.items()]
        receipts = await self._parts.desk.submit_all(seen)
        return dict(zip(acts, receipts, strict=True))

    async def _moved_on(self, viewer: Viewer, chat_id: ChatId, error: ChatMovedOn) -> Problem:
        """Return a 412 with what happened since: the events, and what was said as `messages`."""
        new = await self._history.events(chat_id, error.seen)
        said = [event["data"]["seq"] for event in new if event["topic"] in _SAYING]
        messages: list[Item] = []
        if said:
            await self._parts.queries.settle(chat_id)
            messages = await self._parts.queries.messages_from(viewer.scope, chat_id, min(said))
        return Problem(
            412,
            "chat_moved_on",
            seen=error.seen,
            version=error.version,
            new=new,
            messages=messages,
        )

    async def _may_know(self, viewer: Viewer, chat_id: str) -> bool:
        """Return whether somebody who was too slow may be told so."""
        if viewer.scope.sees_all:
            return True
        if await self._parts.queries.chat(viewer.scope, chat_id) is not None:
            return True
        given = await self._history.assignments(chat_id, {})
        at = datetime.fromisoformat(given[-1]["at"]) if given else datetime.min.replace(tzinfo=UTC)
        return datetime.now(UTC) - at < _LOST_RACE


def assigning(asked: AskedBy, chat_id: ChatId, body: b.Assignment) -> Act:
    """Return the act of pulling a chat, or of giving it to somebody."""
    viewer = asked.viewer
    is_pull = is_pulling(viewer, body)
    if not is_pull:
        demand(viewer, "supervise")
    command = c.AssignChat(
        operator_id=viewer.operator.id if is_pull else OperatorId(body.operator),
        reason=Reason(policy="pulled" if is_pull else "assigned"),
    )
    return Assign(chat_id=chat_id, command=command, **asked.how)


def is_pulling(viewer: Viewer, body: b.Assignment) -> bool:
    return body.operator in {"me", viewer.id}


def transferring(
    asked: AskedBy,
    chat_id: ChatId,
    body: b.TransferTo,
    members: tuple[OperatorId, ...],
) -> Act:
    """Return the act of passing a chat on; `members` of the group may be able to take it (R9)."""
    viewer = asked.viewer
    if body.force:
        demand(viewer, "supervise")
    to_operator = viewer.id if body.operator == "me" else body.operator
    command = c.TransferChat(
        by_operator=viewer.operator.id,
        to_operator=None if to_operator is None else OperatorId(to_operator),
        to_group=None if body.group is None else GroupId(body.group),
        comment=body.comment,
        forced=body.force,
    )
    return Transfer(chat_id=chat_id, command=command, members=members, **asked.how)


def tagging(asked: AskedBy, chat_id: ChatId, body: b.TagChange) -> Act:
    """Return the act of giving a chat tags and taking some from it."""
    command = c.TagChat(add=frozenset(body.add), remove=frozenset(body.remove))
    return GiveTags(chat_id=chat_id, command=command, **asked.how)


def asking(asked: AskedBy, chat_id: ChatId, command: c.ChatCommand) -> Act:
    """Return the act of one command that needs to look at nothing but the chat."""
    return Ask(stream=stream_of("chat", chat_id), command=command, **asked.how)


def version_of(if_match: str | None) -> int | None:
    """Return the version that an `If-Match` header names; None for any."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 18:  # noqa: PLR2004  (digits of the largest version)
        raise Problem(400, "malformed")
    return int(text)
