"""What a log says of chats and operators, folded without the code that wrote it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.chat import events as e
from domain.operator import (
    CapacityChanged,
    MembershipChanged,
    OperatorCreated,
    OperatorDeactivated,
    OperatorReactivated,
    PresenceChanged,
    RoleGiven,
)
from domain.values import Presence, Priority, Role

DEFAULT_CAPACITY = 5


@dataclass(slots=True)
class Chat:
    """What has to be remembered of a chat to judge its next event."""

    group: str | None = None
    account: str = ""
    owner: str | None = None
    closed: bool = False
    snoozed: bool = False
    clock: datetime | None = None
    noted: datetime | None = None
    position: int = 0
    seq: int = 0
    until: datetime | None = None
    """When it is to wake, while it is snoozed."""
    new_since: datetime | None = None
    """Since when it is with nobody in its group."""
    unread_since: datetime | None = None
    """Since when its owner has had it without looking into it."""
    left_out: frozenset[str] = frozenset()
    priority: Priority = Priority.NORMAL
    given_absent: int = 0
    """Position at which it was given to somebody who was not there; the client wrote since: 0."""

    @property
    def occupies(self) -> str | None:
        return None if self.closed or self.snoozed else self.owner


@dataclass(slots=True)
class Seat:
    capacity: int = DEFAULT_CAPACITY
    online: bool = False
    groups: set[str] = field(default_factory=set)
    presence: Presence = Presence.OFFLINE
    role: Role = Role.OPERATOR
    active: bool = True
    online_since: datetime | None = None
    there_at: int = 0
    """Position at which he was there last."""
    changed_at: datetime | None = None
    """When something last changed about what he may take."""


class Ledger:
    """Every chat and every seat as of the last event."""

    def __init__(self) -> None:
        self.chats: dict[str, Chat] = {}
        self.seats: dict[str, Seat] = {}
        self._loads: Counter[str] = Counter()
        self._position = 0
        self._at: datetime | None = None

    def is_kept(self, chat: Chat) -> bool:
        """Return whether it was given to somebody absent on purpose, and nothing came since."""
        seat = self.seats.get(chat.owner or "")
        return seat is not None and chat.given_absent > seat.there_at

    def load(self, operator: str) -> int:
        """Return how many chats occupy an operator."""
        return self._loads[operator]

    def _move(self, left: str | None, taken: str | None) -> None:
        if left != taken:
            for operator, change in ((left, -1), (taken, 1)):
                if operator is not None:
                    self._loads[operator] += change
                    self.seats.setdefault(operator, Seat()).changed_at = self._at

    def _fold(self, chat: Chat, event: Any) -> None:
        before = chat.occupies
        self._change(chat, event)
        self._move(before, chat.occupies)
        chat.position = self._position

    def _operator(self, id_: str, event: Any) -> None:
        seat = self.seats.setdefault(id_, Seat())
        seat.changed_at = event.at
        match event:
            case OperatorCreated(role=role) | RoleGiven(role=role):
                seat.role = role
            case CapacityChanged(capacity=capacity):
                seat.capacity = capacity
            case MembershipChanged(skills=skills):
                seat.groups = set(skills)
            case PresenceChanged(presence=presence, at=at):
                if presence is Presence.ONLINE and not seat.online:
                    seat.online_since = at
                if presence is not Presence.OFFLINE:
                    seat.there_at = self._position
                seat.presence, seat.online = presence, presence is Presence.ONLINE
            case OperatorDeactivated():
                seat.active, seat.presence, seat.online = False, Presence.OFFLINE, False
            case OperatorReactivated():
                seat.active = True
            case _:
                pass

    def _change(self, chat: Chat, event: Any) -> None:
        chat.seq = max(chat.seq, getattr(event, "seq", 0))
        match event:
            case e.ChatOpened(group_id=group, account_id=account, at=at):
                chat.group, chat.account, chat.new_since = group, account, at
            case e.MessageReceived(at=at):
                chat.clock, chat.given_absent = chat.clock or at, 0
            case e.MessageSent(operator_id=str() as by):
                chat.clock = None
                self._looked(chat, by)
            case e.MessageSentElsewhere() | e.AnswerNotNeeded():
                chat.clock = None
            case e.ChatRead(operator_id=by):
                self._looked(chat, by)
            case e.ChatBecameWaiting(since=since):
                chat.noted = since
            case e.PrioritySet(priority=priority):
                chat.priority = priority
            case e.ChatAssigned(operator_id=owner, at=at):
                self._give(chat, owner, at)
            case e.ChatReleased(left_out=left_out, at=at):
                chat.owner, chat.unread_since = None, None
                chat.left_out, chat.new_since = frozenset(left_out or ()), at
            case e.ChatTransferred(to_operator=str() as owner, at=at):
                self._give(chat, owner, at)
            case e.ChatTransferred(to_group=group, from_operator=owner, by_operator=by, at=at):
                sender = owner or by
                chat.left_out = chat.left_out if sender is None else frozenset({sender})
                chat.owner, chat.group, chat.new_since = None, group, at
                chat.unread_since = None
            case e.ChatSnoozed(until=until):
                chat.snoozed, chat.until, chat.unread_since = True, until, None
            case e.ChatWoken(at=at):
                chat.snoozed, chat.until = False, None
                chat.new_since = at if chat.owner is None else None
            case e.ChatClosed():
                chat.closed, chat.owner, chat.clock = True, None, None
                chat.snoozed, chat.until, chat.new_since = False, None, None
                chat.unread_since = None
            case e.ChatReopened(operator_id=owner, at=at):
                chat.closed, chat.owner, chat.left_out = False, owner, frozenset()
                chat.new_since = at if owner is None else None
                chat.given_absent = self._absence(owner)
            case _:
                pass

    def _looked(self, chat: Chat, by: str) -> None:
        if chat.owner == by:
            chat.unread_since = None

    def _give(self, chat: Chat, owner: str, at: datetime) -> None:
        chat.unread_since = chat.unread_since if chat.owner == owner else at
        chat.owner, chat.left_out, chat.new_since = owner, frozenset(), None
        chat.given_absent = self._absence(owner)

    def _absence(self, owner: str | None) -> int:
        seat = self.seats.get(owner or "")
        is_there = seat is None or seat.presence is not Presence.OFFLINE
        return 0 if is_there else self._position
