"""
What each operator was given and how long he was there, shift by shift.

A shift is from when he came until he went offline. A pure fold over events in the order of
the log: first those that tell how things stood, then those that are reported.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from domain.chat.events import (
    ChatAssigned,
    ChatClosed,
    ChatOpened,
    ChatReleased,
    ChatReopened,
    ChatSnoozed,
    ChatTransferred,
    ChatWoken,
)
from domain.event import Recorded
from domain.operator import (
    DEFAULT_CAPACITY,
    CapacityChanged,
    OperatorDeactivated,
    PresenceChanged,
)
from domain.values import ChatId, GroupId, OperatorId, Presence, Timestamp, split_stream

CHAT_TOPICS: Final = tuple(
    type_.TOPIC
    for type_ in (
        *(ChatOpened, ChatAssigned, ChatReleased, ChatTransferred),
        *(ChatSnoozed, ChatWoken, ChatClosed, ChatReopened),
    )
)
OPERATOR_TOPICS: Final = (PresenceChanged.TOPIC, CapacityChanged.TOPIC, OperatorDeactivated.TOPIC)
"""The events that this fold needs; it may be given others, too."""
MOST_POSITIONS: Final = 500
"""Events told of for each count of a shift; the count itself is exact."""


class What(StrEnum):
    OFFERED = "offered"
    """Given to him by routing."""
    PULLED = "pulled"
    HANDED = "handed"
    """Given to him by somebody else's hand."""
    TRANSFERRED_IN = "transferred_in"
    TRANSFERRED_OUT = "transferred_out"
    TAKEN_BACK = "taken_back"
    """Sent back to routing; the reason tells why."""


@dataclass(slots=True)
class Counted:
    count: int = 0
    positions: list[int] = field(default_factory=list)

    def add(self, position: int) -> None:
        self.count += 1
        if len(self.positions) < MOST_POSITIONS:
            self.positions.append(position)


Kind = tuple[GroupId | None, What, str | None]
"""The chat's group, what was done, and the reason of what was taken back."""


@dataclass(slots=True)
class Shift:
    operator_id: OperatorId
    began: Timestamp | None
    """None for what happened to him while he was offline."""
    began_at: int | None = None
    """Position of the event; None where it is not known."""
    ended: Timestamp | None = None
    """None while it goes on."""
    online: timedelta = timedelta(0)
    away: timedelta = timedelta(0)
    at_capacity: timedelta = timedelta(0)
    """Of the time online: with as many chats as he may have."""
    counts: dict[Kind, Counted] = field(default_factory=dict)


@dataclass(slots=True)
class _Desk:
    """One operator as he stands."""

    presence: Presence = Presence.OFFLINE
    capacity: int = DEFAULT_CAPACITY
    load: int = 0
    came: tuple[Timestamp, int] | None = None
    looked: Timestamp | None = None
    shift: Shift | None = None
    outside: Shift | None = None


@dataclass(slots=True)
class _Chat:
    group_id: GroupId | None = None
    owner: OperatorId | None = None
    snoozed: bool = False


class Fairness:
    """`know` what was before, `begin`, `fold` what is to be reported, `end`; then `shifts`."""

    def __init__(self) -> None:
        self.shifts: Final[list[Shift]] = []
        """In the order in which they began, those that were under way at the start first."""
        self._desks: Final[dict[OperatorId, _Desk]] = {}
        self._chats: Final[dict[ChatId, _Chat]] = {}
        self._is_reporting = False

    def know(self, recorded: Recorded) -> None:
        """Take note of an event from before; streams may come one after the other."""
        self._fold(recorded)

    def begin(self, since: Timestamp) -> None:
        """Report from here on; who is there is in a shift already."""
        self._is_reporting = True
        for operator_id, desk in sorted(self._desks.items()):
            desk.looked = since
            if desk.presence is not Presence.OFFLINE:
                began, position = desk.came or (since, None)
                desk.shift = self._shift(operator_id, began, position)

    def fold(self, recorded: Recorded) -> None:
        self._fold(recorded)

    def end(self, until: Timestamp) -> None:
        """Count the time up to the end; shifts that go on stay open."""
        for desk in self._desks.values():
            _pass_time(desk, until)

    def _fold(self, recorded: Recorded) -> None:
        kind, id_ = split_stream(recorded.stream)
        if kind == "operator":
            self._fold_operator(OperatorId(id_), recorded)
        elif kind == "chat":
            self._fold_chat(ChatId(id_), recorded)

    def _fold_operator(self, operator_id: OperatorId, recorded: Recorded) -> None:
        desk = self._desk(operator_id, recorded.event.at)
        match recorded.event:
            case CapacityChanged(capacity=capacity):
                desk.capacity = capacity
            case PresenceChanged(presence=presence):
                self._appear(operator_id, desk, presence, recorded)
            case OperatorDeactivated():
                self._appear(operator_id, desk, Presence.OFFLINE, recorded)
            case _:
                pass

    def _appear(
        self, operator_id: OperatorId, desk: _Desk, presence: Presence, recorded: Recorded
    ) -> None:
        was, desk.presence = desk.presence, presence
        at = recorded.event.at
        if presence is Presence.OFFLINE:
            if desk.shift is not None:
                desk.shift.ended = at
            desk.shift = desk.came = None
        elif was is Presence.OFFLINE:
            desk.came = (at, recorded.position)
            if self._is_reporting:
                desk.shift = self._shift(operator_id, at, recorded.position)

    def _fold_chat(self, chat_id: ChatId, recorded: Recorded) -> None:
        event, at = recorded.event, recorded.event.at
        chat = self._chats.setdefault(chat_id, _Chat())
        match event:
            case ChatOpened(group_id=group_id):
                chat.group_id = group_id
            case ChatAssigned(operator_id=owner):
                self._count(owner, _how(event), chat.group_id, recorded)
                self._give(chat, owner, at)
            case ChatReleased(operator_id=owner, reason=reason):
                self._count(owner, What.TAKEN_BACK, chat.group_id, recorded, reason.value)
                self._give(chat, None, at)
            case ChatTransferred():
                self._transfer(chat, event, recorded)
            case ChatSnoozed() | ChatWoken():
                owner_was = chat.owner
                self._give(chat, None, at)
                chat.snoozed = isinstance(event, ChatSnoozed)
                self._give(chat, owner_was, at)
            case ChatReopened(operator_id=to):
                self._give(chat, to, at)
            case ChatClosed():
                self._give(chat, None, at)
                chat.snoozed = False
            case _:
                pass

    def _transfer(self, chat: _Chat, event: ChatTransferred, recorded: Recorded) -> None:
        if event.from_operator is not None and event.from_operator != event.to_operator:
            self._count(event.from_operator, What.TRANSFERRED_OUT, chat.group_id, recorded)
        if event.to_group is not None:
            chat.group_id = event.to_group
        if event.to_operator is not None and event.from_operator != event.to_operator:
            self._count(event.to_operator, What.TRANSFERRED_IN, chat.group_id, recorded)
        self._give(chat, event.to_operator, event.at)

    def _give(self, chat: _Chat, owner: OperatorId | None, at: Timestamp) -> None:
        for operator_id, step in ((chat.owner, -1), (owner, 1)):
            if operator_id is not None and not chat.snoozed:
                self._desk(operator_id, at).load += step
        chat.owner = owner

    def _count(
        self,
        operator_id: OperatorId,
        what: What,
        group_id: GroupId | None,
        recorded: Recorded,
        reason: str | None = None,
    ) -> None:
        if not self._is_reporting:
            return
        desk = self._desk(operator_id, recorded.event.at)
        shift = desk.shift
        if shift is None:
            shift = desk.outside = desk.outside or self._shift(operator_id, None, None)
        shift.counts.setdefault((group_id, what, reason), Counted()).add(recorded.position)

    def _shift(
        self, operator_id: OperatorId, began: Timestamp | None, position: int | None
    ) -> Shift:
        shift = Shift(operator_id, began, position)
        self.shifts.append(shift)
        return shift

    def _desk(self, operator_id: OperatorId, now: Timestamp) -> _Desk:
        """Return how somebody stands, with the time until now counted by how he stood."""
        desk = self._desks.setdefault(operator_id, _Desk())
        if self._is_reporting:
            _pass_time(desk, now)
        return desk


def _how(event: ChatAssigned) -> What:
    if event.reason.position > 0:
        return What.OFFERED
    return What.PULLED if event.reason.policy == "pulled" else What.HANDED


def _pass_time(desk: _Desk, now: Timestamp) -> None:
    shift, passed = desk.shift, now - (desk.looked or now)
    desk.looked = now
    if shift is None:
        return
    if desk.presence is Presence.AWAY:
        shift.away += passed
    elif desk.presence is Presence.ONLINE:
        shift.online += passed
        if desk.load >= desk.capacity:
            shift.at_capacity += passed
