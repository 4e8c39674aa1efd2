"""Who sees and may do what (V13)."""

from itertools import product

import pytest

from domain.access import Scope
from domain.values import GroupId, OperatorId, Role

ANA = OperatorId("ana")
SALES = GroupId("sales")
OWNERS = (None, "ana", "bia")
GROUPS = (None, "sales", "billing")
EVERYTHING = [*product(OWNERS, GROUPS, (True, False))]


def _seen(scope: Scope) -> set[tuple[str | None, str | None, bool]]:
    return {
        (owner, group, is_open)
        for owner, group, is_open in EVERYTHING
        if scope.sees(owner, group, is_open=is_open)
    }


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR, Role.SUPERVISOR])
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
    expected = {case for case in EVERYTHING if case[0] == "ana" or case[1] == "sales"}
    assert _seen(scope) == expected


def test_an_operator_sees_his_own_and_what_is_new_for_him() -> None:
    """V13"""
    scope = Scope(ANA, Role.OPERATOR, frozenset({SALES}))
    new = {(None, None, True), (None, "sales", True)}
    own = {case for case in EVERYTHING if case[0] == "ana"}
    assert _seen(scope) == own | new


def test_an_operator_of_no_group_sees_the_new_chats_of_none() -> None:
    """V13"""
    own = {case for case in EVERYTHING if case[0] == "ana"}
    assert _seen(Scope(ANA, Role.OPERATOR)) == own | {(None, None, True)}


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.AUDITOR, set[str]()),
        (Role.OPERATOR, {"act"}),
        (Role.SUPERVISOR, {"act", "supervise"}),
        (Role.ADMINISTRATOR, {"act", "supervise", "administer"}),
    ],
)
def test_every_role_may_do_its_own_and_no_more(role: Role, rights: set[str]) -> None:
    """V13: an auditor changes nothing."""
    actions = ("act", "supervise", "administer", "anything else")
    assert {action for action in actions if Scope(ANA, role).may(action)} == rights
