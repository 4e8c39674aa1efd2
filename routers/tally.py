"""What a router counts, for metrics to read."""

from dataclasses import dataclass
from typing import assert_never

from routers.escalation import Kind


@dataclass(slots=True)
class Tally:
    assigned: int = 0
    discarded: int = 0
    """Decisions that the desk refused, for the chat or the operator had moved on (R8)."""
    became_waiting: int = 0
    not_read: int = 0
    """Chats taken from who did not look into them in time (R11)."""
    overflowed: int = 0
    woken: int = 0
    released: int = 0
    counted_offline: int = 0
    policy_failures: int = 0
    sweeps_found_work: int = 0
    """Chats that only the slow sweep found: each is a cause that woke nobody (R6)."""
    started_again: int = 0
    """How often the fold was started again from a snapshot."""

    def count(self, kind: Kind) -> None:
        """Count something that was due and is recorded."""
        match kind:
            case Kind.WAITING:
                self.became_waiting += 1
            case Kind.UNREAD:
                self.not_read += 1
            case Kind.OVERFLOW:
                self.overflowed += 1
            case Kind.SNOOZE:
                self.woken += 1
            case _:
                assert_never(kind)
