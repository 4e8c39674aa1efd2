"""What a policy is: a name, a version, and an order over the operators who may take a chat."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.values import OperatorId

Rank = float | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """
    One operator who may take a chat of a group, as he stands when it is decided.

    It says nothing of the chat: an order that holds for every chat of a group is kept from
    one decision to the next, so that a decision costs the same with 10 operators and 1,000.
    """

    operator_id: OperatorId
    load: int
    """Chats that count against his capacity (R3), those just decided for him included."""
    capacity: int
    turn: int
    """Grows with every chat that anybody is given, so lower is longer ago; 0 for never."""
    skill: int = 0
    """His skill in the group, 1 to 100; 0 for chats of no group."""


@dataclass(frozen=True, slots=True)
class Policy:
    """
    Who of the eligible gets a chat: whoever `rank` puts lowest (R4).

    `rank` must be pure. Equal ranks go to the lowest `turn`, then to the lowest operator
    id, for every policy alike, so that the same standings always give the same answer.
    """

    name: str
    version: int
    """Raised with every change of `rank`; it is recorded with each assignment (R12)."""
    rank: Callable[[Standing], Rank]
