"""
Operators as routing sees them: how many chats each has, when he was given the last (R3, R7).

Every change is a sum or a maximum, so that chats may be folded in any order as long as
the operators' own events come first; a rebuild goes chat by chat.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.chat.events import ChatAssigned
from domain.event import Recorded
from domain.operator import PresenceChanged
from domain.routing import Seat
from domain.values import OperatorId, Presence, Timestamp, split_stream
from projections.catalog import OperatorRow
from projections.inbox import InboxRow
from projections.rows import replacing

BY_HAND: Final = frozenset({"pulled", "assigned"})
"""Policies of assignments that routing did not make."""


class SeatRow(NamedTuple):
    operator_id: OperatorId
    changed: int = 0
    load: int = 0
    """Assigned, not closed, not snoozed chats."""
    last_assigned_at: Timestamp | None = None
    online_at: int = 0
    """Position at which he came online last."""
    given_since_online: int = 0
    """Chats given automatically since then."""

    @property
    def key(self) -> tuple[str]:
        return (self.operator_id,)


@dataclass(frozen=True, slots=True)
class SeatChange:
    """What one event does to one seat."""

    operator_id: OperatorId
    position: int
    load: int = 0
    assigned_at: Timestamp | None = None
    is_automatic: bool = False
    came_online: bool = False


_with = replacing(SeatRow)


def changes(
    before: InboxRow | None, after: InboxRow | None, recorded: Recorded
) -> list[SeatChange]:
    """Return what an event of a chat, which led from one row to the next, does to seats."""
    if (
        before is not None
        and after is not None
        and before.operator_id == after.operator_id
        and before.snoozed_until == after.snoozed_until
    ):
        return []
    had = None if before is None else before.operator_id
    has = None if after is None else after.operator_id
    left = None if before is None else before.occupies
    taken = None if after is None else after.occupies
    if had == has and left == taken:
        return []
    found = []
    if left is not None and left != taken:
        found.append(SeatChange(left, recorded.position, load=-1))
    event = recorded.event
    if has is not None:
        change = SeatChange(
            has,
            recorded.position,
            load=1 if taken is not None and taken != left else 0,
            # A chat that only wakes up was given to him before.
            assigned_at=event.at if has != had else None,
            is_automatic=isinstance(event, ChatAssigned) and event.reason.policy not in BY_HAND,
        )
        found.append(change)
    return found


def coming_online(before: OperatorRow | None, recorded: Recorded) -> Iterator[SeatChange]:
    """Yield what an event of an operator does to his seat."""
    event = recorded.event
    was_online = before is not None and before.presence is Presence.ONLINE
    if isinstance(event, PresenceChanged) and event.presence is Presence.ONLINE and not was_online:
        operator_id = OperatorId(split_stream(recorded.stream)[1])
        yield SeatChange(operator_id, recorded.position, came_online=True)


def apply(row: SeatRow | None, change: SeatChange) -> SeatRow:
    """Return the row after one more change."""
    if row is None:
        row = SeatRow(change.operator_id)
    changed = max(row.changed, change.position)
    if change.came_online:
        return _with(row, changed=changed, online_at=change.position, given_since_online=0)
    counts = change.is_automatic and change.position > row.online_at
    known = [at for at in (row.last_assigned_at, change.assigned_at) if at is not None]
    return _with(
        row,
        changed=changed,
        load=row.load + change.load,
        last_assigned_at=max(known, default=None),
        given_since_online=row.given_since_online + counts,
    )


def joined(one: SeatRow, other: SeatRow) -> SeatRow:
    """Return one row for two that each saw a part of the chats."""
    known = [at for at in (one.last_assigned_at, other.last_assigned_at) if at is not None]
    return _with(
        one,
        changed=max(one.changed, other.changed),
        load=one.load + other.load,
        last_assigned_at=max(known, default=None),
        online_at=max(one.online_at, other.online_at),
        given_since_online=one.given_since_online + other.given_since_online,
    )


def seat(operator: OperatorRow, row: SeatRow | None) -> Seat:
    """Return what a policy sees of an operator."""
    row = row or SeatRow(operator.id)
    return Seat(
        operator_id=operator.id,
        presence=operator.presence,
        capacity=operator.capacity,
        role=operator.role,
        load=row.load,
        groups=frozenset(group for group, _ in operator.skills),
        skills=dict(operator.skills),
        last_assigned_at=row.last_assigned_at,
        online_since=operator.online_since,
        given_since_online=row.given_since_online,
    )
