"""Who gets which chat."""

from datetime import timedelta

import pytest

from domain.chat.commands import SetPriority, SnoozeChat
from domain.errors import ChatMovedOn, OperatorIsFull
from domain.routing import Candidate
from domain.values import GroupId, OperatorId, Presence, Priority, Role
from routers.policies import BUILT_IN
from routers.policies.base import Policy, Standing
from routers.presence import take_releases
from routers.rounds import decide_round, next_wakeup
from tests.routers.company import NINE, Company, Desked


@pytest.fixture
def company() -> Company:
    company = Company()
    company.at(-3600)
    company.group("sales")
    company.group("money")
    return company


@pytest.fixture
def router(company: Company) -> Desked:
    return Desked(company)


def test_sixty_chats_at_once_fill_three_operators_and_nobody_gets_more(
    company: Company, router: Desked
) -> None:
    """S16, R3: exactly fifteen assigned, five each, none twice."""
    for name in ("ana", "bia", "cleo"):
        company.operator(name)
    company.online("ana", "bia", "cleo")
    company.at(0)
    for n in range(60):
        company.writes(f"chat-{n}")
    decided = router.route()
    owners = company.owners()
    assert len(decided) == len({act.chat_id for act in decided}) == len(owners) == 15
    assert all(list(owners.values()).count(name) == 5 for name in ("ana", "bia", "cleo"))
    assert set(owners) == {f"chat-{n}" for n in range(15)}


def test_who_comes_online_gets_the_oldest_and_only_a_few_in_the_first_minute(
    company: Company, router: Desked
) -> None:
    """S5, R5, R7: oldest first, 3 in the first minute, the rest as capacity allows."""
    company.operator("ana")
    for n in range(8):
        company.at(n)
        company.writes(f"chat-{n}")
    assert router.route() == []
    company.at(100)
    company.online("ana")
    assert [act.chat_id for act in router.route()] == ["chat-0", "chat-1", "chat-2"]
    company.at(159.9)
    assert router.route() == []
    assert next_wakeup(router.state) == NINE + timedelta(seconds=160)
    company.at(160)
    assert [act.chat_id for act in router.route()] == ["chat-3", "chat-4"]
    assert len(company.owners()) == 5


def test_the_warm_up_counts_what_was_given_since_he_came_online(
    company: Company, router: Desked
) -> None:
    """R7: what he pulled himself does not count; coming back starts it again."""
    company.settings(warmup=1)
    company.operator("ana")
    company.online("ana")
    company.writes("pulled")
    company.pulls("pulled", "ana")
    company.writes("first")
    company.writes("second")
    assert [act.chat_id for act in router.route()] == ["first"]
    company.presence("ana", Presence.AWAY)
    company.online("ana")
    assert [act.chat_id for act in router.route()] == ["second"]


def test_a_priority_goes_before_age(company: Company, router: Desked) -> None:
    """R5."""
    company.operator("ana", capacity=2)
    company.writes("old")
    company.at(1)
    company.writes("urgent")
    company.chat("urgent", SetPriority(priority=Priority.URGENT))
    company.at(2)
    company.writes("high")
    company.chat("high", SetPriority(priority=Priority.HIGH))
    router.decide()
    company.online("ana")
    assert [act.chat_id for act in router.route()] == ["urgent", "high"]


def test_the_oldest_is_first_across_groups(company: Company, router: Desked) -> None:
    """R5: one operator of two groups gets the older chat, whichever group it is in."""
    company.operator("ana", "sales", "money", capacity=2)
    for n, group in enumerate(["money", "sales", None, "money"]):
        company.at(n)
        company.writes(f"chat-{n}", group)
    company.online("ana")
    assert [act.chat_id for act in router.route()] == ["chat-0", "chat-1"]


def test_only_members_get_a_groups_chats_and_everybody_those_of_no_group(
    company: Company, router: Desked
) -> None:
    """R2."""
    company.operator("ana", "sales")
    company.operator("bia")
    company.online("bia")
    company.writes("for-sales", "sales")
    company.writes("for-anybody")
    router.route()
    assert company.owners() == {"for-anybody": "bia"}
    company.online("ana")
    router.route()
    assert company.owners() == {"for-anybody": "bia", "for-sales": "ana"}


def test_an_auditor_is_given_nothing(company: Company, router: Desked) -> None:
    """R2: who may change nothing cannot answer."""
    company.operator("ana", role=Role.AUDITOR)
    company.online("ana")
    company.writes("chat")
    assert router.route() == []
    company.change_operator("ana", role=Role.OPERATOR)
    assert len(router.route()) == 1


def test_with_automatic_assignment_off_chats_stay_in_new(company: Company, router: Desked) -> None:
    """R1, R6: and switching it on wakes the router."""
    company.settings(auto_assign=False)
    company.operator("ana")
    company.online("ana")
    company.writes("chat")
    assert router.route() == []
    company.settings(auto_assign=True)
    assert [act.chat_id for act in router.route()] == ["chat"]


def test_every_cause_that_makes_an_assignment_possible_is_heard(
    company: Company, router: Desked
) -> None:
    """R6: freed, raised capacity, membership, a chat given back or passed on, or woken."""
    company.operator("ana", capacity=1)
    company.online("ana")
    for n in range(4):
        company.at(n)
        company.writes(f"chat-{n}")
    assert len(router.route()) == 1
    company.chat("chat-1", SnoozeChat(until=NINE + timedelta(days=1)))
    router.decide()
    company.change_operator("ana", capacity=2)
    assert [act.chat_id for act in router.route()] == ["chat-2"]
    company.writes("chat-1")
    company.chat("chat-0", SnoozeChat(until=NINE + timedelta(days=1)))
    assert [act.chat_id for act in router.route()] == ["chat-1"]
    company.operator("bia")
    company.online("bia")
    company.at(1000)
    assert [act.command.operator_id for act in router.route()] == ["bia"]
    company.writes("for-sales", "sales")
    assert router.route() == []
    company.change_operator("bia", skills={GroupId("sales"): 10})
    assert [act.chat_id for act in router.route()] == ["for-sales"]


def test_a_chat_passed_on_does_not_come_back_to_its_sender(
    company: Company, router: Desked
) -> None:
    """R9, S15: A is the only one online in the group; the chat waits, and A is told why."""
    company.operator("ana", "sales")
    company.operator("bia", "sales")
    company.online("ana")
    company.writes("chat", "sales")
    router.route()
    company.transfers("chat", "ana", to_group="sales")
    company.at(1)
    company.writes("later", "sales")
    assert [act.chat_id for act in router.route()] == ["later"]
    company.online("bia")
    assert [act.command.operator_id for act in router.route()] == ["bia"]
    reason = router.decided[-1].command.reason
    assert Candidate(OperatorId("ana"), 1, 5, "left-out", 50) in reason.candidates


def test_a_reason_tells_of_every_candidate(company: Company, router: Desked) -> None:
    """R12: policy, version, position, and for each his load, capacity and what excluded him."""
    company.settings(warmup=1)
    for name, capacity in [("ana", 4), ("bia", 1), ("cleo", 5), ("dani", 5), ("eva", 5)]:
        company.operator(name, "sales", capacity=capacity)
    company.operator("fabi", "money")
    company.change_operator("eva", active=False)
    company.online("ana", "bia", "cleo", "fabi")
    company.presence("cleo", Presence.AWAY)
    company.writes("first", "sales")
    company.pulls("first", "bia")
    router.route()
    company.writes("second", "sales")
    (act,) = router.route()
    reason = act.command.reason
    assert (reason.policy, reason.policy_version) == ("least_busy", 1)
    assert reason.position == len(company.desk.log) - 1
    assert reason.candidates == (
        Candidate(OperatorId("ana"), 0, 4, None, 50),
        Candidate(OperatorId("bia"), 1, 1, "full", 50),
        Candidate(OperatorId("cleo"), 0, 5, "away", 50),
        Candidate(OperatorId("dani"), 0, 5, "offline", 50),
        Candidate(OperatorId("eva"), 0, 5, "inactive", 50),
    )
    assert company.desk.log[-1].meta.cause == str(reason.position)
    company.online("dani")
    company.writes("third", "sales")
    router.route()
    warming = Candidate(OperatorId("ana"), 1, 4, "warming-up", 50)
    assert router.decided[-1].command.reason.candidates[0] == warming


def test_a_choice_on_an_older_version_is_discarded_and_made_again(
    company: Company, router: Desked
) -> None:
    """R8, S4: the chat got a group after the router looked; nothing of the choice is left."""
    company.operator("ana")
    company.operator("bia", "sales")
    company.operator("clerk")
    company.online("ana")
    company.writes("chat")
    decided = router.decide()
    company.transfers("chat", "clerk", to_group="sales")
    length = len(company.desk.log)
    (refused,) = router.hand_in(decided)
    assert isinstance(refused, ChatMovedOn)
    assert len(company.desk.log) == length
    company.online("bia")
    router.route()
    assert company.owners() == {"chat": "bia"}


def test_a_manual_choice_beats_an_automatic_one(company: Company, router: Desked) -> None:
    """R8."""
    company.operator("ana")
    company.operator("bia")
    company.online("ana")
    company.writes("chat")
    decided = router.decide()
    company.pulls("chat", "bia")
    assert len(router.hand_in(decided)) == 1
    assert router.route() == []
    assert company.owners() == {"chat": "bia"}


def test_what_is_decided_but_not_in_the_log_yet_is_counted(
    company: Company, router: Desked
) -> None:
    """R3: neither given twice, nor more than there is room for."""
    company.operator("ana", capacity=2)
    company.online("ana")
    company.writes("one")
    first = router.decide()
    company.writes("two")
    company.writes("three")
    second = router.decide()
    assert [act.chat_id for act in [*first, *second]] == ["one", "two"]
    assert router.hand_in([*first, *second]) == []
    assert router.route() == []


def test_what_can_no_longer_be_agreed_to_is_decided_again(company: Company, router: Desked) -> None:
    """R8: he pulled another, so there is no room; the chat goes to somebody else."""
    company.operator("ana", capacity=1)
    company.operator("bia", capacity=1)
    company.online("ana")
    company.writes("chat")
    decided = router.decide()
    assert [act.command.operator_id for act in decided] == ["ana"]
    company.writes("other", "sales")
    company.pulls("other", "ana")
    (refused,) = router.hand_in(decided)
    assert isinstance(refused, OperatorIsFull)
    assert router.route() == []
    company.online("bia")
    assert [act.command.operator_id for act in router.route()] == ["bia"]


def broken(standing: Standing) -> float:
    raise ZeroDivisionError(standing.operator_id)


def test_a_policy_that_raises_stops_only_its_own_groups(company: Company, router: Desked) -> None:
    """R4: its chats stay in New until it is mended; others are served."""
    router.policies = {**BUILT_IN, "broken": Policy("broken", 1, broken)}
    company.change_group("sales", policy="broken")
    company.operator("ana", "sales", "money")
    company.online("ana")
    company.writes("stuck", "sales")
    company.writes("fine", "money")
    router.route()
    assert company.owners() == {"fine": "ana"}
    assert {(f.group_id, f.policy) for f in router.failures} == {("sales", "broken")}
    company.change_group("sales", policy="round_robin")
    router.route()
    assert company.owners() == {"fine": "ana", "stuck": "ana"}
    assert router.decided[-1].command.reason.policy == "round_robin"


def test_a_policy_that_nobody_knows_is_a_failure_and_not_a_guess(
    company: Company, router: Desked
) -> None:
    """R1, R4."""
    company.settings(policy="no_such_policy")
    company.operator("ana")
    company.online("ana")
    company.writes("chat")
    assert router.route() == []
    assert {failure.policy for failure in router.failures} == {"no_such_policy"}


def test_a_sweep_after_a_round_finds_nothing(company: Company, router: Desked) -> None:
    """R6: looking at everything again adds nothing to what events woke us for."""
    for name in ("ana", "bia"):
        company.operator(name, "sales")
    company.online("ana")
    for n in range(12):
        company.writes(f"chat-{n}", "sales" if n % 2 else None)
    router.route()
    router.state.start_over()
    assert decide_round(router.state, company.desk.now, router.state.position).acts == []


def test_who_is_away_keeps_his_chats_and_gets_no_new_ones(company: Company, router: Desked) -> None:
    """R2, R10."""
    company.operator("ana")
    company.online("ana")
    company.writes("his")
    router.route()
    company.presence("ana", Presence.AWAY)
    company.writes("new")
    assert router.route() == []
    assert company.owners() == {"his": "ana"}
    assert take_releases(router.state) == []
