"""What a router counts, for metrics to read."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    assigned: int = 0
    discarded: int = 0
    """Decisions that the desk refused, for the chat or the operator had moved on (R8)."""
    became_waiting: int = 0
    released: int = 0
    counted_offline: int = 0
    policy_failures: int = 0
    sweeps_found_work: int = 0
    """Chats that only the slow sweep found: each is a cause that woke nobody (R6)."""
    started_again: int = 0
    """How often the fold was started again from a snapshot."""
