"""One course of events, real or rehearsed: how routing stands in it, and what is measured."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from domain.chat.events import ChatAssigned, MessageSent, MessageSentElsewhere
from domain.event import Event, Recorded
from domain.values import ChatId, GroupId, OperatorId, Presence, Timestamp, split_stream
from routers.rehearsal.spread import Spread
from routers.state import Routing


@dataclass(slots=True)
class Figures:
    """What became of a group's chats, or of those that an operator had."""

    to_assignment: Spread = field(default_factory=Spread)
    """From the first message without an answer to when somebody was given the chat."""
    to_answer: Spread = field(default_factory=Spread)
    chats: int = 0
    """How often one was given to anybody, or to him."""
    over_patience: int = 0
    """Clients who went unanswered for longer than the patience in force."""
    at_capacity: timedelta = timedelta(0)
    """How long he was online and had as many chats as he may have."""


@dataclass(frozen=True, slots=True)
class Before:
    """What of a chat an event is about to change."""

    chat_id: ChatId
    owner: OperatorId | None
    group_id: GroupId | None
    waiting_since: Timestamp | None


_NO_CHAT: Final = Before(ChatId(""), None, None, None)


class Course:
    """Measures from `since` on, in one group or in all."""

    def __init__(self, state: Routing, since: Timestamp, only: GroupId | None = None) -> None:
        self.state: Final = state
        self.groups: Final[dict[GroupId | None, Figures]] = {}
        self.operators: Final[dict[OperatorId, Figures]] = {}
        self._only: Final = only
        self._given_for: Final[dict[ChatId, Timestamp]] = {}
        """The clock for which a chat's wait for somebody has been counted."""
        self._full_since: Final[dict[OperatorId, Timestamp]] = {}
        for operator_id in state.seats:
            self._watch(operator_id, since)

    def before(self, recorded: Recorded) -> Before:
        """Return what is to be compared with, once the event is folded."""
        kind, id_ = split_stream(recorded.stream)
        if kind != "chat":
            return _NO_CHAT
        chat = self.state.chats.get(ChatId(id_))
        if chat is None:
            return Before(ChatId(id_), None, None, None)
        return Before(chat.id, chat.operator_id, chat.group_id, chat.waiting_since)

    def note(self, before: Before, recorded: Recorded) -> None:
        """Measure what an event changed that has just been folded."""
        kind, id_ = split_stream(recorded.stream)
        at = recorded.event.at
        if kind == "operator":
            self._watch(OperatorId(id_), at)
        chat = self.state.chats.get(before.chat_id)
        if chat is None:
            return
        if chat.operator_id is not None and chat.operator_id != before.owner:
            self._give(before, chat.operator_id, recorded.event)
        if before.waiting_since is not None and chat.waiting_since is None:
            self._answer(before, recorded.event)
        for operator_id in {before.owner, chat.operator_id} - {None}:
            assert operator_id is not None
            self._watch(operator_id, at)

    def end(self, until: Timestamp) -> None:
        """Measure what goes on at the end: clocks that run, and who is full."""
        for chat in self.state.chats.values():
            if chat.is_open and chat.waiting_since is not None:
                before = Before(chat.id, chat.operator_id, chat.group_id, chat.waiting_since)
                self._judge_patience(before, until)
        for operator_id, since in self._full_since.items():
            self._of(operator_id).at_capacity += until - since
        self._full_since.clear()

    def _give(self, before: Before, operator_id: OperatorId, event: Event) -> None:
        group_id = self.state.chats[before.chat_id].group_id
        if not self._is_told(group_id):
            return
        figures = (self._in(group_id), self._of(operator_id))
        since = before.waiting_since
        is_first = since is not None and self._given_for.get(before.chat_id) != since
        for one in figures:
            one.chats += 1
            if is_first and since is not None and isinstance(event, ChatAssigned):
                one.to_assignment.add(event.at - since)
        if since is not None:
            self._given_for[before.chat_id] = since

    def _answer(self, before: Before, event: Event) -> None:
        self._given_for.pop(before.chat_id, None)
        self._judge_patience(before, event.at)
        assert before.waiting_since is not None
        if isinstance(event, MessageSent | MessageSentElsewhere):
            for one in self._concerned(before):
                one.to_answer.add(event.at - before.waiting_since)

    def _judge_patience(self, before: Before, now: Timestamp) -> None:
        settings = self.state.pool(before.group_id).settings
        assert before.waiting_since is not None
        due = settings.patience_in(self.state.settings).due(before.waiting_since)
        if due is not None and due < now:
            for one in self._concerned(before):
                one.over_patience += 1

    def _concerned(self, before: Before) -> list[Figures]:
        if not self._is_told(before.group_id):
            return []
        group = self._in(before.group_id)
        return [group] if before.owner is None else [group, self._of(before.owner)]

    def _is_told(self, group_id: GroupId | None) -> bool:
        return self._only is None or self._only == group_id

    def _in(self, group_id: GroupId | None) -> Figures:
        return self.groups.setdefault(group_id, Figures())

    def _of(self, operator_id: OperatorId) -> Figures:
        return self.operators.setdefault(operator_id, Figures())

    def _watch(self, operator_id: OperatorId, now: Timestamp) -> None:
        seat = self.state.seat(operator_id)
        known = seat.known
        is_full = known.presence is Presence.ONLINE and known.active and seat.load >= known.capacity
        since = self._full_since.get(operator_id)
        if is_full and since is None and self._is_member(operator_id):
            self._full_since[operator_id] = now
        elif not is_full and since is not None:
            del self._full_since[operator_id]
            self._of(operator_id).at_capacity += now - since

    def _is_member(self, operator_id: OperatorId) -> bool:
        return self._only is None or self._only in self.state.seat(operator_id).known.skills
