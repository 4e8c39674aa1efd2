"""
The acts by which chats move on without anybody's hand (R9, R10), and the one that sets a group
up, since it must not let them move in circles.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from domain.acts import PlainAct
from domain.chat.commands import OverflowChat, ReleaseChat
from domain.chat.decide import decide as decide_chat
from domain.errors import AlreadyExists, NotFound, OverflowGoesInCircles
from domain.event import NewEvent
from domain.group import ChangeGroup, CreateGroup, GroupCommand, Overflow
from domain.group import decide as decide_group
from domain.ports import Found, House
from domain.values import ChatId, GroupId, Naming, OperatorId, Presence, StreamId, stream_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBack(PlainAct):
    """
    A chat that its absent operator left unanswered goes back to routing (R10).

    Whether he is absent is looked at under the write lock, so that nobody who has just come
    back loses his chats to a decision made before.
    """

    chat_id: ChatId
    command: ReleaseChat
    operator_id: OperatorId

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        return (stream_of("chat", self.chat_id), stream_of("operator", self.operator_id))

    def decide(self, house: House) -> list[NewEvent]:
        operator, chat = house.operator(self.operator_id), house.chat(self.chat_id)
        is_gone = not operator.active or operator.presence is Presence.OFFLINE
        if not is_gone or chat.operator_id != self.operator_id or chat.waiting_since is None:
            return []
        events = decide_chat(chat, self.command, house.now)
        return [NewEvent(stream_of("chat", self.chat_id), event) for event in events]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassToOverflow(PlainAct):
    """A chat that nobody took goes to another group, if its group still says so (R9)."""

    chat_id: ChatId
    command: OverflowChat

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        return (
            stream_of("chat", self.chat_id),
            stream_of("group", self.command.from_group),
            stream_of("group", self.command.to_group),
        )

    def decide(self, house: House) -> list[NewEvent]:
        command = self.command
        wanted = house.group(command.from_group).settings.overflow
        if wanted != Overflow(command.to_group, command.after):
            return []
        if not house.group(command.to_group).exists:
            raise NotFound("group", command.to_group)
        events = decide_chat(house.chat(self.chat_id), command, house.now)
        return [NewEvent(stream_of("chat", self.chat_id), event) for event in events]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpGroup(PlainAct):
    """A group is made or changed; its chats must not come back to it by overflowing (R9)."""

    group_id: GroupId
    command: GroupCommand

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        yield stream_of("group", self.group_id)
        if self.command.settings is not None and self.command.settings.overflow_to is not None:
            yield stream_of("group", self.command.settings.overflow_to)

    def decide(self, house: House) -> list[NewEvent]:
        group = house.group(self.group_id)
        if isinstance(self.command, CreateGroup) and group.exists:
            raise AlreadyExists("group", self.command.name)
        events = decide_group(group, self.command, house.now)
        if self.command.settings is not None:
            self._check_overflow(self.command.settings.overflow, house)
        return [NewEvent(stream_of("group", self.group_id), event) for event in events]

    def _check_overflow(self, overflow: Overflow | None, house: House) -> None:
        path = [self.group_id]
        while overflow is not None:
            if not house.group(overflow.to).exists and overflow.to != self.group_id:
                raise NotFound("group", overflow.to)
            path.append(overflow.to)
            if overflow.to in path[:-1]:
                raise OverflowGoesInCircles(tuple(path))
            overflow = house.group(overflow.to).settings.overflow


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustGroup(PlainAct):
    """A change to a group: of the settings that are given, and of nothing else."""

    group_id: GroupId
    changes: dict[str, Any]
    name: str | None = None

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        return (stream_of("group", self.group_id),)

    def decide(self, house: House) -> list[NewEvent]:
        settings = replace(house.group(self.group_id).settings, **self.changes)
        command = ChangeGroup(name=self.name, settings=settings)
        return SetUpGroup(group_id=self.group_id, command=command, meta=self.meta).decide(house)
