"""How long things took, in constant memory."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil, log
from typing import Final

_FINEST: Final = 0.001
"""Seconds; less counts as this."""
_STEP: Final = log(1.01)


@dataclass(slots=True)
class Spread:
    """
    Times, to within one per cent however many there are.

    >>> times = Spread()
    >>> for seconds in (1, 2, 3, 4):
    ...     times.add(timedelta(seconds=seconds))
    >>> times.count, round(times.percentile(50) or 0, 1), round(times.percentile(99) or 0, 1)
    (4, 2.0, 4.0)
    """

    _steps: Counter[int] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        return self._steps.total()

    def add(self, time: timedelta) -> None:
        seconds = max(_FINEST, time.total_seconds())
        self._steps[ceil(log(seconds / _FINEST) / _STEP - 1e-9)] += 1

    def percentile(self, share: float) -> float | None:
        """Return the seconds that `share` percent do not exceed; None when there is nothing."""
        wanted = ceil(self.count * share / 100)
        for step in sorted(self._steps):
            wanted -= self._steps[step]
            if wanted <= 0:
                return _FINEST * 1.01**step
        return None
