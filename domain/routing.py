"""What a policy sees, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.values import GroupId, OperatorId, Presence, Role, Timestamp


@dataclass(frozen=True, slots=True)
class Candidate:
    """One operator as he stood when an assignment was decided (R12)."""

    operator_id: OperatorId
    load: int
    capacity: int
    excluded_by: str | None = None
    """The filter that left him out (`offline`, `full`, …); None if he was eligible."""
    skill: int | None = None
    """His skill in the chat's group, 1 to 100; None for chats of no group."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a chat was given to somebody; answers "why me?" and "why not me?" (R12)."""

    policy: str
    """`least_busy`, `sticky`, …, or `pulled` and `assigned` for acts by hand."""
    policy_version: int = 1
    position: int = 0
    """The position of the log it was decided on; 0 for acts by hand."""
    candidates: tuple[Candidate, ...] = ()
    not_listed: Mapping[str, int] | None = None
    """
    How many more there were by what excluded them, `eligible` for nothing: of many operators
    those are listed who came nearest, so that a reason stays small. None: all are listed.
    """


@dataclass(frozen=True, slots=True)
class Seat:
    """One operator as routing sees him."""

    operator_id: OperatorId
    presence: Presence
    capacity: int
    role: Role = Role.OPERATOR
    load: int = 0
    """Assigned, not closed, not snoozed chats (R3)."""
    groups: frozenset[GroupId] = frozenset()
    skills: Mapping[GroupId, int] = field(default_factory=dict)
    last_assigned_at: Timestamp | None = None
    online_since: Timestamp | None = None
    given_since_online: int = 0
    """Chats given automatically since he came online, for the warm-up (R7)."""
