"""One group as routing sees it: the chats that wait in it, and who may take them, in order."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.account import AccountSettings
from domain.group import GroupSettings
from domain.routing import Candidate
from domain.values import ChatId, GroupId, OperatorId, Timestamp
from routers.ordering import Ordered
from routers.policies.base import Policy, Rank, Standing
from routers.records import KnownChat
from routers.seats import Filter, Seat

QueueKey = tuple[int, bool, Timestamp, int]

_NO_CLOCK: Final = datetime.max.replace(tzinfo=UTC)


def queue_key(chat: KnownChat) -> QueueKey:
    """
    Return a chat's place among those that wait: priority, then age (R5).

    Chats whose last message was answered come after those with a running clock; clocks
    that started at the same instant go in the order in which the chats were opened.
    """
    since = chat.waiting_since
    return (-chat.priority.rank, since is None, since or _NO_CLOCK, chat.opened)


class Pool:
    """A group's chats and operators; with None for a group, chats of none, and every operator."""

    __slots__ = (
        "_candidates",
        "_changed",
        "_order",
        "_policy",
        "clocks",
        "group_id",
        "members",
        "queue",
        "settings",
    )

    def __init__(self, group_id: GroupId | None) -> None:
        self.group_id = group_id
        self.settings = GroupSettings()
        self.queue: Ordered[ChatId, QueueKey] = Ordered()
        """New chats, oldest first."""
        self.clocks: Ordered[ChatId, Timestamp] = Ordered()
        """Running clocks of chats that have not become waiting, by when they started (V4)."""
        self.members: set[OperatorId] = set()
        self._policy: Policy | None = None
        self._changed: dict[OperatorId, None] = {}
        self._order: Ordered[OperatorId, tuple[Rank, int]] = Ordered()
        self._candidates: dict[OperatorId, Candidate] = {}

    def join(self, operator_id: OperatorId) -> None:
        self.members.add(operator_id)
        self.forget_order()

    def leave(self, operator_id: OperatorId) -> None:
        self.members.discard(operator_id)
        self.forget_order()

    def note_change(self, operator_id: OperatorId) -> None:
        """Have an operator looked at again before the next decision."""
        self._changed[operator_id] = None

    def forget_order(self) -> None:
        """Have every operator looked at again, whatever was known of their order."""
        self._policy = None

    def policy_name(self, account: AccountSettings) -> str:
        return self.settings.policy or account.policy

    def patience(self, account: AccountSettings) -> timedelta:
        """Return how long a client may go unanswered here (V3)."""
        patience = self.settings.patience
        return account.patience if patience is None else patience

    def look_again(
        self, policy: Policy, seats: Mapping[OperatorId, Seat], now: Timestamp, warmup: int
    ) -> None:
        """Bring the order up to what changed; raises whatever the policy raises."""
        if self._policy is not policy:
            self._order.clear()
            self._candidates.clear()
            self._changed = dict.fromkeys(sorted(self.members))
            self._policy = policy
        while self._changed:
            operator_id = next(iter(self._changed))
            self._look_at(seats[operator_id], policy, now, warmup)
            del self._changed[operator_id]

    def _look_at(self, seat: Seat, policy: Policy, now: Timestamp, warmup: int) -> None:
        if seat.id not in self.members:
            return
        load, capacity = seat.full_load, seat.known.capacity
        excluded_by = seat.excluded_by(now, warmup)
        if excluded_by is not None:
            self._candidates[seat.id] = Candidate(seat.id, load, capacity, excluded_by.value)
            self._order.discard(seat.id)
            return
        self._candidates[seat.id] = Candidate(seat.id, load, capacity)
        turn = seat.turn
        skill = 0 if self.group_id is None else seat.known.skills.get(self.group_id, 0)
        rank = policy.rank(Standing(seat.id, load, capacity, turn, skill))
        self._order.put(seat.id, (rank, turn))

    @property
    def has_somebody(self) -> bool:
        return len(self._order) > 0

    def choose(self, left_out: Collection[OperatorId]) -> OperatorId | None:
        """Return who gets a chat that passes over `left_out`; None where nobody may."""
        passed_over: list[tuple[tuple[Rank, int], OperatorId]] = []
        while (first := self._order.first()) is not None and first[1] in left_out:
            passed_over.append(first)
            self._order.discard(first[1])
        for key, operator_id in passed_over:
            self._order.put(operator_id, key)
        return None if first is None else first[1]

    def candidates(self, left_out: Collection[OperatorId]) -> tuple[Candidate, ...]:
        """Return all who were looked at, by operator id, and what excluded each (R12)."""
        if not left_out:
            return tuple(self._candidates.values())
        return tuple(
            Candidate(c.operator_id, c.load, c.capacity, Filter.LEFT_OUT.value)
            if c.operator_id in left_out and c.excluded_by is None
            else c
            for c in self._candidates.values()
        )
