"""How fast an account may send: token buckets, one for it and one for each peer (M6)."""

from collections.abc import Callable
from time import monotonic
from typing import Final, Literal

from adapters.channels.capabilities import Capabilities, Rate

SMOOTHING: Final = 10
"""A pace without a burst of its own may still be run through a tenth of it at a time."""


class Bucket:
    """Tokens that come back with time; each call takes one, and a debt is waited off."""

    def __init__(self, rate: Rate, now: float) -> None:
        self._per_second: Final = rate.count / rate.per.total_seconds()
        self._size: Final = float(max(1, rate.burst, rate.count // SMOOTHING))
        self._tokens = self._size
        self._at = now
        self._held_until = now

    def tokens(self, now: float) -> float:
        """Return how many calls may be made now."""
        self._tokens = min(self._size, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        return self._tokens if now >= self._held_until else 0.0

    def wait(self, now: float) -> float:
        """Return the seconds until a call may be made."""
        missing = (1 - self.tokens(now)) / self._per_second
        return max(0.0, self._held_until - now, missing if now >= self._held_until else 0.0)

    def spend(self, now: float) -> None:
        self.tokens(now)
        self._tokens -= 1

    def hold(self, until: float) -> None:
        """Let nothing through until then; a longer hold stays."""
        self._held_until = max(self._held_until, until)

    def is_full(self, now: float) -> bool:
        return self.tokens(now) >= self._size


class Pace:
    """What one account may send now, by its own limits and by what the provider last said."""

    def __init__(self, capabilities: Capabilities, clock: Callable[[], float] = monotonic) -> None:
        self._clock: Final = clock
        self._account: Final = Bucket(capabilities.rate_per_account, clock())
        self._per_peer: Final = capabilities.rate_per_peer
        self._per_group: Final = capabilities.rate_per_group or capabilities.rate_per_peer
        self._groups: Final = set[str]()
        self._peers: Final = dict[str, Bucket]()

    def room(self) -> int:
        """Return how many messages may leave now."""
        return max(0, int(self._account.tokens(self._clock())))

    def wait(self) -> float:
        """Return the seconds until a message may leave."""
        return self._account.wait(self._clock())

    def waiting(self) -> list[str]:
        """Return the peers to whom nothing may be sent now."""
        now = self._clock()
        for peer in [peer for peer, bucket in self._peers.items() if bucket.is_full(now)]:
            del self._peers[peer]
        return [peer for peer, bucket in self._peers.items() if bucket.tokens(now) < 1]

    def note_group(self, peer: str) -> None:
        """Know from now on that a peer is a chat of many, which has a rate of its own."""
        self._groups.add(peer)

    def allows(self, peer: str) -> bool:
        """Return whether one more call may be made to a peer now."""
        now = self._clock()
        bucket = self._peers.get(peer)
        return self._account.tokens(now) >= 1 and (bucket is None or bucket.tokens(now) >= 1)

    def spend(self, peer: str) -> None:
        """Count one call to a peer."""
        self._account.spend(self._clock())
        self._of(peer).spend(self._clock())

    def hold(self, scope: Literal["account", "peer"], peer: str, seconds: float) -> None:
        """Make no call for so long, by this account or to this peer."""
        bucket = self._account if scope == "account" else self._of(peer)
        bucket.hold(self._clock() + seconds)

    def _of(self, peer: str) -> Bucket:
        if peer not in self._peers:
            rate = self._per_group if peer in self._groups else self._per_peer
            self._peers[peer] = Bucket(rate, self._clock())
        return self._peers[peer]
