"""The rules that every log must keep, judged without the code that wrote it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.chat import events as e
from domain.content import words_of
from domain.event import Recorded
from domain.operator import CapacityChanged, MembershipChanged, OperatorCreated, PresenceChanged
from domain.values import Presence

BY_HAND = frozenset({"pulled", "assigned"})
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


@dataclass(slots=True)
class Seat:
    capacity: int = DEFAULT_CAPACITY
    online: bool = False
    groups: set[str] = field(default_factory=set)


class Judge:
    """Hears events in order; `broken` says which rules they broke, a line each."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self._chats: dict[str, Chat] = {}
        self._seats: dict[str, Seat] = {}
        self._versions: dict[str, int] = {}
        self._received: set[tuple[str, str]] = set()
        self._position = 0

    def hear(self, recorded: Recorded) -> None:
        self._expect(recorded, recorded.position == self._position + 1, "positions are dense")
        self._position = recorded.position
        version = self._versions.get(recorded.stream, 0) + 1
        self._expect(recorded, recorded.version == version, "versions are dense")
        self._versions[recorded.stream] = version
        kind, _, id_ = recorded.stream.partition("-")
        if kind == "operator":
            self._operator(id_, recorded.event)
        if kind == "chat":
            chat = self._chats.setdefault(id_, Chat())
            self._judge(recorded, chat, recorded.event)
            self._change(chat, recorded.event)
            chat.position = recorded.position

    def load(self, operator: str) -> int:
        """Return how many chats occupy an operator."""
        return sum(
            chat.owner == operator and not chat.closed and not chat.snoozed
            for chat in self._chats.values()
        )

    def _expect(self, recorded: Recorded, holds: bool, rule: str) -> None:
        if not holds:
            what = f"{recorded.stream} version {recorded.version} {recorded.event.TOPIC}"
            self.broken.append(f"{rule}: position {recorded.position} {what}")

    def _operator(self, id_: str, event: Any) -> None:
        seat = self._seats.setdefault(id_, Seat())
        match event:
            case OperatorCreated():
                pass
            case CapacityChanged(capacity=capacity):
                seat.capacity = capacity
            case MembershipChanged(skills=skills):
                seat.groups = set(skills)
            case PresenceChanged(presence=presence):
                seat.online = presence is Presence.ONLINE
            case _:
                pass

    def _judge(self, recorded: Recorded, chat: Chat, event: Any) -> None:
        match event:
            case e.MessageReceived(provider_id=id_):
                new = (chat.account, id_) not in self._received
                self._expect(recorded, new, "M1 a message is recorded once")
                self._received.add((chat.account, id_))
                self._expect(recorded, not chat.closed, "R15 nothing arrives in a closed chat")
            case e.ChatAssigned():
                self._assigned(recorded, chat, event)
            case e.ChatBecameWaiting(since=since, patience=patience, at=at):
                self._expect(recorded, since == chat.clock, "V4 the clock that runs is meant")
                self._expect(recorded, since != chat.noted, "V6 once per clock")
                self._expect(recorded, at >= since + patience, "V3 not before its time")
            case _:
                pass
        seq = getattr(event, "seq", None)
        grows = isinstance(event, e.MessageReceived | e.MessageSent | e.CommentAdded)
        if grows:
            self._expect(recorded, seq == chat.seq + 1, "messages are numbered without a hole")

    def _assigned(self, recorded: Recorded, chat: Chat, event: e.ChatAssigned) -> None:
        self._expect(recorded, chat.owner is None, "V1 a chat has one operator at most")
        self._expect(recorded, not chat.closed, "a closed chat is given to nobody")
        if event.reason.policy in BY_HAND:
            return
        seat = self._seats[event.operator_id]
        free = self.load(event.operator_id) < seat.capacity
        self._expect(recorded, free, "R3 nobody is given more than he can take")
        self._expect(recorded, seat.online, "R2 only who is online is given chats")
        member = chat.group is None or chat.group in seat.groups
        self._expect(recorded, member, "R2 only the group's members are given its chats")
        fresh = event.reason.position >= chat.position
        self._expect(recorded, fresh, "R8 what was decided on an older version leaves nothing")

    def _change(self, chat: Chat, event: Any) -> None:
        chat.seq = max(chat.seq, getattr(event, "seq", 0))
        match event:
            case e.ChatOpened(group_id=group, account_id=account):
                chat.group, chat.account = group, account
            case e.MessageReceived(at=at):
                chat.clock = chat.clock or at
            case e.MessageSent(operator_id=str()) | e.MessageSentElsewhere():
                chat.clock = None
            case e.AnswerNotNeeded():
                chat.clock = None
            case e.ChatBecameWaiting(since=since):
                chat.noted = since
            case e.ChatAssigned(operator_id=owner):
                chat.owner = owner
            case e.ChatReleased():
                chat.owner = None
            case e.ChatTransferred(to_operator=owner, to_group=group):
                chat.owner, chat.group = owner, group or chat.group
            case e.ChatSnoozed():
                chat.snoozed = True
            case e.ChatWoken():
                chat.snoozed = False
            case e.ChatClosed():
                chat.closed, chat.owner, chat.clock = True, None, None
            case e.ChatReopened(operator_id=owner):
                chat.closed, chat.owner = False, owner
            case _:
                pass


def broken_rules(log: Iterable[Recorded]) -> list[str]:
    """Return which rules a whole log breaks, a line each."""
    judge = Judge()
    for recorded in log:
        judge.hear(recorded)
    return judge.broken


def received(log: Iterable[Recorded]) -> Iterator[tuple[str, str, str]]:
    """Yield stream, provider's id and text of every message that came in, in order."""
    for recorded in log:
        if isinstance(recorded.event, e.MessageReceived):
            yield recorded.stream, recorded.event.provider_id, words_of(recorded.event.parts)
