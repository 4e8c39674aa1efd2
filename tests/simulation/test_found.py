"""Defects that a simulation found once, each as short as it can be told."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from adapters.storage.mapper import EventMapper
from adapters.storage.memory import MemoryDesk
from domain.acts import Assign
from domain.chat import commands as c
from domain.errors import LogIsBusy, OperatorIsNotAvailable
from domain.hours import BusinessHours, Span
from domain.operator import ChangeOperator, ChangePresence, CreateOperator
from domain.ports import Act, Receipt
from domain.values import ChatId, OperatorId, Presence, Role
from routers.assignment import Assignment
from routers.fold import fold
from routers.policies import BUILT_IN
from routers.rounds import decide_along, decide_due
from routers.state import Routing
from routers.submissions import Submissions
from routers.tally import Tally
from tests.contracts.company import Ground, assign
from tests.domain.chat.given import OPENED
from tests.routers.company import NINE, Company, Desked
from tests.routers.wire import until
from tests.spec import NOW

ANA = OperatorId("ana")


def test_who_has_just_become_an_auditor_is_given_nothing() -> None:
    """R2: the router decided before it heard of it; the desk knows."""
    desk = MemoryDesk(EventMapper(), lambda: NOW)
    ground = Ground(desk, lambda: [*desk.recorded()], desk.load)
    create = CreateOperator(email="ana@ipe.test", name="Ana", role=Role.OPERATOR)
    ground.ask("operator", ANA, create, ChangePresence(presence=Presence.ONLINE))
    opening = c.OpenChat(
        account_id=OPENED.account_id,
        channel="whatsapp",
        client_id=OPENED.client_id,
        thread="thread",
        address=OPENED.address,
        episode=1,
        group_id=None,
    )
    ground.ask("chat", "c1", opening)
    ground.ask("operator", ANA, ChangeOperator(role=Role.AUDITOR))

    with pytest.raises(OperatorIsNotAvailable):
        desk.submit_now(assign(ChatId("c1"), ANA, seen=1))


async def test_a_sweep_leaves_alone_what_the_desk_knows_more_of() -> None:
    """R6: refused since the chat had moved on, it waits for that event, and nothing was missed."""
    company, tally = Company(), Tally()
    submissions = Submissions(company.desk, lambda: None)
    assignment = Assignment(Routing(), submissions, tally, BUILT_IN, sweep_every=0.0)
    assignment.take([], NINE, leads=True)
    company.operator("ana")
    company.operator("bia")
    company.online("ana", "bia")
    company.writes("chat")
    heard = [*company.desk.log]
    company.pulls("chat", "bia")

    assignment.take(heard, NINE, leads=True)
    await until(lambda: tally.discarded == 1)
    assignment.take([], NINE, leads=True)
    await submissions.stop()

    assert (tally.sweeps_found_work, tally.discarded) == (0, 1)


async def test_what_a_sweep_finds_decided_a_moment_ago_is_not_found_by_it() -> None:
    """R6: no false alarm, and the desk is asked once."""
    company, tally = Company(), Tally()
    submissions = Submissions(company.desk, lambda: None)
    assignment = Assignment(Routing(), submissions, tally, BUILT_IN, sweep_every=0.0)
    assignment.take([], NINE, leads=True)
    company.operator("ana")
    company.online("ana")
    company.writes("chat")
    with capture_logs() as logs:
        assignment.take(company.desk.log, NINE, leads=True)
        await until(company.owners)
        await submissions.stop()
    assert [each["event"] for each in logs if each["log_level"] == "warning"] == []
    assert (tally.sweeps_found_work, len(company.desk.asked)) == (0, 1)


class _NeverAnswers:
    """A desk that commits, and whose answers are lost."""

    def __init__(self, company: Company) -> None:
        self._company = company

    async def submit(self, act: Act) -> Receipt:
        self._company.desk.do(act)
        raise LogIsBusy("the connection broke at the very end")


async def test_the_sweep_looks_after_a_chat_whose_assignment_was_never_answered() -> None:
    """R6: what the log tells settles it, when the answer is lost."""
    company, tally = Company(), Tally()
    company.operator("ana")
    company.online("ana")
    company.writes("chat")
    submissions = Submissions(_NeverAnswers(company), lambda: None)
    assignment = Assignment(Routing(), submissions, tally, BUILT_IN, sweep_every=0.0)
    assignment.take(company.desk.log, NINE, leads=True)
    await until(company.owners)
    company.transfers("chat", "ana", to_group=company.group("sales"))
    company.change_operator("ana", skills={"sales": 50})
    company.operator("bia", "sales")
    company.online("bia")
    for recorded in company.desk.log[assignment.state.position :]:
        fold(assignment.state, recorded)
    assignment.state.take_awake()

    assignment.take([], NINE, leads=True)

    await until(company.owners)
    await submissions.stop()
    assert tally.sweeps_found_work == 1


class _AnswersWhenTold:
    """A desk that keeps acts waiting."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self.waiting: list[asyncio.Event] = []

    async def submit(self, act: Act) -> Receipt:
        told = asyncio.Event()
        self.waiting.append(told)
        await told.wait()
        return self._company.desk.do(act)


async def test_the_no_to_a_decision_says_nothing_of_the_one_that_followed_it() -> None:
    """R6: the newer one is at the desk, and not forgotten."""
    company, tally = Company(), Tally()
    company.operator("ana")
    company.online("ana")
    company.writes("chat")
    desk = _AnswersWhenTold(company)
    submissions = Submissions(desk, lambda: None)
    assignment = Assignment(Routing(), submissions, tally, BUILT_IN, sweep_every=0.0)
    assignment.take(company.desk.log, NINE, leads=True)
    await until(lambda: len(desk.waiting) == 1)
    company.writes("chat")
    assignment.take(company.desk.log, NINE, leads=True)
    await until(lambda: len(desk.waiting) == 2)
    desk.waiting[0].set()
    await until(lambda: tally.discarded == 1)

    assignment.take([], NINE, leads=True)

    assert tally.sweeps_found_work == 0
    await submissions.stop()


def heard_late(company: Company, unheard: int, at: float, later: float) -> list[str]:
    """Return who is given something `later`, when the log's last events are heard after `at`."""
    log, state, decided = company.desk.log, Routing(), list[Assign]()
    for recorded in log[:-unheard]:
        decided += decide_along(state, recorded).acts
    decided += decide_due(state, NINE + timedelta(seconds=at)).acts
    before = len(decided)
    for recorded in log[-unheard:]:
        decided += decide_along(state, recorded).acts
    decided += decide_due(state, NINE + timedelta(seconds=later)).acts
    return [act.command.operator_id for act in decided[before:]]


def test_room_that_is_heard_of_after_the_first_minute_is_used_all_the_same() -> None:
    """R6, R7: it was made within the minute, and the minute was over when it was heard of."""
    company = Company()
    company.settings(warmup=1)
    company.operator("ana", capacity=1)
    company.online("ana")
    company.at(1)
    company.writes("first")
    Desked(company).route()
    company.writes("second")
    company.at(59)
    company.chat("first", c.CloseChat())

    assert heard_late(company, 1, at=60.5, later=61) == ["ana"]


def test_who_was_looked_at_as_of_an_earlier_moment_is_looked_at_again() -> None:
    """R7: by whoever hears late, and whatever else was decided meanwhile."""
    company = Company()
    company.settings(warmup=1, policy="round_robin")
    company.operator("ana")
    company.operator("bia")
    company.online("ana")
    company.at(1)
    company.writes("first")
    Desked(company).route()
    company.at(10)
    company.online("bia")
    company.at(59)
    company.writes("second")
    company.at(62)
    company.writes("third")

    assert heard_late(company, 4, at=60.5, later=63)[-1] == "ana"


def test_a_chat_that_is_heard_of_after_its_group_opened_is_given_all_the_same() -> None:
    """R2, R6: it came a moment before."""
    company = Company()
    hours = BusinessHours(time_zone="UTC", week=((Span(541, 600),),) * 7)
    company.group("sales", hours=hours)
    company.operator("ana", "sales")
    company.online("ana")
    company.at(59)
    company.writes("chat", "sales")

    assert heard_late(company, 2, at=60.5, later=61) == ["ana"]
