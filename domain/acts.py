"""
The acts of people and processes: a command, and what must be looked at to decide it.

`domain.intake` holds the act of channels.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from domain.account import ConfigureAccount
from domain.chat.commands import AssignChat, ChatCommand, TransferChat
from domain.chat.decide import decide as decide_chat
from domain.chat.state import Chat
from domain.entities import KINDS
from domain.errors import NotFound, OperatorIsFull, OperatorIsNotAvailable
from domain.event import NewEvent
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
    StreamId,
    split_stream,
    stream_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """What most acts need besides their command: nothing."""

    meta: Meta
    identity: str | None = None
    fingerprint: str | None = None

    def keys(self, naming: Naming) -> Iterable[str]:
        return ()

    def seats(self) -> Iterable[OperatorId]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(_Act):
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
class Assign(_Act):
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
            if self._group_forbids_more(chat, house) and self._is_full(operator, house):
                raise OperatorIsFull(operator.id, operator.capacity)
            return
        if operator.presence is not Presence.ONLINE:
            raise OperatorIsNotAvailable(operator.id, operator.presence)
        if chat.group_id is not None and chat.group_id not in operator.groups:
            raise OperatorIsNotAvailable(operator.id, "not in the chat's group")
        if self._is_full(operator, house):
            raise OperatorIsFull(operator.id, operator.capacity)

    def _is_full(self, operator: Operator, house: House) -> bool:
        return house.load(operator.id) >= operator.capacity

    def _group_forbids_more(self, chat: Chat, house: House) -> bool:
        group_id = chat.group_id
        return group_id is not None and not house.group(group_id).settings.may_exceed_capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(_Act):
    """A chat is passed on to an operator or a group, with a comment (R9)."""

    chat_id: ChatId
    command: TransferChat

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        yield stream_of("chat", self.chat_id)
        if self.command.to_operator is not None:
            yield stream_of("operator", self.command.to_operator)
        if self.command.to_group is not None:
            yield stream_of("group", self.command.to_group)

    def decide(self, house: House) -> list[NewEvent]:
        self._check_target(self.command.to_operator, self.command.to_group, house)
        events = decide_chat(house.chat(self.chat_id), self.command, house.now)
        stream = stream_of("chat", self.chat_id)
        return [NewEvent(stream, event) for event in events]

    def _check_target(
        self, operator_id: OperatorId | None, group_id: GroupId | None, house: House
    ) -> None:
        if group_id is not None and not house.group(group_id).exists:
            raise NotFound("group", group_id)
        if operator_id is None:
            return
        operator = house.operator(operator_id)
        if not operator.exists or not operator.active:
            raise NotFound("operator", operator_id)
        if operator.presence is Presence.OFFLINE and not self.command.forced:
            raise OperatorIsNotAvailable(operator_id, "offline")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconfigure(_Act):
    """A change to the account's settings: of what is given, and of nothing else."""

    changes: dict[str, Any]

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        return (ACCOUNT_STREAM,)

    def decide(self, house: House) -> list[NewEvent]:
        account = house.account()
        command = ConfigureAccount(settings=replace(account.settings, **self.changes))
        events = KINDS["account"].decide(account, command, house.now)
        return [NewEvent(ACCOUNT_STREAM, event) for event in events]
