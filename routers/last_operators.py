"""Who had each client's chat last, so that he may get the next one (R4)."""

from collections.abc import Iterable
from typing import Final

from domain.values import ClientId, OperatorId, Timestamp
from routers.records import LastOperator

MOST_KEPT: Final = 50_000
"""Clients remembered; who was with nobody for longest is forgotten first."""


class LastOperators:
    """A bounded memory: the same events leave the same in it."""

    __slots__ = ("_known",)

    def __init__(self, told: Iterable[LastOperator] = ()) -> None:
        self._known = {client_id: (operator_id, at) for client_id, operator_id, at in told}

    def note(self, client_id: ClientId | None, operator_id: OperatorId, at: Timestamp) -> None:
        """Remember that an operator had a client's chat at `at`."""
        if client_id is None:
            return
        self._known.pop(client_id, None)
        self._known[client_id] = (operator_id, at)
        if len(self._known) > MOST_KEPT:
            del self._known[next(iter(self._known))]

    def of(self, client_id: ClientId | None) -> tuple[OperatorId, Timestamp] | None:
        """Return who had a client's chat last, and until when."""
        return None if client_id is None else self._known.get(client_id)

    def told(self) -> tuple[LastOperator, ...]:
        return tuple((client_id, *known) for client_id, known in self._known.items())
