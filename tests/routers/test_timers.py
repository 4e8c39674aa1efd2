"""What time brings besides waiting: chats not read, not taken, put aside (R9, R11, T7)."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given

from domain.chat.commands import MarkRead, SnoozeChat
from domain.chat.events import ChatReleased, ChatTransferred, ChatWoken, ReleaseReason, WakeReason
from domain.errors import NotFound
from domain.event import Event
from domain.group import NobodyOnline
from domain.values import GroupId, OperatorId, Timestamp
from routers.escalation import Kind, Overdue, ask_again, next_due, take_overdue
from routers.state import Routing
from tests.routers.company import NINE, Company, Desked
from tests.routers.stories import STORIES, Deed, founded, play

MINUTE = timedelta(minutes=1)


@pytest.fixture
def company() -> Company:
    company = Company()
    company.at(-3_600)
    company.group("support")
    company.group(
        "sales",
        on_nobody_online=NobodyOnline.OVERFLOW,
        overflow_to=GroupId("support"),
        overflow_after=5 * MINUTE,
    )
    company.operator("ana", "sales")
    company.operator("bia", "sales", "support")
    company.settings(patience=timedelta(days=1))
    company.at(0)
    return company


def ring(router: Desked, now: Timestamp | None = None) -> list[Overdue]:
    """Have what is due recorded; return what was asked for."""
    router.decide()
    overdue = take_overdue(router.state, now or router.desk.now)
    for each in overdue:
        router.desk.do(each.act)
    router.decide()
    return overdue


def happened(company: Company, kind: type[Event]) -> list[Event]:
    return [each.event for each in company.desk.log if isinstance(each.event, kind)]


def kinds(overdue: Sequence[Overdue]) -> list[Kind]:
    return [each.kind for each in overdue]


def test_a_chat_that_nobody_looks_into_goes_to_somebody_else(company: Company) -> None:
    """R11: at its time and not before, by the group's setting; he is left out of the round."""
    company.settings(answer_within=timedelta(hours=1))
    company.change_group("sales", answer_within=2 * MINUTE)
    router = Desked(company)
    company.online("ana")
    company.writes("chat", "sales")
    router.route()
    company.online("bia")
    router.decide()
    assert next_due(router.state) == NINE + 2 * MINUTE
    company.at(119.999)
    assert ring(router) == []
    company.at(120)
    assert kinds(ring(router)) == [Kind.UNREAD]
    (released,) = happened(company, ChatReleased)
    assert isinstance(released, ChatReleased)
    assert (released.reason, released.left_out) == (ReleaseReason.NOT_READ_IN_TIME, ("ana",))
    router.state.start_over()
    router.route()
    assert company.owners() == {"chat": "bia"}
    assert company.has("chat").left_out == frozenset()


@pytest.mark.parametrize("sign", ["reads", "answers", "puts aside", "loses it"])
def test_who_looks_into_it_keeps_it(company: Company, sign: str) -> None:
    """R11: any sign of his that he did."""
    company.settings(answer_within=2 * MINUTE)
    router = Desked(company)
    company.online("ana")
    company.writes("chat", "sales")
    router.route()
    match sign:
        case "reads":
            company.chat("chat", MarkRead(operator_id=OperatorId("ana"), up_to=1))
        case "answers":
            company.answers("chat", "ana")
        case "puts aside":
            company.chat("chat", SnoozeChat(until=NINE + timedelta(days=2)))
        case _:
            company.online("bia")
            company.transfers("chat", "ana", to_operator="bia")
            company.chat("chat", MarkRead(operator_id=OperatorId("bia"), up_to=2))
    company.at(3_600)
    assert ring(router) == []


def test_somebody_elses_reading_is_no_sign_of_his(company: Company) -> None:
    """R11, V10"""
    company.settings(answer_within=2 * MINUTE)
    router = Desked(company)
    company.online("ana")
    company.writes("chat", "sales")
    router.route()
    company.chat("chat", MarkRead(operator_id=OperatorId("bia"), up_to=1))
    company.at(120)
    assert kinds(ring(router)) == [Kind.UNREAD]


def test_reading_again_what_one_had_read_before_is_a_sign_too(company: Company) -> None:
    """R11: he was given a chat that he knew."""
    company.settings(answer_within=2 * MINUTE)
    router = Desked(company)
    company.writes("chat", "sales")
    company.chat("chat", MarkRead(operator_id=OperatorId("ana"), up_to=1))
    company.pulls("chat", "ana")
    company.chat("chat", MarkRead(operator_id=OperatorId("ana"), up_to=1))
    company.at(3_600)
    assert ring(router) == []


def test_a_chat_that_nobody_takes_overflows_after_its_time(company: Company) -> None:
    """R9, S7: as a transfer without a hand; the clock is kept, the sender stays left out."""
    router = Desked(company)
    company.writes("chat", "support")
    company.transfers("chat", "bia", to_group="sales")
    company.at(299.999)
    assert ring(router) == []
    company.at(300)
    assert kinds(ring(router)) == [Kind.OVERFLOW]
    chat = company.has("chat")
    assert (chat.group_id, chat.waiting_since, {*chat.left_out}) == ("support", NINE, {"bia"})
    passed = happened(company, ChatTransferred)[-1]
    assert isinstance(passed, ChatTransferred)
    assert (passed.overflowed_from, passed.by_operator, passed.comment) == ("sales", None, None)
    company.online("bia")
    assert router.route() == []
    company.operator("cleo", "support")
    company.online("cleo")
    assert [act.command.operator_id for act in router.route()] == ["cleo"]


def test_a_chat_that_somebody_takes_in_time_does_not_overflow(company: Company) -> None:
    """R9"""
    router = Desked(company)
    company.writes("chat", "sales")
    company.at(200)
    company.online("ana")
    router.route()
    company.at(900)
    assert ring(router) == []


def test_what_is_decided_for_somebody_does_not_overflow_meanwhile(company: Company) -> None:
    """R9: although the log does not tell of it yet."""
    router = Desked(company)
    company.writes("chat", "sales")
    company.online("ana")
    decided = router.decide()
    assert len(decided) == 1
    assert take_overdue(router.state, NINE + timedelta(hours=1)) == []


def test_another_overflow_applies_to_chats_that_wait_already(company: Company) -> None:
    """R9, V7: judged under the write lock by what is in force then."""
    router = Desked(company)
    company.writes("chat", "sales")
    router.decide()
    company.at(300)
    (old,) = take_overdue(router.state, company.desk.now)
    company.change_group("sales")
    assert company.desk.do(old.act).added == 0
    ask_again(router.state, old)
    assert ring(router) == []


def test_a_group_that_is_not_there_is_refused_and_not_asked_for_again(company: Company) -> None:
    """R9"""
    company.change_group(
        "sales",
        on_nobody_online=NobodyOnline.OVERFLOW,
        overflow_to=GroupId("nowhere"),
        overflow_after=MINUTE,
    )
    company.writes("chat", "sales")
    router = Desked(company)
    router.decide()
    (due,) = take_overdue(router.state, NINE + MINUTE)
    with pytest.raises(NotFound):
        company.desk.do(due.act)


def test_a_sleeping_chat_wakes_at_its_time_and_is_routed(company: Company) -> None:
    """T7, R6"""
    router = Desked(company)
    company.writes("chat", "sales")
    until = NINE + timedelta(hours=1)
    company.chat("chat", SnoozeChat(until=until))
    company.online("ana")
    assert router.route() == []
    assert next_due(router.state) == until
    company.at(3_599)
    (early,) = ring(router, until)
    assert happened(company, ChatWoken) == []
    company.at(3_600)
    ask_again(router.state, early)
    assert kinds(ring(router)) == [Kind.SNOOZE]
    assert [e.reason for e in happened(company, ChatWoken) if isinstance(e, ChatWoken)] == [
        WakeReason.DUE
    ]
    router.state.start_over()
    router.route()
    assert company.owners() == {"chat": "ana"}


def test_a_sleeping_chat_wakes_when_its_client_writes(company: Company) -> None:
    """T7: and not once more at its time."""
    router = Desked(company)
    company.online("ana")
    company.writes("chat", "sales")
    router.route()
    company.chat("chat", SnoozeChat(until=NINE + timedelta(hours=1)))
    company.at(60)
    company.writes("chat")
    assert company.has("chat").snoozed_until is None
    company.at(3_600)
    assert ring(router) == []


@pytest.mark.parametrize("what", ["unread", "overflow", "snooze"])
def test_two_timers_and_a_restart_record_each_thing_once(company: Company, what: str) -> None:
    """R14: also from a snapshot, and never twice."""
    company.settings(answer_within=5 * MINUTE)
    first, second = Desked(company), Desked(company)
    company.writes("chat", "sales")
    match what:
        case "unread":
            company.pulls("chat", "ana")
        case "snooze":
            company.chat("chat", SnoozeChat(until=NINE + 5 * MINUTE))
        case _:
            pass
    first.decide()
    second.decide()
    company.at(300)
    assert kinds(ring(first)) == [Kind(what)]
    late = take_overdue(second.state, company.desk.now)
    assert [company.desk.do(each.act).added for each in late] == [0]
    restarted = Desked(company, Routing(first.state.snapshot()))
    assert Kind(what) not in kinds(ring(restarted))


@given(STORIES)
def test_nothing_that_is_due_is_left_out_and_nothing_comes_early(story: list[Deed]) -> None:
    """R9, R11, T7: whatever happens; and what was asked for is done."""
    company = founded()
    router = Desked(company)
    for deed in story:
        play(company, deed)
        before = company.desk.now
        for each in ring(router):
            assert each.kind in Kind
        due = next_due(router.state)
        assert due is None or due > before
        for chat in company.desk.chats():
            assert chat.snoozed_until is None or chat.snoozed_until > before
