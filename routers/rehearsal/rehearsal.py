"""
Past traffic once more: the same log goes by, and another course of events beside it.

Until a decision comes out otherwise than it really did, both are one, and the rehearsal is
a replay. From there on arrivals, presence and settings are taken from the log as they come;
who gets a chat is decided here, and what was done with it is done when its new owner could.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeGuard

from domain.acts import Assign
from domain.chat.events import (
    ChatAssigned,
    ChatBecameWaiting,
    ChatClosed,
    ChatOpened,
    ChatReleased,
    ChatReopened,
    ChatTransferred,
)
from domain.event import Event, Recorded
from domain.values import (
    ChatId,
    Meta,
    OperatorId,
    StreamId,
    Timestamp,
    split_stream,
    stream_of,
)
from routers.fold import ChatIsForgotten, fold, recall
from routers.policies import BUILT_IN
from routers.policies.base import Policy
from routers.records import Snapshot
from routers.rehearsal.agenda import Agenda, done_by
from routers.rehearsal.agreement import Agreement, Made
from routers.rehearsal.course import Before, Course
from routers.rehearsal.handling import Histories, given_to, handling_of, is_deed
from routers.rehearsal.plan import Plan
from routers.rehearsal.timers import next_timer, take_moves
from routers.rounds import Round, decide_along, decide_due, decide_round, next_wakeup
from routers.state import Routing

LEAD_IN: Final = 2_000
"""Events to be heard before the start, so that what was then on its way to the desk is known."""
_META: Final = Meta("router", "rehearsal")


class Rehearsal:
    """
    Hears the log in order: `lead_in` for the events just before, `begin`, `take`, `end`.

    Nothing here waits for anything, and the same log gives the same result (R13).
    """

    real: Course
    rehearsed: Course

    def __init__(
        self,
        start: Snapshot,
        plan: Plan,
        histories: Histories,
        policies: Mapping[str, Policy] = BUILT_IN,
    ) -> None:
        self.agreement: Final = Agreement()
        self.diverged_at: Timestamp | None = None
        """When things first came out otherwise; None while all is as it really was."""
        self._plan: Final = plan
        self._histories: Final = histories
        self._policies: Final = policies
        self._state = Routing(start)
        self._here = self._began_at = self._parted_at = start.position
        self._is_changed = False
        self._now: Timestamp | None = None
        self._made: Final[dict[ChatId, Made]] = {}
        """Decisions that are those in the log, until it tells of them."""
        self._decided: Final = deque[Made]()
        """Decisions of this instant. What is committed together is one instant."""
        self._agenda: Final = Agenda(histories)

    def lead_in(self, recorded: Recorded) -> None:
        """Hear an event of the time just before the start."""
        self._here = recorded.position
        at = recorded.event.at
        for act in decide_along(self._state, recorded, self._policies).acts:
            self._made[act.chat_id] = Made(act, self._here, at)

    def begin(self, since: Timestamp) -> None:
        """Have the plan be in force, and measure from here on."""
        real = self._state.snapshot()
        changed = self._plan.snapshot(real)
        self._is_changed = changed != real
        if self._is_changed:
            self._state = Routing(changed)
            self._made.clear()
        self._began_at = self._here
        self.real = Course(Routing(real), since, self._plan.group_id)
        self.rehearsed = Course(self._state, since, self._plan.group_id)
        round_ = decide_round(self._state, since, self._state.position, self._policies)
        self._hear(round_, since)

    def take(self, recorded: Recorded) -> None:
        """Hear the next event of the log."""
        event = recorded.event
        if event.at != self._now or _is_by_routing(event):
            self._settle()
        self._live_until(event.at, recorded.position)
        owner = self._fold_real(recorded)
        kind, id_ = split_stream(recorded.stream)
        if kind == "chat" and self.diverged_at is None:
            self._compare(ChatId(id_), event)
        self._here = recorded.position
        if kind != "chat":
            for one in self._changed(recorded):
                self._happen(recorded.stream, one)
        elif self.diverged_at is None:
            self._happen(recorded.stream, event)
        elif not is_deed(event, owner):
            self._come_from_outside(ChatId(id_), event)

    def end(self, until: Timestamp) -> None:
        """Let the rest of the time pass, and close the measurements."""
        self._settle()
        self._live_until(until, self._here + 1)
        self.real.end(until)
        self.rehearsed.end(until)

    def _fold_real(self, recorded: Recorded) -> OperatorId | None:
        """Return who really had the event's chat before it."""
        before = self.real.before(recorded)
        try:
            fold(self.real.state, recorded)
        except ChatIsForgotten as forgotten:
            recall(self.real.state, self._histories(forgotten.chat_id))
            fold(self.real.state, recorded)
        self.real.note(before, recorded)
        return before.owner

    def _changed(self, recorded: Recorded) -> tuple[Event, ...]:
        events = self._plan.events(recorded.stream, recorded.event)
        self._is_changed = self._is_changed or events != (recorded.event,)
        return events

    def _compare(self, chat_id: ChatId, event: Event) -> None:
        """Go on apart where the log tells of what does not happen here."""
        made = self._made.pop(chat_id, None) if _ends_waiting(event) else None
        if _is_by_routing(event):
            self.agreement.recorded += 1
            decided_on = event.reason.position
            if made and made.is_alike(event.operator_id, decided_on, self._began_at):
                self.agreement.decided_alike += 1
            elif self._is_changed:
                self._go_on_apart(event.at)
        elif not all(map(self._plan.lets_act, given_to(event))):
            self._go_on_apart(event.at)

    def _is_as_it_was(self, made: Made) -> bool:
        """
        Return whether a decision is the one that was really made.

        While nothing is changed it must be: where the log does not show it, the desk refused
        it, since something had happened that the router had not heard of yet (R8).
        """
        if not self._is_changed:
            return True
        handling = handling_of(self._histories(made.act.chat_id))
        handling.skip_to(made.here)
        giving = handling.givings[0] if handling.givings else None
        if giving is None:
            return False
        return made.is_alike(giving.operator_id, giving.decided_on, self._began_at)

    def _go_on_apart(self, now: Timestamp) -> None:
        """Do here what was on its way, and what people will do from here on."""
        self.diverged_at, self._parted_at = now, self._here
        for chat in self._state.chats.values():
            if chat.is_open and chat.operator_id is not None:
                self._agenda.note(chat.id, None, self._parted_at)
        self._decided.extend(self._made.values())
        self._made.clear()

    def _come_from_outside(self, chat_id: ChatId, event: Event) -> None:
        """Have happen what the log tells of clients, and of colleagues in chats of nobody."""
        chat, stream = self._state.chats.get(chat_id), stream_of("chat", chat_id)
        is_there = all(map(self._plan.lets_act, given_to(event)))
        match event:
            case ChatOpened():
                self._happen(stream, event)
            case ChatReopened():
                if chat is not None and chat.is_open:
                    # What ended it in time then has not come to its end yet here.
                    self._happen(stream, ChatClosed(at=event.at, operator_id=chat.operator_id))
                self._agenda.handling(chat_id, self._parted_at).skip_to(self._here)
                self._happen(stream, event if is_there else replace(event, operator_id=None))
            case _ if chat is None or not chat.is_open:
                return
            case ChatReleased() | ChatBecameWaiting():
                return
            case ChatAssigned() if _is_by_routing(event):
                return
            case ChatTransferred(overflowed_from=str()):
                return
            case ChatAssigned() | ChatTransferred() if not (is_there and chat.is_new):
                return
            case _:
                self._happen(stream, event)

    def _live_until(self, until: Timestamp, position: int) -> None:
        """Do what is due, and decide what the time alone makes possible, each at its moment."""
        for at, chat_id, deed in self._agenda.take(until, position):
            self._pass_time(at)
            owner = self._state.chats[chat_id].operator_id
            if owner is not None:
                self._happen(stream_of("chat", chat_id), done_by(owner, deed, at))
                self._settle()
        self._pass_time(until)

    def _pass_time(self, until: Timestamp) -> None:
        while (due := self._next_moment()) is not None and due <= until:
            self._hear(decide_due(self._state, due, self._policies), due)
            self._settle()
            if self.diverged_at is not None:
                for chat_id, event in take_moves(self._state, due):
                    self._happen(stream_of("chat", chat_id), event)
                self._settle()

    def _next_moment(self) -> Timestamp | None:
        """Return when something follows from the time alone; the log tells until they part."""
        moments = [next_wakeup(self._state)]
        if self.diverged_at is not None:
            moments.append(next_timer(self._state))
        return min((moment for moment in moments if moment is not None), default=None)

    def _settle(self) -> None:
        """Commit what stands of this instant's decisions, and what follows from that."""
        while self._decided:
            made = self._decided.popleft()
            if not self._stands(made.act):
                continue
            if self.diverged_at is None and self._is_as_it_was(made):
                self._made[made.act.chat_id] = made
                continue
            if self.diverged_at is None:
                self._go_on_apart(made.now)
            self._assign(made)

    def _stands(self, act: Assign) -> bool:
        expected = self._state.expected.get(act.chat_id)
        decided = (act.command.operator_id, act.command.seen_version)
        return expected is not None and decided == (expected.operator_id, expected.seen_version)

    def _assign(self, made: Made) -> None:
        command = made.act.command
        assert self._now is not None
        at = max(made.now, self._now)
        given = ChatAssigned(at=at, operator_id=command.operator_id, reason=command.reason)
        self._happen(stream_of("chat", made.act.chat_id), given)

    def _happen(self, stream: StreamId, event: Event) -> None:
        """Have something happen in the rehearsed course; what follows from it is noted."""
        self._record(stream, event)
        while self.diverged_at is not None and self._state.releases:
            chat_id, reason = next(iter(self._state.releases.items()))
            owner = self._state.chats[chat_id].operator_id
            assert owner is not None
            released = ChatReleased(at=event.at, operator_id=owner, reason=reason)
            self._record(stream_of("chat", chat_id), released)

    def _record(self, stream: StreamId, event: Event) -> None:
        state = self._state
        self._now = event.at
        chat = state.chats.get(ChatId(split_stream(stream)[1]))
        version = 1 if chat is None else chat.version + 1
        recorded = Recorded(state.position + 1, stream, version, _META, None, event)
        before = self.rehearsed.before(recorded)
        try:
            round_ = decide_along(state, recorded, self._policies)
        except ChatIsForgotten as forgotten:
            recall(state, self._histories(forgotten.chat_id))
            round_ = decide_along(state, recorded, self._policies)
        self.rehearsed.note(before, recorded)
        self._follow(before, event.at)
        self._hear(round_, event.at)

    def _follow(self, before: Before, now: Timestamp) -> None:
        """Have a chat's handling go on with whoever has it now."""
        chat = self._state.chats.get(before.chat_id)
        if self.diverged_at is None or chat is None:
            return
        if chat.is_open and chat.operator_id is not None:
            self._agenda.note(chat.id, now, self._parted_at)
            return
        self._agenda.cancel(chat.id)
        if not chat.is_open:
            self._agenda.forget(chat.id)

    def _hear(self, round_: Round, now: Timestamp) -> None:
        self._now = now
        self.agreement.failed += len(round_.failures)
        self._decided.extend(Made(act, self._here, now) for act in round_.acts)


def _is_by_routing(event: Event) -> TypeGuard[ChatAssigned]:
    return isinstance(event, ChatAssigned) and event.reason.position > 0


def _ends_waiting(event: Event) -> bool:
    """Return whether what was decided for a chat is over with an event."""
    return isinstance(event, ChatAssigned | ChatClosed)
