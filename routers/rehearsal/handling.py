"""
What people did with one chat while somebody had it, so that it can be done again at another time.

How long each thing took is counted from when it could have been done: from when the chat
was given to somebody, from what was done before, from the client's message that it follows.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from domain.chat.events import (
    AnswerNotNeeded,
    ChatAssigned,
    ChatClosed,
    ChatRead,
    ChatReleased,
    ChatReopened,
    ChatSnoozed,
    ChatTransferred,
    ChatWoken,
    MessageReceived,
    MessageSent,
    MessageSentElsewhere,
    ReleaseReason,
)
from domain.event import Recorded
from domain.values import ChatId, OperatorId, Timestamp

Done = (
    MessageSent
    | MessageSentElsewhere
    | AnswerNotNeeded
    | ChatRead
    | ChatSnoozed
    | ChatWoken
    | ChatReleased
    | ChatTransferred
    | ChatClosed
)
"""What whoever has a chat does with it, or has done by others in his place."""

DECIDED_ANEW = frozenset(
    {ReleaseReason.OFFLINE, ReleaseReason.LOST_HEARTBEAT, ReleaseReason.NOT_READ_IN_TIME}
)
"""Releases that follow from presence and from the time."""

Histories = Callable[[ChatId], Iterable[Recorded]]
"""Returns all that happened in a chat, before and after the moment that is rehearsed."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done."""

    position: int
    """Of the event in the log."""
    event: Done
    not_before: Timestamp
    """When the client's last message before it came."""
    took: timedelta

    def due(self, ready: Timestamp) -> Timestamp:
        """Return when it is done by somebody who could begin at `ready`."""
        return max(ready, self.not_before) + self.took


@dataclass(frozen=True, slots=True)
class Giving:
    """A chat was given to somebody by routing."""

    position: int
    operator_id: OperatorId
    decided_on: int


@dataclass(slots=True)
class Handling:
    """One chat's givings and deeds that are still to come, in order."""

    givings: deque[Giving] = field(default_factory=deque)
    deeds: deque[Deed] = field(default_factory=deque)

    def skip_to(self, position: int) -> None:
        """Forget what had happened by a position of the log."""
        for waiting in (self.givings, self.deeds):
            while waiting and waiting[0].position <= position:
                waiting.popleft()


def handling_of(history: Iterable[Recorded]) -> Handling:
    """Return what was done with a chat, from all that happened in it."""
    found = _Reading()
    for recorded in history:
        found.read(recorded)
    return found.handling


def is_deed(event: object, owner: OperatorId | None) -> bool:
    """Return whether an event of a chat is part of how its owner, or who helped, handled it."""
    if owner is None:
        return False
    if isinstance(event, MessageSent):
        return event.operator_id is not None
    if isinstance(event, ChatRead):
        return event.operator_id == owner
    if isinstance(event, ChatReleased):
        return event.reason not in DECIDED_ANEW
    return isinstance(event, Done)


@dataclass(slots=True)
class _Reading:
    handling: Handling = field(default_factory=Handling)
    owner: OperatorId | None = None
    ready: Timestamp | None = None
    """Since when whoever has it could have done what comes next."""
    heard: Timestamp | None = None

    def read(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, MessageReceived):
            self.heard = event.at
        elif is_deed(event, self.owner):
            self._note(recorded)
        self._pass_on(recorded)

    def _note(self, recorded: Recorded) -> None:
        event, at = recorded.event, recorded.event.at
        assert isinstance(event, Done)
        assert self.ready is not None  # it is set with the owner
        heard = self.heard or self.ready
        took = at - max(self.ready, heard)
        self.handling.deeds.append(Deed(recorded.position, event, heard, took))
        self.ready = at

    def _pass_on(self, recorded: Recorded) -> None:
        match recorded.event:
            case ChatAssigned(operator_id=operator_id, reason=reason, at=at):
                self.owner, self.ready = operator_id, at
                if reason.position > 0:
                    giving = Giving(recorded.position, operator_id, reason.position)
                    self.handling.givings.append(giving)
            case ChatReopened(operator_id=to, at=at) | ChatTransferred(to_operator=to, at=at):
                self.owner, self.ready = to, at
            case ChatReleased() | ChatClosed():
                self.owner = None
            case _:
                pass


def given_to(event: object) -> Sequence[OperatorId]:
    """Return to whom an event gives its chat, by anybody's hand."""
    match event:
        case ChatAssigned(operator_id=to) if event.reason.position == 0:
            return (to,)
        case ChatReopened(operator_id=str(to)) | ChatTransferred(to_operator=str(to)):
            return (OperatorId(to),)
        case _:
            return ()
