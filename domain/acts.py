"""
The acts of people and processes: a command, and what must be looked at to decide it.

`domain.intake` holds the act of channels, `domain.passing` those by which chats move on by
themselves.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from domain.account import ConfigureAccount
from domain.chat.commands import AssignChat, ChatCommand, TransferChat
from domain.chat.decide import decide as decide_chat
from domain.chat.state import Chat
from domain.entities import KINDS
from domain.errors import NobodyInGroup, NotFound, OperatorIsFull, OperatorIsNotAvailable
from domain.event import NewEvent
from domain.group import NobodyOnline
from domain.operator import Operator
from domain.ports import Found, House
from domain.values import (
    ACCOUNT_STREAM,
    ChatId,
    GroupId,
    Meta,
    Naming,
    OperatorId,
    Presence,
    Role,
    StreamId,
    split_stream,
    stream_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainAct:
    """What most acts need besides their command: nothing."""

    meta: Meta
    identity: str | None = None
    fingerprint: str | None = None

    def keys(self, naming: Naming) -> Iterable[str]:
        return ()

    def seats(self) -> Iterable[OperatorId]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(PlainAct):
    """One command to one entity that needs to look at nothing else."""

    stream: StreamId
    command: Any
    """A command of the stream's kind; see `domain.entities.KINDS`."""

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        return (self.stream,)

    def decide(self, house: House) -> list[NewEvent]:
        kind, id_ = split_stream(self.stream)
        state = getattr(house, kind)(id_) if kind != "account" else house.account()
        events = KINDS[kind].decide(state, self.command, house.now)
        return [NewEvent(self.stream, event) for event in events]


def ask_chat(chat_id: ChatId, command: ChatCommand, meta: Meta, identity: str | None = None) -> Ask:
    """Return the act of one command to one chat."""
    stream = stream_of("chat", chat_id)
    return Ask(stream=stream, command=command, meta=meta, identity=identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(PlainAct):
    """
    A chat is given to an operator, by routing or by hand.

    Routing never exceeds his capacity, whatever happens at the same time (R3): the load
    is looked at under the log's write lock. By hand, the group's setting decides.
    """

    chat_id: ChatId
    command: AssignChat

    @property
    def is_automatic(self) -> bool:
        return self.command.seen_version is not None

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        return (
            stream_of("chat", self.chat_id),
            stream_of("operator", self.command.operator_id),
        )

    def seats(self) -> Iterable[OperatorId]:
        return (self.command.operator_id,)

    def decide(self, house: House) -> list[NewEvent]:
        chat = house.chat(self.chat_id)
        events = decide_chat(chat, self.command, house.now)
        if events:
            self._check_operator(chat, house)
        stream = stream_of("chat", self.chat_id)
        return [NewEvent(stream, event) for event in events]

    def _check_operator(self, chat: Chat, house: House) -> None:
        operator = house.operator(self.command.operator_id)
        if not operator.exists or not operator.active:
            raise NotFound("operator", operator.id)
        if not self.is_automatic:
            _check_room(chat, operator, house)
            return
        if operator.presence is not Presence.ONLINE:
            raise OperatorIsNotAvailable(operator.id, operator.presence)
        if operator.role is Role.AUDITOR:
            raise OperatorIsNotAvailable(operator.id, "an auditor")
        if chat.group_id is not None and chat.group_id not in operator.groups:
            raise OperatorIsNotAvailable(operator.id, "not in the chat's group")
        if _is_full(operator, house):
            raise OperatorIsFull(operator.id, operator.capacity)


def _is_full(operator: Operator, house: House) -> bool:
    return house.load(operator.id) >= operator.capacity


def _check_room(chat: Chat, operator: Operator, house: House) -> None:
    """Raise where somebody's hand would exceed a capacity and the group does not allow it (R3)."""
    group_id = chat.group_id
    if group_id is None or house.group(group_id).settings.may_exceed_capacity:
        return
    if _is_full(operator, house):
        raise OperatorIsFull(operator.id, operator.capacity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(PlainAct):
    """
    A chat is passed on to an operator or a group, with a comment (R9).

    A group that refuses chats while nobody can take them is asked under the write lock:
    one of `members` must be able to, as he stands then.
    """

    chat_id: ChatId
    command: TransferChat
    members: tuple[OperatorId, ...] = ()
    """Who may be able to take it, for all the asker knows; looked at for such groups only."""

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        yield stream_of("chat", self.chat_id)
        if self.command.to_operator is not None:
            yield stream_of("operator", self.command.to_operator)
        if self.command.to_group is not None:
            yield stream_of("group", self.command.to_group)
        yield from (stream_of("operator", member) for member in self.members)

    def seats(self) -> Iterable[OperatorId]:
        to = self.command.to_operator
        return self.members if to is None else (to, *self.members)

    def decide(self, house: House) -> list[NewEvent]:
        chat = house.chat(self.chat_id)
        events = decide_chat(chat, self.command, house.now)
        if self.command.to_group is not None:
            self._check_group(self.command.to_group, chat, house)
        if self.command.to_operator is not None:
            self._check_operator(self.command.to_operator, chat, house)
        stream = stream_of("chat", self.chat_id)
        return [NewEvent(stream, event) for event in events]

    def _check_operator(self, operator_id: OperatorId, chat: Chat, house: House) -> None:
        operator = house.operator(operator_id)
        if not operator.exists or not operator.active:
            raise NotFound("operator", operator_id)
        if operator_id == chat.operator_id:
            return
        if operator.presence is Presence.OFFLINE and not self.command.forced:
            raise OperatorIsNotAvailable(operator_id, "offline")
        if self.command.forced:
            _check_room(chat, operator, house)
        elif chat.snoozed_until is None and _is_full(operator, house):
            raise OperatorIsFull(operator.id, operator.capacity)

    def _check_group(self, group_id: GroupId, chat: Chat, house: House) -> None:
        group = house.group(group_id)
        if not group.exists:
            raise NotFound("group", group_id)
        settings = group.settings
        if settings.on_nobody_online is not NobodyOnline.REFUSE:
            return
        is_open = settings.hours is None or settings.hours.is_open(house.now)
        sender = chat.operator_id or self.command.by_operator
        others = (member for member in self.members if member != sender)
        if not is_open or not any(_can_take(member, group_id, house) for member in others):
            raise NobodyInGroup(group_id)


def _can_take(operator_id: OperatorId, group_id: GroupId, house: House) -> bool:
    operator = house.operator(operator_id)
    return (
        operator.exists
        and operator.active
        and operator.presence is Presence.ONLINE
        and operator.role is not Role.AUDITOR
        and group_id in operator.groups
        and not _is_full(operator, house)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconfigure(PlainAct):
    """A change to the account's settings: of what is given, and of nothing else."""

    changes: dict[str, Any]

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        return (ACCOUNT_STREAM,)

    def decide(self, house: House) -> list[NewEvent]:
        account = house.account()
        command = ConfigureAccount(settings=replace(account.settings, **self.changes))
        events = KINDS["account"].decide(account, command, house.now)
        return [NewEvent(ACCOUNT_STREAM, event) for event in events]
