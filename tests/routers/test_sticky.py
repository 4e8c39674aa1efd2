"""A client goes back to who knows him (R4, R10, R15)."""

from datetime import timedelta

import pytest

from domain.chat.commands import CloseChat, ReopenChat
from domain.chat.events import ReopenReason
from domain.values import ClientId, OperatorId, Presence
from routers import last_operators
from routers.last_operators import LastOperators
from routers.presence import take_releases
from routers.state import Routing
from tests.routers.company import NINE, Company, Desked

HOUR = 3_600


@pytest.fixture
def company() -> Company:
    company = Company()
    company.at(-HOUR)
    company.settings(sticky=timedelta(hours=2))
    company.group("sales")
    for name in ("ana", "bia"):
        company.operator(name, "sales")
    company.online("ana", "bia")
    company.at(0)
    return company


def had_by_bia(company: Company) -> None:
    """Have Bia serve a client, while Ana has nothing to do."""
    company.writes("first", client="fabio")
    company.pulls("first", "bia")
    company.answers("first", "bia")
    company.chat("first", CloseChat())


def test_the_last_operator_comes_before_the_policy(company: Company) -> None:
    """R4: within the time given, whoever else has less to do; the reason says so."""
    router = Desked(company)
    had_by_bia(company)
    company.writes("busy", "sales")
    company.pulls("busy", "bia")
    company.at(2 * HOUR)
    company.writes("again", "sales", client="fabio")
    (act,) = router.route()
    assert (act.command.operator_id, act.command.reason.policy) == ("bia", "sticky")
    assert {c.operator_id for c in act.command.reason.candidates} == {"ana", "bia"}


def test_after_that_time_the_policy_decides(company: Company) -> None:
    """R4"""
    router = Desked(company)
    had_by_bia(company)
    company.at(2 * HOUR + 1)
    company.writes("again", client="fabio")
    (act,) = router.route()
    assert (act.command.operator_id, act.command.reason.policy) == ("ana", "least_busy")


@pytest.mark.parametrize("why", ["away", "full", "off", "not of the group"])
def test_who_is_not_eligible_does_not_get_it_for_knowing_the_client(
    company: Company, why: str
) -> None:
    """R2 goes before R4; and a group may do without."""
    router = Desked(company)
    had_by_bia(company)
    match why:
        case "away":
            company.presence("bia", Presence.AWAY)
        case "full":
            company.change_operator("bia", capacity=0)
        case "off":
            company.change_group("sales", sticky=timedelta(0))
        case _:
            company.change_operator("bia", skills={})
    company.writes("again", "sales", client="fabio")
    (act,) = router.route()
    assert (act.command.operator_id, act.command.reason.policy) == ("ana", "least_busy")


def test_without_the_setting_only_the_policy_decides(company: Company) -> None:
    """R4: off by default."""
    router = Desked(company)
    company.settings(sticky=None)
    had_by_bia(company)
    company.writes("again", client="fabio")
    assert [act.command.operator_id for act in router.route()] == ["ana"]


def test_who_passed_a_chat_on_does_not_get_it_back_for_knowing_the_client(
    company: Company,
) -> None:
    """R9 goes before R4."""
    router = Desked(company)
    had_by_bia(company)
    company.writes("again", client="fabio")
    company.pulls("again", "bia")
    company.transfers("again", "bia", to_group="sales")
    assert [act.command.operator_id for act in router.route()] == ["ana"]


def test_a_chat_that_reopens_is_his_again_who_had_it(company: Company) -> None:
    """R15: with or without the setting."""
    router = Desked(company)
    company.settings(sticky=None)
    had_by_bia(company)
    company.chat("first", ReopenChat(reason=ReopenReason.CLIENT_WROTE))
    company.writes("first", client="fabio")
    (act,) = router.route()
    assert (act.command.operator_id, act.command.reason.policy) == ("bia", "sticky")


def test_who_is_back_gets_the_chats_that_he_left_and_nobody_took(company: Company) -> None:
    """R10: routed to him if he is back."""
    router = Desked(company)
    company.settings(sticky=None)
    company.presence("ana", Presence.AWAY)
    company.writes("chat")
    router.route()
    company.offline("bia", lost=True)
    router.decide()
    for act in take_releases(router.state):
        company.desk.do(act)
    assert router.route() == []
    company.writes("other")
    company.online("bia", "ana")
    given_to = {f"{act.chat_id}": act.command.operator_id for act in router.route()}
    assert given_to["chat"] == "bia"


def test_a_router_that_starts_from_a_snapshot_knows_the_clients_operators(
    company: Company,
) -> None:
    """R13"""
    router = Desked(company)
    had_by_bia(company)
    router.decide()
    restarted = Desked(company, Routing(router.state.snapshot()))
    company.writes("again", client="fabio")
    assert [act.command.operator_id for act in restarted.route()] == ["bia"]


def test_only_so_many_clients_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """R4: who was with nobody for longest is forgotten first."""
    monkeypatch.setattr(last_operators, "MOST_KEPT", 2)
    known = LastOperators()
    ana = OperatorId("ana")
    for client in ("a", "b", "a", "c"):
        known.note(ClientId(client), ana, NINE)
    assert [client for client, _, _ in known.told()] == ["a", "c"]
    assert known.of(ClientId("b")) is None
    assert known.of(ClientId("a")) == (ana, NINE)
