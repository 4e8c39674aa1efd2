"""Business hours in routing: nobody is given a chat outside of them (R2, R6, V5)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chat.events import ChatBecameWaiting
from domain.hours import BusinessHours, Span
from routers.escalation import next_due, take_overdue
from routers.rounds import decide_round, next_wakeup
from routers.state import Routing
from tests.routers.company import NINE, Company, Desked
from tests.routers.stories import STORIES, Deed, founded, play

DAY: BusinessHours = BusinessHours(time_zone="UTC", week=((Span(8 * 60, 18 * 60),),) * 7)
EIGHT = datetime(2030, 1, 3, 8, 0, tzinfo=UTC)
NIGHT = 11 * 3_600.0
"""Seconds after nine: eight in the evening."""


@pytest.fixture
def company() -> Company:
    company = Company()
    company.at(-3_600)
    company.group("sales", hours=DAY)
    company.operator("ana", "sales")
    company.online("ana")
    return company


def test_a_chat_of_a_closed_group_waits_until_it_opens(company: Company) -> None:
    """R2, R6: opening is a moment of its own, at which nothing else need happen."""
    router = Desked(company)
    company.at(NIGHT)
    company.writes("chat", "sales")
    company.writes("other")
    assert [act.chat_id for act in router.route()] == ["other"]
    assert next_wakeup(router.state) == EIGHT
    company.desk.now = EIGHT - timedelta(microseconds=1)
    assert router.route() == []
    company.desk.now = EIGHT
    assert [act.chat_id for act in router.route()] == ["chat"]


def test_other_hours_are_in_force_at_once(company: Company) -> None:
    """R6"""
    router = Desked(company)
    company.at(NIGHT)
    company.writes("chat", "sales")
    assert router.route() == []
    company.change_group("sales", hours=None)
    assert [act.chat_id for act in router.route()] == ["chat"]


def test_hours_that_never_open_give_nobody_anything(company: Company) -> None:
    """R2: but a hand does."""
    company.change_group("sales", hours=BusinessHours(time_zone="UTC"), clock_in_hours=True)
    router = Desked(company)
    company.at(0)
    company.writes("chat", "sales")
    assert router.route() == []
    assert next_due(router.state) is None
    company.at(10 * 86_400)
    assert router.route() == []
    assert take_overdue(router.state, company.desk.now) == []
    company.pulls("chat", "ana")
    assert company.owners() == {"chat": "ana"}


def test_a_clock_in_business_hours_stands_still_at_night(company: Company) -> None:
    """V5, V6: ten minutes, five of them in the evening and five in the morning."""
    company.change_group("sales", hours=DAY, clock_in_hours=True)
    router = Desked(company)
    company.desk.now = NINE + timedelta(hours=8, minutes=55)
    company.writes("chat", "sales")
    router.route()
    due = EIGHT + timedelta(minutes=5)
    assert next_due(router.state) == due
    company.desk.now = due - timedelta(seconds=1)
    assert take_overdue(router.state, company.desk.now) == []
    (early,) = take_overdue(router.state, due)
    assert company.desk.do(early.act).added == 0
    company.desk.now = due
    assert company.desk.do(early.act).added == 1
    moment = company.desk.log[-1].event
    assert isinstance(moment, ChatBecameWaiting)
    assert moment.patience == timedelta(minutes=10)


def test_a_router_from_a_snapshot_wakes_at_the_opening_too(company: Company) -> None:
    """R6, R13"""
    router = Desked(company)
    company.at(NIGHT)
    company.writes("chat", "sales")
    router.decide()
    restarted = Desked(company, Routing(router.state.snapshot()))
    assert restarted.state.openings.first() == (EIGHT, "sales")
    company.desk.now = EIGHT + timedelta(days=3)
    assert [act.chat_id for act in restarted.route()] == ["chat"]


@given(STORIES, st.integers(0, 10))
def test_nobody_is_given_anything_outside_of_hours(story: list[Deed], hour: int) -> None:
    """R2: as the group's hours were at the position that the decision was made on."""
    company = founded()
    hours = BusinessHours(time_zone="UTC", week=((Span(hour * 60, hour * 60 + 300),),) * 5)
    company.change_group("sales", hours=hours)
    router = Desked(company)
    for deed in story:
        if deed[0] in {"group", "overflows"}:
            continue
        play(company, deed)
        for act in router.route():
            group = company.has(act.chat_id).group_id
            assert group != "sales" or hours.is_open(company.desk.now)


@given(STORIES)
def test_the_sweep_finds_nothing_whatever_happened(story: list[Deed]) -> None:
    """R6: each cause wakes the router by itself."""
    company = founded()
    router = Desked(company)
    for deed in story:
        play(company, deed)
        router.route()
        now, position = company.desk.now, router.state.position
        router.state.start_over()
        assert decide_round(router.state, now, position).acts == []
