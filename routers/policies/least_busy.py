"""The chat goes to whoever has the lowest load for his capacity."""

from typing import Final

from routers.policies.base import Policy, Standing


def rank(standing: Standing) -> float:
    """
    Return how full he is, 0 to 1; a capacity of 0 is as full as can be.

    Division of small integers is correctly rounded: equal ratios give equal numbers (1/3
    and 2/6), and different ones different numbers, for capacities up to 60 million.

    >>> from domain.values import OperatorId
    >>> rank(Standing(OperatorId("ana"), 1, 3, 0)) == rank(Standing(OperatorId("bia"), 2, 6, 0))
    True
    """
    return standing.load / standing.capacity if standing.capacity else 1.0


LEAST_BUSY: Final = Policy("least_busy", 1, rank)
