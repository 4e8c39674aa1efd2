"""Who may be written to now: the 24 hours after a client's last message, and one to each in 6 s."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from deploy.demo.providers import Clock

WINDOW: Final = timedelta(hours=24)
WINDOW_OF_PEOPLE: Final = timedelta(days=7)
EACH: Final = timedelta(seconds=6)


@dataclass(slots=True)
class Windows:
    """When each client last wrote. Nothing is enforced until somebody asks for it."""

    clock: Clock
    enforced: bool = False
    closed: set[str] = field(default_factory=set)
    """Clients that are past their window whatever the clock says."""
    _last: dict[str, datetime] = field(default_factory=dict)

    def opened_by(self, client: str) -> None:
        self._last[client.removeprefix("+")] = self.clock()

    def is_closed(self, client: str, lasts: timedelta = WINDOW) -> bool:
        if client in self.closed:
            return True
        if not self.enforced:
            return False
        last = self._last.get(client.removeprefix("+"))
        return last is None or self.clock() - last > lasts


@dataclass(slots=True)
class PairRate:
    """One message in 6 seconds to each client, `burst` borrowed ahead; None: not enforced."""

    clock: Clock
    burst: int | None = None
    _free_from: dict[str, datetime] = field(default_factory=dict)

    def is_exceeded(self, client: str) -> bool:
        """Return whether this message is one too many; if it is not, it counts."""
        if self.burst is None:
            return False
        now = self.clock()
        free_from = max(self._free_from.get(client, now), now)
        if free_from - now > EACH * self.burst:
            return True
        self._free_from[client] = free_from + EACH
        return False
