"""The chat goes to whoever is best at what its group does, and of equals to the least busy."""

from typing import Final

from routers.policies.base import Policy, Standing
from routers.policies.least_busy import rank as busyness


def rank(standing: Standing) -> tuple[float, float]:
    """
    Return skill before load. For chats of no group nobody has a skill: load alone decides.

    >>> from domain.values import OperatorId
    >>> rank(Standing(OperatorId("ana"), 4, 5, 0, skill=90)) < rank(
    ...     Standing(OperatorId("bia"), 0, 5, 0, skill=80)
    ... )
    True
    """
    return (-standing.skill, busyness(standing))


MOST_SKILLED: Final = Policy("most_skilled", 1, rank)
