"""Past traffic once more (R12, R13)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.chat.commands import CloseChat, ReopenChat
from domain.chat.events import ReopenReason
from domain.event import Recorded
from domain.values import ChatId, GroupId, OperatorId, Presence, stream_of
from routers.records import Snapshot
from routers.rehearsal.course import Course, Figures
from routers.rehearsal.plan import Capacity, Plan
from routers.rehearsal.rehearsal import Rehearsal
from tests.routers.company import NINE, Company, Desked
from tests.routers.stories import STORIES, Deed, founded, play

SALES = GroupId("sales")
ANA, BIA = OperatorId("ana"), OperatorId("bia")


def rehearsed(log: list[Recorded], plan: Plan, until: float | None = None) -> Rehearsal:
    """Return a whole log rehearsed, up to some seconds after nine or to its end."""

    def history(chat_id: ChatId) -> Iterable[Recorded]:
        return [each for each in log if each.stream == stream_of("chat", chat_id)]

    rehearsal = Rehearsal(Snapshot(), plan, history)
    began = log[0].event.at
    rehearsal.begin(began)
    end = log[-1].event.at if until is None else NINE + timedelta(seconds=until)
    for each in log:
        if each.event.at <= end:
            rehearsal.take(each)
    rehearsal.end(end)
    return rehearsal


def told(course: Course) -> Any:
    return (course.groups, course.operators)


def chats_each(course: Course) -> dict[str, int]:
    return {id_: figures.chats for id_, figures in course.operators.items() if figures.chats}


def wait_of(figures: Figures) -> float:
    """Return the longest time until somebody was given a chat."""
    return round(figures.to_assignment.percentile(100) or 0.0)


class Day:
    """A company whose router looks after everything that happens."""

    def __init__(self) -> None:
        self.company = Company()
        self.router = Desked(self.company)
        self.company.settings(warmup=100)
        self.company.group("sales")

    def at(self, seconds: float) -> Company:
        """Let it be later, and what is due be decided first; what follows is up to `route`."""
        self.company.at(seconds)
        self.router.route()
        return self.company

    def route(self) -> None:
        self.router.route()

    @property
    def log(self) -> list[Recorded]:
        return self.company.desk.log


def two_operators(ana: int = 5, bia: int = 5) -> Day:
    day = Day()
    day.company.operator("ana", "sales", capacity=ana)
    day.company.operator("bia", "sales", capacity=bia)
    day.company.online("ana", "bia")
    return day


def lived(story: list[Deed], pauses: Iterable[int] = ()) -> list[Recorded]:
    """Return the log of a company whose router looked now and then, at several things at once."""
    company = founded()
    router = Desked(company)
    left, pause = iter(pauses), 0
    for deed in story:
        play(company, deed)
        if pause == 0:
            router.route()
            pause = next(left, 0)
        else:
            pause -= 1
    return company.desk.log


@settings(max_examples=80, deadline=None)
@given(STORIES, st.lists(st.integers(0, 4), max_size=30))
def test_the_same_policy_and_staffing_give_the_same_assignments(
    story: list[Deed], pauses: list[int]
) -> None:
    """R13: also where people were faster than the router, and its decisions came to nothing."""
    log = lived(story, pauses)
    rehearsal = rehearsed(log, Plan())
    assert rehearsal.agreement.decided_alike == rehearsal.agreement.recorded
    assert rehearsal.diverged_at is None
    assert told(rehearsal.rehearsed) == told(rehearsal.real)


@settings(max_examples=60, deadline=None)
@given(STORIES, st.sampled_from(["least_busy", "round_robin"]), st.integers(-1, 3))
def test_any_log_can_be_rehearsed_with_anything_changed(
    story: list[Deed], policy: str, more: int
) -> None:
    """R13: nothing in a log is too odd; the same rehearsal twice gives the same figures."""
    plan = Plan(
        policy=policy,
        capacity=Capacity(more, is_added=True),
        presences={OperatorId("cleo"): Presence.AWAY},
    )
    log = lived(story)
    first, second = rehearsed(log, plan), rehearsed(log, plan)
    assert told(first.rehearsed) == told(second.rehearsed)
    assert told(first.real) == told(rehearsed(log, Plan()).real)
    for seat in first.rehearsed.state.seats.values():
        held = [c for c in first.rehearsed.state.chats.values() if c.operator_id == seat.id]
        assert len([c for c in held if not c.snoozed]) == seat.load


def test_who_is_away_gets_nothing_and_the_others_clients_wait_longer() -> None:
    """R13: a chat is held for as long as it really was, from when somebody has it."""
    day = two_operators(ana=1, bia=1)
    for second, chat in ((10, "first"), (20, "second")):
        day.at(second).writes(chat, "sales")
        day.route()
    for second, chat in ((70, "first"), (110, "second")):
        day.at(second).chat(chat, CloseChat())
        day.route()

    rehearsal = rehearsed(day.log, Plan(presences={BIA: Presence.AWAY}), until=200)

    assert chats_each(rehearsal.real) == {"ana": 1, "bia": 1}
    assert chats_each(rehearsal.rehearsed) == {"ana": 2}
    assert wait_of(rehearsal.real.groups[SALES]) == 0
    assert wait_of(rehearsal.rehearsed.groups[SALES]) == 50
    # The first from 10 to 70, the second, which was held for 90 s, from 70 to 160.
    assert rehearsal.rehearsed.operators[ANA].at_capacity == timedelta(seconds=150)
    assert rehearsal.real.operators[ANA].at_capacity == timedelta(seconds=60)


def test_more_capacity_shortens_the_wait_and_answers_come_as_much_earlier() -> None:
    """R13"""
    day = Day()
    day.company.operator("ana", "sales", capacity=1)
    day.company.online("ana")
    day.at(10).writes("first", "sales")
    day.route()
    day.at(20).writes("second", "sales")
    day.at(100).chat("first", CloseChat())
    day.route()
    day.at(130).answers("second", "ana")

    rehearsal = rehearsed(day.log, Plan(capacity=Capacity(1, is_added=True)), until=200)

    assert rehearsal.diverged_at == NINE + timedelta(seconds=20)
    assert wait_of(rehearsal.real.groups[SALES]) == 80
    assert wait_of(rehearsal.rehearsed.groups[SALES]) == 0
    # Given at 100 it was answered 30 s later: given at 20, at 50.
    answered = rehearsal.rehearsed.operators[ANA].to_answer
    assert round(answered.percentile(50) or 0) == 30
    assert round(rehearsal.real.operators[ANA].to_answer.percentile(50) or 0) in {109, 110, 111}


def test_an_answer_is_never_given_before_the_message_that_it_answers() -> None:
    """R13: clients write when they really wrote."""
    day = Day()
    day.company.operator("ana", "sales", capacity=1)
    day.company.online("ana")
    day.at(10).writes("first", "sales")
    day.route()
    day.at(20).writes("second", "sales")
    day.at(100).chat("first", CloseChat())
    day.route()
    day.at(110).answers("second", "ana")
    day.at(150).writes("second")
    day.at(155).answers("second", "ana")
    day.at(160).chat("second", CloseChat())

    rehearsal = rehearsed(day.log, Plan(capacity=Capacity(2)), until=200)

    answered = rehearsal.rehearsed.operators[ANA].to_answer
    assert answered.count == 2
    assert [round(answered.percentile(share) or 0) for share in (50, 99)] == [5, 10]
    assert rehearsal.rehearsed.state.chats[ChatId("second")].closed_at == day.log[-1].event.at


def test_another_policy_is_tried_in_one_group_only() -> None:
    """R4, R13"""
    day = two_operators(ana=4, bia=2)
    day.company.group("money")
    for number in range(3):
        day.at(10 + number).writes(f"chat-{number}", "sales")
        day.route()

    everywhere = rehearsed(day.log, Plan(policy="round_robin"))
    elsewhere = rehearsed(day.log, Plan(policy="round_robin", group_id=GroupId("money")))

    assert chats_each(everywhere.real) == {"ana": 2, "bia": 1}
    assert chats_each(everywhere.rehearsed) == {"ana": 2, "bia": 1}
    assert elsewhere.diverged_at is None
    assert chats_each(elsewhere.rehearsed) == {}


def test_what_was_pulled_is_pulled_again_unless_whoever_did_it_is_not_there() -> None:
    """R8, R13"""
    day = Day()
    day.company.operator("ana", "sales", capacity=0)
    day.company.operator("bia", "sales", capacity=0)
    day.company.change_group("sales", may_exceed_capacity=True)
    day.company.online("ana", "bia")
    for second, who in ((10, "ana"), (20, "bia")):
        day.at(second).writes(f"of-{who}", "sales")
        day.at(second + 5).pulls(f"of-{who}", who)

    rehearsal = rehearsed(day.log, Plan(presences={BIA: Presence.OFFLINE}))

    assert chats_each(rehearsal.real) == {"ana": 1, "bia": 1}
    assert chats_each(rehearsal.rehearsed) == {"ana": 1}


def test_a_chat_that_was_reopened_meanwhile_is_ended_first() -> None:
    """R13, R15"""
    day = two_operators(ana=1, bia=1)
    day.at(10).writes("one", "sales")
    day.route()
    day.at(20).writes("two", "sales")
    day.route()
    day.at(50).chat("two", CloseChat())
    day.at(60).chat("two", ReopenChat(reason=ReopenReason.CLIENT_WROTE))
    day.company.writes("two")
    day.route()
    day.at(100).chat("one", CloseChat())
    day.route()

    rehearsal = rehearsed(day.log, Plan(presences={BIA: Presence.AWAY}), until=150)

    assert chats_each(rehearsal.real) == {"ana": 1, "bia": 2}
    assert chats_each(rehearsal.rehearsed) == {"ana": 2}


def test_clients_who_wait_too_long_are_counted_in_both() -> None:
    """V3, R13: also those who still wait at the end."""
    day = two_operators(ana=1, bia=1)
    day.company.settings(patience=timedelta(seconds=30))
    for number in range(3):
        day.at(10 + number).writes(f"chat-{number}", "sales")
        day.route()
    day.at(20).answers("chat-0", "ana")
    day.at(30).answers("chat-1", "bia")

    rehearsal = rehearsed(day.log, Plan(capacity=Capacity(0)), until=100)

    assert rehearsal.real.groups[SALES].over_patience == 1
    assert rehearsal.rehearsed.groups[SALES].over_patience == 3


@pytest.mark.parametrize("policy", ["nonsense"])
def test_a_policy_that_fails_leaves_the_chats_in_new(policy: str) -> None:
    day = two_operators()
    day.at(10).writes("chat", "sales")
    day.route()
    rehearsal = rehearsed(day.log, Plan(policy=policy))
    assert rehearsal.agreement.failed > 0
    assert chats_each(rehearsal.rehearsed) == {}
