"""Who sees and may do what (V13)."""

from itertools import product

import pytest

from domain.access import (
    Action,
    Belonging,
    ChatPlace,
    Colleague,
    Office,
    Scope,
    Workload,
    can,
)
from domain.values import GroupId, OperatorId, Role

ANA = OperatorId("ana")
SALES, BILLING = GroupId("sales"), GroupId("billing")
OWNERS = (None, "ana", "bia")
GROUPS = (None, "sales", "billing")
EVERYTHING = [*product(OWNERS, GROUPS, (True, False))]
OVERSEEING = [Role.ADMINISTRATOR, Role.AUDITOR, Role.SUPERVISOR]


def _seen(scope: Scope) -> set[tuple[str | None, str | None, bool]]:
    return {case for case in EVERYTHING if can(scope, Action.READ, ChatPlace(*case))}


def _own() -> set[tuple[str | None, str | None, bool]]:
    return {case for case in EVERYTHING if case[0] == "ana"}


@pytest.mark.parametrize("role", OVERSEEING)
def test_an_unrestricted_view_holds_all_chats(role: Role) -> None:
    """V13"""
    assert _seen(Scope(ANA, role)) == {*EVERYTHING}


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_groups_do_not_restrict_administrators_and_auditors(role: Role) -> None:
    """V13"""
    assert _seen(Scope(ANA, role, frozenset({SALES}))) == {*EVERYTHING}


def test_a_supervisor_of_groups_sees_theirs_and_his_own() -> None:
    """V13"""
    scope = Scope(ANA, Role.SUPERVISOR, frozenset({SALES}))
    assert _seen(scope) == _own() | {case for case in EVERYTHING if case[1] == "sales"}


def test_an_operator_sees_his_own_and_what_is_new_for_him() -> None:
    """V13"""
    scope = Scope(ANA, Role.OPERATOR, frozenset({SALES}))
    assert _seen(scope) == _own() | {(None, None, True), (None, "sales", True)}


def test_an_operator_of_no_group_sees_the_new_chats_of_none() -> None:
    """V13"""
    assert _seen(Scope(ANA, Role.OPERATOR)) == _own() | {(None, None, True)}


def test_a_switch_hides_new_chats_from_an_operator_and_from_nobody_else() -> None:
    """V13"""
    groups = frozenset({SALES})
    assert _seen(Scope(ANA, Role.OPERATOR, groups, sees_new=False)) == _own()
    for role in OVERSEEING:
        assert _seen(Scope(ANA, role, groups, sees_new=False)) == _seen(Scope(ANA, role, groups))


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.AUDITOR, ["read", "audit", "replay"]),
        (Role.OPERATOR, ["read", "act"]),
        (Role.SUPERVISOR, ["read", "act", "supervise", "documents", "replay"]),
        (
            Role.ADMINISTRATOR,
            ["read", "act", "supervise", "administer", "audit", "documents", "replay"],
        ),
    ],
)
def test_every_role_may_do_its_own_and_no_more(role: Role, rights: list[str]) -> None:
    """V13: an auditor changes nothing."""
    scope = Scope(ANA, role)
    assert scope.rights == rights
    assert [action for action in (*Action, "anything else") if scope.may(action)] == rights


def test_a_token_gives_no_more_than_its_scopes_and_no_more_than_its_owner_may() -> None:
    everything = [action.value for action in Action]
    boss = Scope(ANA, Role.ADMINISTRATOR)
    assert boss.limited_to(["act"]).rights == ["read", "act"]
    assert boss.limited_to([]).rights == ["read"]
    assert Scope(ANA, Role.OPERATOR).limited_to(everything).rights == ["read", "act"]
    assert not can(boss.limited_to([]), Action.ACT, ChatPlace("ana", None, is_open=True))


EVERYBODYS, SALES_OWN, BILLINGS_OWN = (
    Belonging(),
    Belonging(group_id=SALES),
    Belonging(group_id=BILLING),
)
MINE, BIAS = Belonging(owner="ana"), Belonging(owner="bia")
SHARED = (EVERYBODYS, SALES_OWN, BILLINGS_OWN, MINE, BIAS)


@pytest.mark.parametrize(
    ("scope", "sees", "changes"),
    [
        (
            Scope(ANA, Role.OPERATOR, frozenset({SALES})),
            (EVERYBODYS, SALES_OWN, MINE),
            (MINE,),
        ),
        (
            Scope(ANA, Role.SUPERVISOR, frozenset({SALES})),
            (EVERYBODYS, SALES_OWN, MINE),
            (SALES_OWN, MINE),
        ),
        (
            Scope(ANA, Role.SUPERVISOR),
            (EVERYBODYS, SALES_OWN, BILLINGS_OWN, MINE),
            (SALES_OWN, BILLINGS_OWN, MINE),
        ),
        (
            Scope(ANA, Role.ADMINISTRATOR),
            (EVERYBODYS, SALES_OWN, BILLINGS_OWN, MINE),
            (EVERYBODYS, SALES_OWN, BILLINGS_OWN, MINE),
        ),
        (
            Scope(ANA, Role.AUDITOR),
            (EVERYBODYS, SALES_OWN, BILLINGS_OWN, MINE),
            (),
        ),
    ],
    ids=["operator", "supervisor of a group", "supervisor", "administrator", "auditor"],
)
def test_what_is_shared_is_seen_and_changed_by_those_whom_it_is_for(
    scope: Scope, sees: tuple[Belonging, ...], changes: tuple[Belonging, ...]
) -> None:
    """V13: for templates and saved filters (T3, T5); what is personal is nobody else's."""
    assert tuple(one for one in SHARED if can(scope, Action.READ, one)) == sees
    assert tuple(one for one in SHARED if can(scope, Action.ACT, one)) == changes


def test_operators_are_reported_on_to_themselves_and_to_those_above_them() -> None:
    """V13"""
    bia = Colleague("bia", frozenset({SALES}))
    groups = frozenset({SALES})
    assert can(Scope(ANA, Role.OPERATOR, groups), Action.READ, Colleague("ana"))
    assert not can(Scope(ANA, Role.OPERATOR, groups), Action.READ, bia)
    assert can(Scope(ANA, Role.SUPERVISOR, groups), Action.READ, bia)
    assert not can(Scope(ANA, Role.SUPERVISOR, frozenset({BILLING})), Action.READ, bia)
    assert can(Scope(ANA, Role.AUDITOR), Action.READ, bia)
    assert not can(Scope(ANA, Role.AUDITOR), Action.SUPERVISE, bia)


def test_how_much_somebody_has_to_do_is_seen_in_his_groups_and_by_who_sees_all() -> None:
    """V13: of operators and of groups alike."""
    bias, sales = Workload(frozenset({SALES}), "bia"), Workload(frozenset({SALES}))
    for role in (Role.OPERATOR, Role.SUPERVISOR):
        near, far = (Scope(ANA, role, frozenset({group})) for group in (SALES, BILLING))
        assert (can(near, Action.READ, bias), can(near, Action.READ, sales)) == (True, True)
        assert (can(far, Action.READ, bias), can(far, Action.READ, sales)) == (False, False)
    assert can(Scope(ANA, Role.OPERATOR), Action.READ, Workload(frozenset(), "ana"))
    assert can(Scope(ANA, Role.SUPERVISOR), Action.READ, bias)


def test_nobody_takes_the_administration_from_himself() -> None:
    boss = Scope(ANA, Role.ADMINISTRATOR)
    assert can(boss, Action.ADMINISTER, Office("bia"))
    assert not can(boss, Action.ADMINISTER, Office("ana"))
    assert not can(Scope(ANA, Role.SUPERVISOR), Action.ADMINISTER, Office("bia"))


def test_what_is_everybody_s_is_changed_by_who_keeps_it() -> None:
    """T3: reply templates are kept by supervisors, too; by those of all groups."""
    kept = Belonging(kept_by=Action.SUPERVISE)
    assert can(Scope(ANA, Role.SUPERVISOR), Action.SUPERVISE, kept)
    assert not can(Scope(ANA, Role.SUPERVISOR, frozenset({SALES})), Action.SUPERVISE, kept)
    assert not can(Scope(ANA, Role.AUDITOR), Action.SUPERVISE, kept)
