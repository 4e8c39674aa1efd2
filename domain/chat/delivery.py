"""How far a message has come, told by reports that come in any order (M6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from domain.chat.events import MessageState

DELIVERY_ORDER: Final = (
    MessageState.QUEUED,
    MessageState.UNKNOWN,
    MessageState.SENT,
    MessageState.FAILED,
    MessageState.DELIVERED,
    MessageState.READ,
    MessageState.PLAYED,
)
"""
Reports come in any order; the highest one stands. `failed` is above `sent`, since a
provider that took a message may still fail to deliver it, and below what proves that it came.
"""
_RANKS: Final = {state: rank for rank, state in enumerate(DELIVERY_ORDER)}

PROVEN: Final = frozenset({MessageState.DELIVERED, MessageState.READ, MessageState.PLAYED})
"""The states that mean that the client has it."""


def rank(state: MessageState) -> int:
    """Return how far up a state stands."""
    return _RANKS[state]


@dataclass(frozen=True, slots=True)
class Split:
    """
    A message that leaves in several parts, each with an id and a fate of its own.

    The whole has come only where every part has: one that failed is never hidden by
    another that arrived.
    """

    parts: int
    states: Mapping[str, MessageState] = field(default_factory=dict)
    """By the provider's id, in the order in which they left."""

    def knows(self, provider_id: str) -> bool:
        """Return whether a part is called so, or may be one that nobody has told of yet."""
        return provider_id in self.states or len(self.states) < self.parts

    def after(self, provider_id: str, state: MessageState) -> "Split":
        """Return the parts after one of them came so far."""
        return replace(self, states={**self.states, provider_id: state})

    @property
    def whole(self) -> MessageState | None:
        """Return how far all of it has come; None while some of it has not left."""
        states = self.states.values()
        if MessageState.FAILED in states:
            return MessageState.FAILED
        return min(states, key=rank) if len(self.states) == self.parts else None

    @property
    def safe(self) -> tuple[str, ...]:
        """Return the ids of the first parts, up to the first that is missing or failed."""
        ids = tuple(self.states)
        failed = [n for n, id_ in enumerate(ids) if self.states[id_] is MessageState.FAILED]
        return ids[: failed[0]] if failed else ids

    def resumed(self) -> "Split":
        """Return what stays of the parts when the message is sent again: the safe ones."""
        return replace(self, states={id_: self.states[id_] for id_ in self.safe})
