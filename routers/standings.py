"""Who may take a group's chats, in its policy's order, and what keeps the others from it."""

from collections.abc import Collection, Mapping
from math import isnan
from typing import Any, Final, cast

from domain.routing import Candidate
from domain.values import GroupId, OperatorId, Timestamp
from routers.ordering import Ranked
from routers.policies.base import Policy, Rank, Standing
from routers.seats import Filter, Seat

MOST_LISTED: Final = 60
"""Candidates told of in a reason; of more, those who came nearest, and how many there were."""
ELIGIBLE: Final = "eligible"
NEAREST_FIRST: Final = (
    Filter.FULL,
    Filter.WARMING_UP,
    Filter.AWAY,
    Filter.CLOSED,
    Filter.OFFLINE,
    Filter.INACTIVE,
)

Listed = tuple[tuple[Candidate, ...], dict[str, int]]
"""Candidates by operator id, and how many more there were by what excluded them."""


class RankIsNoNumber(Exception):
    """A policy answered with something that has no place in an order."""

    def __init__(self, policy: str, rank: object) -> None:
        super().__init__(f"policy {policy} ranks somebody {rank!r}")


class Standings:
    """The members of one group as they stand. A change costs O(log n), and so does a choice."""

    __slots__ = (
        "_candidates",
        "_changed",
        "_excluded",
        "_group_id",
        "_members",
        "_order",
        "_policy",
    )

    def __init__(self, group_id: GroupId | None) -> None:
        self._group_id = group_id
        self._members: set[OperatorId] = set()
        self._policy: Policy | None = None
        self._changed: dict[OperatorId, None] = {}
        self._order: Ranked[OperatorId, tuple[Rank, int]] = Ranked()
        self._excluded: dict[str, Ranked[OperatorId, tuple[()]]] = {}
        self._candidates: dict[OperatorId, Candidate] = {}

    def join(self, operator_id: OperatorId) -> None:
        self._members.add(operator_id)
        self.forget_order()

    def leave(self, operator_id: OperatorId) -> None:
        self._members.discard(operator_id)
        self.forget_order()

    def note_change(self, operator_id: OperatorId) -> None:
        """Have an operator looked at again before the next decision."""
        self._changed[operator_id] = None

    def forget_order(self) -> None:
        """Have every operator looked at again, whatever was known of their order."""
        self._policy = None

    def look_again(
        self, policy: Policy, seats: Mapping[OperatorId, Seat], now: Timestamp, warmup: int
    ) -> list[OperatorId]:
        """
        Bring the order up to what changed; raises whatever the policy raises.

        Returns whom it found in his first minute online, to be looked at when that is over.
        """
        warming = list[OperatorId]()
        if self._policy is not policy:
            self._order.clear()
            self._excluded.clear()
            self._candidates.clear()
            self._changed = dict.fromkeys(sorted(self._members))
            self._policy = policy
        while self._changed:
            operator_id = next(iter(self._changed))
            if self._look_at(seats[operator_id], policy, now, warmup) is Filter.WARMING_UP:
                warming.append(operator_id)
            del self._changed[operator_id]
        return warming

    def _look_at(self, seat: Seat, policy: Policy, now: Timestamp, warmup: int) -> Filter | None:
        if seat.id not in self._members:
            return None
        if (known := self._candidates.get(seat.id)) is not None and known.excluded_by is not None:
            self._excluded[known.excluded_by].discard(seat.id)
        load, capacity, skill = seat.full_load, seat.known.capacity, self._skill(seat)
        excluded_by = seat.excluded_by(now, warmup)
        self._candidates[seat.id] = Candidate(seat.id, load, capacity, excluded_by, skill or None)
        if excluded_by is not None:
            self._order.discard(seat.id)
            self._excluded.setdefault(excluded_by, Ranked()).put(seat.id, ())
            return excluded_by
        turn = seat.turn
        rank = policy.rank(Standing(seat.id, load, capacity, turn, skill))
        self._order.put(seat.id, (_checked(policy, rank), turn))
        return None

    def _skill(self, seat: Seat) -> int:
        return 0 if self._group_id is None else seat.known.skills.get(self._group_id, 0)

    @property
    def has_somebody(self) -> bool:
        return len(self._order) > 0

    def may_take(self, operator_id: OperatorId) -> bool:
        """Return whether an operator is eligible, as he was last looked at (R2)."""
        return operator_id in self._order

    def choose(self, left_out: Collection[OperatorId]) -> OperatorId | None:
        """Return who gets a chat that passes over `left_out`; None where nobody may."""
        return next((id_ for id_ in self._order if id_ not in left_out), None)

    def candidates(self, left_out: Collection[OperatorId], chosen: OperatorId) -> Listed:
        """Return those who were looked at, and what excluded each (R12), `chosen` among them."""
        if len(self._candidates) <= MOST_LISTED:
            # They were all looked at by id first, and a change leaves each in its place.
            if not left_out:
                return tuple(self._candidates.values()), {}
            return tuple([self._told(id_, left_out) for id_ in self._candidates]), {}
        passed_over = [id_ for id_ in sorted(left_out) if id_ in self._order]
        listed = dict.fromkeys([chosen, *passed_over, *self._order.best(MOST_LISTED)])
        totals = {ELIGIBLE: len(self._order)}
        for filter_ in NEAREST_FIRST:
            if (excluded := self._excluded.get(filter_)) is not None:
                listed |= dict.fromkeys(excluded.best(max(0, MOST_LISTED - len(listed))))
                totals[filter_.value] = len(excluded)
        told = sorted([*listed][:MOST_LISTED])
        for id_ in told:
            totals[self._candidates[id_].excluded_by or ELIGIBLE] -= 1
        more = {name: number for name, number in totals.items() if number > 0}
        if not left_out:
            return tuple([self._candidates[id_] for id_ in told]), more
        return tuple([self._told(id_, left_out) for id_ in told]), more

    def _told(self, operator_id: OperatorId, left_out: Collection[OperatorId]) -> Candidate:
        known = self._candidates[operator_id]
        if operator_id in left_out and known.excluded_by is None:
            why = Filter.LEFT_OUT.value
            return Candidate(known.operator_id, known.load, known.capacity, why, known.skill)
        return known


def _checked(policy: Policy, rank: Any) -> Rank:
    """Return a rank that has a place in an order; a policy may be anybody's."""
    for part in rank if isinstance(rank, tuple) else (rank,):
        if not isinstance(part, int | float) or isnan(part):
            raise RankIsNoNumber(policy.name, rank)
    return cast("Rank", rank)
