"""The policies that come with the product keep what every policy keeps (R4)."""

import math
from collections.abc import Callable

import pytest

from routers.policies import BUILT_IN
from routers.policies.base import Policy, Standing
from tests.contracts.policy import RULES, Rule


@pytest.mark.parametrize("policy", BUILT_IN.values(), ids=BUILT_IN)
@pytest.mark.parametrize("rule", RULES)
def test_a_policy_keeps_the_rules_of_all_policies(rule: Rule, policy: Policy) -> None:
    """R4"""
    rule(policy)


def moody(standing: Standing) -> float:
    MOODS.append(standing)
    return len(MOODS)


def of_no_order(standing: Standing) -> float:
    return math.nan if standing.load % 2 else 0.0


def afraid(standing: Standing) -> float:
    return 1 / (standing.load - 1)


MOODS: list[Standing] = []


@pytest.mark.parametrize("rank", [moody, of_no_order, afraid])
def test_a_policy_that_breaks_one_is_found_out(rank: Callable[[Standing], float]) -> None:
    """R4"""
    broken = Policy("broken", 1, rank)
    assert not all(keeps(rule, broken) for rule in RULES)


def keeps(rule: Rule, policy: Policy) -> bool:
    try:
        rule(policy)
    except (AssertionError, ArithmeticError, BaseExceptionGroup):
        return False
    return True
