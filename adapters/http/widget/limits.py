"""How much one visitor, or one address, may ask of this process."""

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from time import monotonic
from typing import Final

from adapters.http.problems import Problem

MOST_KNOWN: Final = 50_000
"""Of those who asked lately; whoever asked longest ago is forgotten."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """`burst` at once, and `per_second` from then on."""

    burst: int
    per_second: float


SESSIONS: Final = Allowance(60, 1.0)
"""For one address: a whole office may sit behind it."""
WORDS: Final = Allowance(30, 2.0)
"""For one visitor: messages, signs of typing, receipts."""
CALLS: Final = Allowance(300, 30.0)
"""For one address, over all its visitors."""


class Limits:
    """Leaky buckets in memory; each process has its own."""

    def __init__(self) -> None:
        self._used: Final = OrderedDict[tuple[str, ...], tuple[float, float]]()

    def take(self, allowance: Allowance, *who: str) -> None:
        """Note one more; raise a 429 problem that tells when to come again."""
        now = monotonic()
        used, at = self._used.pop(who, (0.0, now))
        used = max(0.0, used - (now - at) * allowance.per_second)
        allowed = used + 1 <= allowance.burst
        self._used[who] = (used + 1 if allowed else used, now)
        if len(self._used) > MOST_KNOWN:
            self._used.popitem(last=False)
        if not allowed:
            wait = ceil((used + 1 - allowance.burst) / allowance.per_second)
            raise Problem(429, "too_many_requests", retry_after=wait)
