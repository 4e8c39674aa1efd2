"""
Assignment: what is heard is folded, what follows from it is handed in at the desk.

What follows is decided in `rounds`, `escalation` and `presence`, which are pure. Here are
the answers of the desk, and the counters.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Final

import structlog

from domain.acts import Assign
from domain.errors import ChatMovedOn, NotFound, OperatorIsFull, OperatorIsNotAvailable, Refused
from domain.event import Recorded
from domain.passing import SendBack
from domain.ports import Receipt
from domain.values import ChatId, OperatorId, Timestamp
from routers.escalation import Overdue, ask_again, take_overdue
from routers.fold import OutOfStep, fold
from routers.policies.base import Policy
from routers.presence import count_as_offline, judge_again, take_releases
from routers.records import Expected
from routers.rounds import PolicyFailed, Round, decide_along, decide_due, decide_round
from routers.state import Routing
from routers.submissions import Submissions
from routers.tally import Tally

log = structlog.get_logger()

ASKED_AGAIN_AFTER: Final = 0.2
"""Seconds, when the desk says that something is not due yet, or that an operator is back."""
FAR_BEHIND: Final = 10_000
"""Events heard once more after a loss; beyond it, hearing anew from the right one is faster."""
FOR_THE_OPERATOR: Final = (OperatorIsFull, OperatorIsNotAvailable, NotFound)


class Assignment:
    """One unbroken stretch of routing, from a snapshot on."""

    def __init__(
        self,
        state: Routing,
        submissions: Submissions,
        tally: Tally,
        policies: Mapping[str, Policy],
        sweep_every: float,
    ) -> None:
        self.state: Final = state
        self._submissions: Final = submissions
        self._tally: Final = tally
        self._policies: Final = policies
        self._sweep_every: Final = sweep_every
        self._sweep_at = 0.0
        self._led = False
        self._unsettled: Final = dict[ChatId, Callable[[], bool]]()
        """Chats of which the desk is asked, or knows more than was heard; whether it was by now."""
        self._failed: Final = set[tuple[str, str]]()

    def take(self, heard: Sequence[Recorded], now: Timestamp, *, leads: bool) -> None:
        """Fold what was heard; hand in what follows from it and from the time, if `leads`."""
        if leads and not self._led:
            self.state.start_over()
            self._sweep_at = monotonic() + self._sweep_every
        self._led = leads
        round_ = Round()
        for recorded in heard:
            if self._is_new(recorded):
                if leads:
                    round_.add(decide_along(self.state, recorded, self._policies))
                else:
                    fold(self.state, recorded)
        if leads:
            self._hand_in(round_, now if self.state.at is None else max(now, self.state.at))

    def _is_new(self, recorded: Recorded) -> bool:
        if recorded.position < self.state.position - FAR_BEHIND:
            raise OutOfStep(f"after event {self.state.position} came {recorded.position}")
        return recorded.position > self.state.position

    def _hand_in(self, round_: Round, now: Timestamp) -> None:
        state = self.state
        round_.add(decide_due(state, now, self._policies))
        round_.add(decide_round(state, now, state.position, self._policies))
        self._carry_out(round_)
        # After the round: what was just decided must not be taken for forgotten.
        if monotonic() >= self._sweep_at:
            self._carry_out(self._sweep(now))
        for overdue in take_overdue(state, now):
            self._submissions.start(overdue.act, partial(self._noted, overdue))
        for release in take_releases(state):
            self._submissions.start(release, partial(self._released, release))

    def _carry_out(self, round_: Round) -> None:
        for failure in round_.failures:
            self._note_failure(failure)
        for act in round_.acts:
            self._assign(act)

    def _sweep(self, now: Timestamp) -> Round:
        """Look at everything again; whatever that finds, something failed to wake us for (R6)."""
        self._sweep_at = monotonic() + self._sweep_every
        for chat_id, is_heard in list(self._unsettled.items()):
            if is_heard():
                del self._unsettled[chat_id]
        self.state.start_over(self._unsettled)
        found = decide_round(self.state, now, self.state.position, self._policies)
        if found.acts:
            self._tally.sweeps_found_work += len(found.acts)
            log.warning("router.sweep_found_work", chats=len(found.acts))
        return found

    def _note_failure(self, failure: PolicyFailed) -> None:
        self._tally.policy_failures += 1
        what = (failure.policy, type(failure.error).__name__)
        if what not in self._failed:
            self._failed.add(what)
            log.error(
                "router.policy_failed",
                policy=failure.policy,
                group_id=failure.group_id,
                exc_info=failure.error,
            )

    def _assign(self, act: Assign) -> None:
        chat_id, command = act.chat_id, act.command
        expected = self.state.expected.get(chat_id)
        decided = (command.operator_id, command.seen_version)
        if expected is None or decided != (expected.operator_id, expected.seen_version):
            return  # overtaken by an event heard together with the one it was decided on
        # An act that was given up, since the log told more than its answer, told nobody.
        self._unsettled[chat_id] = lambda: chat_id not in self.state.expected
        self._submissions.start(
            act,
            partial(self._assigned, chat_id, expected),
            lambda: self.state.expected.get(chat_id) == expected,
        )

    def _assigned(self, chat_id: ChatId, expected: Expected, answer: Receipt | Refused) -> None:
        with_ids = log.bind(chat_id=chat_id, operator_id=expected.operator_id)
        if isinstance(answer, Refused):
            self._tally.discarded += 1
            if self.state.expected.get(chat_id, expected) == expected:
                self._unsettled.pop(chat_id, None)
                if isinstance(answer, ChatMovedOn):
                    self._unsettled[chat_id] = partial(self._has_come_to, chat_id, answer.version)
            is_for_operator = isinstance(answer, FOR_THE_OPERATOR)
            self.state.refuse(chat_id, expected, for_operator=is_for_operator)
            with_ids.debug("assignment.discarded", why=type(answer).__name__)
            return
        self._tally.assigned += 1
        position = answer.position
        self._unsettled[chat_id] = lambda: position <= self.state.position
        with_ids.info("assignment.made", position=answer.position)

    def _has_come_to(self, chat_id: ChatId, version: int) -> bool:
        chat = self.state.chats.get(chat_id)
        return chat is None or chat.version >= version

    def _noted(self, overdue: Overdue, answer: Receipt | Refused) -> None:
        if isinstance(answer, Refused):
            log.warning(
                "router.timer_refused",
                timer=overdue.kind.value,
                chat_id=overdue.chat_id,
                why=type(answer).__name__,
            )
        elif answer.added:
            self._tally.count(overdue.kind)
        else:
            _later(partial(ask_again, self.state, overdue))

    def _released(self, act: SendBack, answer: Receipt | Refused) -> None:
        if isinstance(answer, Refused) or answer.added:
            self._tally.released += isinstance(answer, Receipt)
        else:
            _later(partial(judge_again, self.state, act))

    def lose(self, operator_id: OperatorId) -> None:
        """Count an operator as offline whose heartbeat was lost, unless he already is."""
        seat = self.state.seats.get(operator_id)
        if seat is not None and not seat.is_gone:
            self._submissions.start(count_as_offline(operator_id), self._lost)

    def _lost(self, answer: Receipt | Refused) -> None:
        if isinstance(answer, Receipt):
            self._tally.counted_offline += answer.added


def _later(do: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(ASKED_AGAIN_AFTER, do)
