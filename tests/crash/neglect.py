"""How long chats had nobody while somebody could have taken them, judged from the log alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from domain.chat import events as e
from domain.event import Recorded
from domain.operator import CapacityChanged, MembershipChanged, OperatorCreated, PresenceChanged
from domain.values import Presence
from tests.scenarios.log_rules import DEFAULT_CAPACITY, Seat


@dataclass(slots=True)
class Waiting:
    group: str | None
    owner: str | None = None
    is_open: bool = True
    free_since: datetime | None = None
    """Since when there has been somebody for it, without a break."""


@dataclass(slots=True)
class Watch:
    """Hears events in order; `longest` is told in seconds, by chat."""

    longest: dict[str, float] = field(default_factory=dict)
    _chats: dict[str, Waiting] = field(default_factory=dict)
    _seats: dict[str, Seat] = field(default_factory=dict)

    def hear(self, recorded: Recorded) -> None:
        kind, _, id_ = recorded.stream.partition("-")
        if kind == "operator":
            self._operator(id_, recorded.event)
        elif kind == "chat":
            self._chat(id_, recorded.event)
        else:
            return
        self._look(recorded.event.at)

    def _operator(self, id_: str, event: object) -> None:
        seat = self._seats.setdefault(id_, Seat())
        match event:
            case OperatorCreated():
                seat.capacity = DEFAULT_CAPACITY
            case CapacityChanged(capacity=capacity):
                seat.capacity = capacity
            case MembershipChanged(skills=skills):
                seat.groups = set(skills)
            case PresenceChanged(presence=presence):
                seat.online = presence is Presence.ONLINE
            case _:
                pass

    def _chat(self, id_: str, event: object) -> None:
        if isinstance(event, e.ChatOpened):
            self._chats[id_] = Waiting(event.group_id)
            return
        chat = self._chats[id_]
        match event:
            case e.ChatAssigned(operator_id=owner):
                chat.owner = owner
            case e.ChatReleased():
                chat.owner = None
            case e.ChatTransferred(to_operator=owner, to_group=group):
                chat.owner, chat.group = owner, group or chat.group
            case e.ChatClosed():
                chat.is_open, chat.owner = False, None
            case e.ChatReopened(operator_id=owner):
                chat.is_open, chat.owner = True, owner
            case _:
                pass

    def _look(self, now: datetime) -> None:
        """Note who waits while somebody is free; what was so until now is told."""
        loads = [chat.owner for chat in self._chats.values() if chat.owner is not None]
        free = {
            id_: seat
            for id_, seat in self._seats.items()
            if seat.online and loads.count(id_) < seat.capacity
        }
        for id_, chat in self._chats.items():
            if chat.free_since is not None:
                waited = (now - chat.free_since).total_seconds()
                self.longest[id_] = max(waited, self.longest.get(id_, 0.0))
            is_new = chat.is_open and chat.owner is None
            can = any(chat.group is None or chat.group in seat.groups for seat in free.values())
            if not (is_new and can):
                chat.free_since = None
            elif chat.free_since is None:
                chat.free_since = now


def neglected(log: Iterable[Recorded], seconds: float) -> dict[str, float]:
    """Return the chats that nobody had for longer while somebody was free, and for how long."""
    watch = Watch()
    for recorded in log:
        watch.hear(recorded)
    return {id_: waited for id_, waited in watch.longest.items() if waited > seconds}
