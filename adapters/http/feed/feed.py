"""One feed: the views that some subscribers share, and what they have still to get."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from adapters.http.feed import frames
from adapters.http.feed.ring import Ring
from adapters.http.feed.tokens import Place, Token
from adapters.http.feed.views import LiveView

FeedKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What a flush says of one view."""

    body: bytes
    changes: int
    refetch: str | None = None
    """Why `body` is a snapshot and not a delta."""

    def frame(self, name: str, token: bytes = b"") -> bytes:
        """Return what is said, to who calls the view by this name."""
        body = frames.named(name, self.body)
        if self.refetch is None:
            return frames.frame(b"delta", body, token)
        return must_refetch(name, self.refetch) + frames.frame(b"snapshot", body, token)


class Feed:
    """Views under the names that its subscribers gave them; equal subscriptions share one."""

    def __init__(
        self, key: FeedKey, views: Sequence[tuple[str, LiveView]], rights: str, fingerprint: str
    ) -> None:
        self.key: Final = key
        self.views: Final = views
        self.rights: Final = rights
        self.fingerprint: Final = fingerprint
        """Of the views: who comes with another one had others."""
        self.ring = Ring(Place(0))
        self.is_open = False
        self.users = 0
        self.unused_since = 0.0
        self._waiting: list[asyncio.Future[None]] = []

    def open(self, place: Place) -> None:
        """Begin: all views are there, as of this place."""
        read_at = max(view.read_at for _, view in self.views)
        self.ring = Ring(max(place, Place(read_at)))
        self.is_open = True

    def push(self, place: Place, told: Mapping[LiveView, Told]) -> None:
        """Add what a flush says, and wake who waits for it."""
        if not self.is_open:
            return
        token = self.token(place)
        concerned = [(name, told[view]) for name, view in self.views if view in told]
        concerned.sort(key=lambda one: frames.adds_only(one[1].body))
        parts = [one.frame(name) for name, one in concerned[:-1]]
        # A place may be given only with the last word about it.
        parts += [one.frame(name, token) for name, one in concerned[-1:]]
        parts.append(up_to_date(place, token))
        changes = sum(one.changes for _, one in concerned)
        self.ring.add(place, b"".join(parts), changes)
        self.wake()

    def wake(self) -> None:
        """Let everybody who waits look again."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def news(self) -> None:
        """Return when there may be something to send."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    def snapshots(self, place: Place, reason: str | None = None) -> bytes:
        """Return all views whole; with a reason, each is told to be dropped first."""
        parts = []
        for name, view in self.views:
            if reason is not None:
                parts.append(must_refetch(name, reason))
            parts.append(frames.frame(b"snapshot", frames.named(name, view.snapshot())))
        return b"".join([*parts, self.up_to_date(place)])

    def token(self, place: Place) -> bytes:
        """Return where a subscriber of this feed may resume."""
        return bytes(Token(place, self.rights, self.fingerprint))

    def up_to_date(self, place: Place) -> bytes:
        return up_to_date(place, self.token(place))


def up_to_date(place: Place, token: bytes) -> bytes:
    return frames.frame(b"up_to_date", b'{"position":%d}' % place.position, token)


def bye(reason: str, retry_ms: int) -> bytes:
    """Return the last event: come back, after a while."""
    said = {"reason": reason, "retry_ms": retry_ms}
    return b"retry: %d\n" % retry_ms + frames.frame(b"bye", said)


def must_refetch(view: str, reason: str) -> bytes:
    return frames.frame(b"must_refetch", orjson.dumps({"view": view, "reason": reason}))
