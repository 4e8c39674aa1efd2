"""How many requests one person or program may make: each has an allowance of its own."""

from collections.abc import Callable
from math import ceil
from time import monotonic
from typing import Final

from adapters.http.problems import Problem

AHEAD: Final = 10.0
"""Seconds' worth of requests that may come at once."""
_MOST_KNOWN: Final = 20_000


class Pace:
    """Allowances in this process: so many requests a second each, and some ahead."""

    def __init__(self, per_second: int, clock: Callable[[], float] = monotonic) -> None:
        self._per_second: Final = per_second
        """0 for as many as one likes."""
        self._clock: Final = clock
        self._used: dict[str, tuple[float, float]] = {}
        """Of each: how many seconds' worth he has used ahead, and as of when."""

    def take(self, who: str) -> None:
        """Count one request; raise a 429 problem that tells when to come again."""
        if not self._per_second:
            return
        now = self._clock()
        used, at = self._used.get(who, (0.0, now))
        used = max(0.0, used - (now - at)) + 1 / self._per_second
        if used > AHEAD:
            raise Problem(429, "too_many_requests", retry_after=max(1, ceil(used - AHEAD)))
        if len(self._used) >= _MOST_KNOWN:
            self._used = {one: (u, t) for one, (u, t) in self._used.items() if u > now - t}
        self._used[who] = (used, now)
