"""The chat goes to whoever was given one longest ago."""

from typing import Final

from routers.policies.base import Policy, Standing


def rank(standing: Standing) -> int:
    """Return his turn: lowest for whoever was given a chat longest ago, or never."""
    return standing.turn


ROUND_ROBIN: Final = Policy("round_robin", 1, rank)
