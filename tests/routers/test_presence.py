"""What follows when an operator is gone (R10)."""

import pytest

from domain.chat.events import ChatReleased, ReleaseReason
from domain.values import OperatorId, Presence
from routers.presence import count_as_offline, take_releases
from routers.state import Routing
from tests.routers.company import NINE, Company, Desked


@pytest.fixture
def company() -> Company:
    company = Company()
    for name in ("ana", "bia"):
        company.operator(name)
    company.online("ana")
    company.at(100)
    return company


def release(company: Company, router: Desked) -> list[tuple[str, ReleaseReason]]:
    """Have what was left behind released; return which, and why."""
    router.decide()
    before = len(company.desk.log)
    for act in take_releases(router.state):
        company.desk.do(act)
    return [
        (each.stream.removeprefix("chat-"), each.event.reason)
        for each in company.desk.log[before:]
        if isinstance(each.event, ChatReleased)
    ]


@pytest.mark.parametrize(
    ("lost", "reason"), [(False, ReleaseReason.OFFLINE), (True, ReleaseReason.LOST_HEARTBEAT)]
)
def test_unanswered_chats_of_whoever_went_offline_are_routed_again(
    company: Company, *, lost: bool, reason: ReleaseReason
) -> None:
    """R10, S6: with their clock and with the reason; answered ones stay."""
    router = Desked(company)
    company.writes("unanswered")
    company.writes("answered")
    router.route()
    company.answers("answered", "ana")
    since = company.has("unanswered").waiting_since
    company.online("bia")
    company.at(400)
    company.offline("ana", lost=lost)
    assert release(company, router) == [("unanswered", reason)]
    router.route()
    assert company.owners() == {"unanswered": "bia", "answered": "ana"}
    assert company.has("unanswered").waiting_since == since == NINE.replace(minute=1, second=40)


def test_an_answered_chat_stays_until_the_client_writes(company: Company) -> None:
    """R10: then it is released and routed."""
    router = Desked(company)
    company.writes("chat")
    router.route()
    company.answers("chat", "ana")
    company.offline("ana")
    assert release(company, router) == []
    company.online("bia")
    company.writes("chat")
    assert release(company, router) == [("chat", ReleaseReason.OFFLINE)]
    router.route()
    assert company.owners() == {"chat": "bia"}


def test_who_is_back_in_time_keeps_his_chats(company: Company) -> None:
    """R10, S6: what was not released yet is not released any more."""
    router = Desked(company)
    company.writes("chat")
    router.route()
    company.offline("ana")
    company.online("ana")
    assert release(company, router) == []


def test_a_chat_forced_on_an_absent_operator_is_his_until_the_client_writes(
    company: Company,
) -> None:
    """R9, R10: what somebody with the right forced is not undone at once."""
    router = Desked(company)
    company.writes("chat")
    router.route()
    company.transfers("chat", "ana", to_operator="bia", forced=True)
    assert release(company, router) == []
    company.writes("chat")
    assert release(company, router) == [("chat", ReleaseReason.OFFLINE)]


def test_a_router_that_was_away_when_somebody_left_releases_all_the_same(
    company: Company,
) -> None:
    """R10: from a snapshot as from the events."""
    router = Desked(company)
    company.writes("chat")
    router.route()
    company.offline("ana", lost=True)
    router.decide()
    restarted = Desked(company, Routing(router.state.snapshot()))
    assert release(company, restarted) == [("chat", ReleaseReason.LOST_HEARTBEAT)]


def test_a_switched_off_operator_has_left(company: Company) -> None:
    """R2, R10."""
    router = Desked(company)
    company.writes("chat")
    router.route()
    company.change_operator("ana", active=False)
    assert release(company, router) == [("chat", ReleaseReason.OFFLINE)]


def test_a_lost_heartbeat_counts_as_offline_once(company: Company) -> None:
    """R10: away as well as online; asked twice, it adds nothing."""
    company.presence("ana", Presence.AWAY)
    act = count_as_offline(OperatorId("ana"))
    assert [company.desk.do(act).added, company.desk.do(act).added] == [1, 0]
    state = Desked(company)
    state.decide()
    assert state.state.seats[OperatorId("ana")].known.lost
