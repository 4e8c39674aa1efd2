"""The rules that every log must keep, judged without the code that wrote it."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from domain.chat import events as e
from domain.content import words_of
from domain.event import Recorded
from domain.values import Presence, Role
from tests.scenarios.log_state import DEFAULT_CAPACITY, Chat, Ledger, Seat

BY_HAND = frozenset({"pulled", "assigned"})
GONE = frozenset({e.ReleaseReason.OFFLINE, e.ReleaseReason.LOST_HEARTBEAT})
__all__ = ["DEFAULT_CAPACITY", "Judge", "Seat", "broken_rules", "received"]


class Judge(Ledger):
    """Hears events in order; `broken` says which rules they broke, a line each."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: list[str] = []
        self.waited: list[tuple[str, int, timedelta]] = []
        """Rule, position and how long the clock had run, of what only the time brought."""
        self._versions: dict[str, int] = {}
        self._received: set[tuple[str, str]] = set()
        self._sent: set[str] = set()

    def hear(self, recorded: Recorded) -> None:
        self._expect(recorded, recorded.position == self._position + 1, "positions are dense")
        self._position = recorded.position
        version = self._versions.get(recorded.stream, 0) + 1
        self._expect(recorded, recorded.version == version, "versions are dense")
        self._versions[recorded.stream] = version
        at = recorded.event.at
        self._expect(recorded, self._at is None or at >= self._at, "time does not go back")
        self._at = at
        kind, _, id_ = recorded.stream.partition("-")
        if kind == "operator":
            self._operator(id_, recorded.event)
        elif kind == "chat":
            self._chat(id_, recorded)

    def _chat(self, id_: str, recorded: Recorded) -> None:
        chat = self.chats.setdefault(id_, Chat())
        self._judge(recorded, chat, recorded.event)
        self._fold(chat, recorded.event)

    def _expect(self, recorded: Recorded, holds: bool, rule: str) -> None:
        if not holds:
            what = f"{recorded.stream} version {recorded.version} {recorded.event.TOPIC}"
            self.broken.append(f"{rule}: position {recorded.position} {what}")

    def _judge(self, recorded: Recorded, chat: Chat, event: Any) -> None:
        match event:
            case e.MessageReceived(provider_id=id_):
                new = (chat.account, id_) not in self._received
                self._expect(recorded, new, "M1 a message is recorded once")
                self._received.add((chat.account, id_))
                self._expect(recorded, not chat.closed, "R15 nothing arrives in a closed chat")
            case e.MessageSent(message_id=id_):
                self._expect(recorded, id_ not in self._sent, "M6 an answer is recorded once")
                self._sent.add(id_)
            case e.ChatAssigned():
                self._assigned(recorded, chat, event)
            case e.ChatBecameWaiting(since=since, patience=patience, at=at):
                self._expect(recorded, since == chat.clock, "V4 the clock that runs is meant")
                self._expect(recorded, since != chat.noted, "V6 once per clock")
                self._expect(recorded, at >= since + patience, "V3 not before its time")
            case e.ChatWoken(reason=e.WakeReason.DUE, at=at):
                is_due = chat.until is not None and at >= chat.until
                self._expect(recorded, is_due, "T7 it wakes once and not before its time")
            case e.ChatClosed():
                self._expect(recorded, not chat.closed, "what is closed is not closed again")
            case e.ChatReopened():
                self._expect(recorded, chat.closed, "what is open is not opened again")
            case e.ChatReleased() | e.ChatTransferred():
                self._passed(recorded, chat, event)
            case _:
                pass
        seq = getattr(event, "seq", None)
        grows = isinstance(event, e.MessageReceived | e.MessageSent | e.CommentAdded)
        if grows:
            self._expect(recorded, seq == chat.seq + 1, "messages are numbered without a hole")

    def _passed(
        self, recorded: Recorded, chat: Chat, event: e.ChatReleased | e.ChatTransferred
    ) -> None:
        if isinstance(event, e.ChatReleased):
            his = event.operator_id == chat.owner
            self._expect(recorded, his, "only who has a chat is relieved of it")
            if event.reason in GONE:
                seat = self.seats[event.operator_id]
                left = chat.clock is not None and seat.presence is Presence.OFFLINE
                self._expect(recorded, left, "R10 only who left a client waiting is relieved")
            if event.reason is e.ReleaseReason.NOT_READ_IN_TIME:
                unread = chat.unread_since is not None
                self._expect(recorded, unread, "R11 who looked into a chat keeps it")
                self._wait("R11", recorded, chat.unread_since)
            return
        self._expect(recorded, not chat.closed, "a closed chat is passed to nobody")
        to = event.to_operator
        if event.overflowed_from is not None:
            new = (chat.owner, chat.snoozed, chat.group) == (None, False, event.overflowed_from)
            self._expect(recorded, new, "R9 only what is New in its group overflows")
            self._wait("R9", recorded, chat.new_since)
        if to is not None and to != chat.owner and not chat.snoozed and not event.forced:
            free = self.load(to) < self.seats[to].capacity
            self._expect(recorded, free, "R3 only force exceeds a capacity")

    def _wait(self, rule: str, recorded: Recorded, since: datetime | None) -> None:
        if since is not None:
            self.waited.append((rule, recorded.position, recorded.event.at - since))

    def _assigned(self, recorded: Recorded, chat: Chat, event: e.ChatAssigned) -> None:
        self._expect(recorded, chat.owner is None, "V1 a chat has one operator at most")
        self._expect(recorded, not chat.closed, "a closed chat is given to nobody")
        if event.reason.policy in BY_HAND:
            return
        seat = self.seats[event.operator_id]
        free = self.load(event.operator_id) < seat.capacity
        self._expect(recorded, free, "R3 nobody is given more than he can take")
        self._expect(recorded, seat.online, "R2 only who is online is given chats")
        able = seat.active and seat.role is not Role.AUDITOR
        self._expect(recorded, able, "R2 only who may act on chats is given them")
        member = chat.group is None or chat.group in seat.groups
        self._expect(recorded, member, "R2 only the group's members are given its chats")
        other = event.operator_id not in chat.left_out
        self._expect(recorded, other, "R9 who passed a chat on is left out")
        self._expect(recorded, not chat.snoozed, "T7 a sleeping chat is left alone")
        fresh = event.reason.position >= chat.position
        self._expect(recorded, fresh, "R8 what was decided on an older version leaves nothing")


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
