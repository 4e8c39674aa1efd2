"""What the subscribers of one feed have still to get: shared, bounded, each with a cursor."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from adapters.http.feed.tokens import Place

MOST_CHANGES: Final = 1_000
MOST_BYTES: Final = 512 * 1024
LONGEST: Final = 60.0
"""Seconds: who was away for longer is brought up from the database."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one flush adds: whole events, to be sent as they are."""

    place: Place
    data: bytes
    changes: int
    at: float


class Ring:
    """Chunks, numbered for ever; the oldest go when there are too many."""

    def __init__(self, start: Place, clock: Callable[[], float] = monotonic) -> None:
        self._chunks: Final = deque[Chunk]()
        self._clock: Final = clock
        self._before = start
        """Where who goes on here must have come to."""
        self._dropped = 0
        self._changes = 0
        self._bytes = 0

    @property
    def end(self) -> int:
        """The cursor of who has everything."""
        return self._dropped + len(self._chunks)

    def add(self, place: Place, data: bytes, changes: int) -> None:
        now = self._clock()
        self._chunks.append(Chunk(place, data, changes, now))
        self._changes += changes
        self._bytes += len(data)
        while len(self._chunks) > 1 and (
            self._changes > MOST_CHANGES
            or self._bytes > MOST_BYTES
            or self._chunks[0].at < now - LONGEST
        ):
            self._drop()

    def since(self, cursor: int) -> bytes | None:
        """Return all after a cursor, as one; None when some of it is gone."""
        behind = self.end - cursor
        if behind > len(self._chunks):
            return None
        if behind == 1:
            return self._chunks[-1].data
        return b"".join(self._chunks[-n].data for n in range(behind, 0, -1))

    def require(self, place: Place) -> None:
        """Let nobody go on here who has not come to a place."""
        self._before = max(self._before, place)

    def cursor_at(self, place: Place) -> int | None:
        """Return the cursor of who has come to a place; None when what follows is gone."""
        if place < self._before:
            return None
        later = sum(chunk.place > place for chunk in self._chunks)
        return self.end - later

    def _drop(self) -> None:
        chunk = self._chunks.popleft()
        self._before = max(self._before, chunk.place)
        self._dropped += 1
        self._changes -= chunk.changes
        self._bytes -= len(chunk.data)
