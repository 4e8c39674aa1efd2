"""What a policy sees, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.values import GroupId, OperatorId, Presence, Timestamp


@dataclass(frozen=True, slots=True)
class Candidate:
    """One operator as he stood when an assignment was decided (R12)."""

    operator_id: OperatorId
    load: int
    capacity: int
    excluded_by: str | None = None
    """The filter that left him out (`offline`, `full`, …); None if he was eligible."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a chat was given to somebody; answers "why me?" and "why not me?" (R12)."""

    policy: str
    """`least_busy`, `round_robin`, …, or `pulled` and `assigned` for acts by hand."""
    policy_version: int = 1
    position: int = 0
    """The position of the log it was decided on; 0 for acts by hand."""
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Seat:
    """One operator as routing sees him."""

    operator_id: OperatorId
    presence: Presence
    capacity: int
    load: int = 0
    """Assigned, not closed, not snoozed chats (R3)."""
    groups: frozenset[GroupId] = frozenset()
    skills: Mapping[GroupId, int] = field(default_factory=dict)
    last_assigned_at: Timestamp | None = None
    online_since: Timestamp | None = None
    given_since_online: int = 0
    """Chats given automatically since he came online, for the warm-up (R7)."""
