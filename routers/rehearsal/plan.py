"""What is to be different in a rehearsal from what really was."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.account import AccountConfigured, AccountSettings
from domain.event import Event
from domain.group import GroupConfigured, GroupSettings
from domain.operator import DEFAULT_CAPACITY, CapacityChanged, OperatorCreated, PresenceChanged
from domain.values import GroupId, OperatorId, Presence, StreamId, split_stream
from routers.records import KnownSeat, Snapshot


@dataclass(frozen=True, slots=True)
class Capacity:
    """
    Everybody's capacity: a number, or so much more (or less) than each really has.

    >>> Capacity(2, is_added=True).instead_of(5), Capacity(8).instead_of(5)
    (7, 8)
    """

    number: int
    is_added: bool = False

    def instead_of(self, real: int) -> int:
        return max(0, real + self.number) if self.is_added else self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is None or empty is as it really was."""

    policy: str | None = None
    group_id: GroupId | None = None
    """The one group that the policy is for; None for all."""
    capacity: Capacity | None = None
    presences: Mapping[OperatorId, Presence] = field(default_factory=dict)
    """What some operators are from the start to the end, whatever they really were."""

    def snapshot(self, real: Snapshot) -> Snapshot:
        """Return how things would have stood at the start."""
        groups = {id_: self._group(id_, settings) for id_, settings in real.groups.items()}
        if self.policy is not None and self.group_id is not None:
            groups.setdefault(self.group_id, GroupSettings(policy=self.policy))
        seats = [self._seat(seat) for seat in real.seats]
        return replace(real, settings=self._account(real.settings), groups=groups, seats=seats)

    def events(self, stream: StreamId, event: Event) -> tuple[Event, ...]:
        """Return what would have happened in the place of an event of no chat."""
        id_ = split_stream(stream)[1]
        match event:
            case AccountConfigured(settings=account):
                return (replace(event, settings=self._account(account)),)
            case GroupConfigured(settings=group):
                return (replace(event, settings=self._group(GroupId(id_), group)),)
            case PresenceChanged() if id_ in self.presences:
                return ()
            case CapacityChanged(capacity=real) if self.capacity is not None:
                return (replace(event, capacity=self.capacity.instead_of(real)),)
            case OperatorCreated(at=at) if self.capacity is not None:
                capacity = self.capacity.instead_of(DEFAULT_CAPACITY)
                return (event, CapacityChanged(at=at, capacity=capacity))
            case _:
                return (event,)

    def lets_act(self, operator_id: OperatorId | None) -> bool:
        """Return whether somebody is there to take a chat by hand, as he really did."""
        return operator_id is None or self.presences.get(operator_id) in {None, Presence.ONLINE}

    def _account(self, real: AccountSettings) -> AccountSettings:
        if self.policy is None or self.group_id is not None:
            return real
        return replace(real, policy=self.policy)

    def _group(self, group_id: GroupId, real: GroupSettings) -> GroupSettings:
        if self.policy is None or self.group_id not in {None, group_id}:
            return real
        return replace(real, policy=self.policy if self.group_id == group_id else None)

    def _seat(self, real: KnownSeat) -> KnownSeat:
        presence = self.presences.get(real.operator_id, real.presence)
        since = real.online_since if presence is real.presence else None
        capacity = real.capacity
        if self.capacity is not None:
            capacity = self.capacity.instead_of(capacity)
        return replace(real, presence=presence, online_since=since, capacity=capacity)
