"""What the desk and a store hand to each other: rows of the log, and a batch to be added."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from eventsourcing.persistence import StoredEvent

from adapters.storage.filing import Filing
from domain.ports import Found
from domain.values import Timestamp

LogRow = tuple[str, int, str, bytes, int]
"""stream, version, topic, state, position"""


@dataclass(slots=True)
class Batch:
    """What one transaction adds: events, the keys that follow from them, changes of load."""

    at: Timestamp
    events: list[StoredEvent] = field(default_factory=list)
    keys: dict[str, Found] = field(default_factory=dict)
    """`position` is here the place within the batch: 1 for its first event."""
    loads: dict[str, int] = field(default_factory=dict)
    """How much the load of an operator's seat rises or falls."""
    outgoing: dict[tuple[str, int], tuple[str, int | None]] = field(default_factory=dict)
    """(stream, seq) of what is to be sent: its channel account, and its place in the batch
    (None for what is to be sent again)."""
    settled: list[tuple[str, int]] = field(default_factory=list)
    """(stream, seq) of what is not to be sent any more."""
    freed: list[str] = field(default_factory=list)
    """Keys that stand for nothing any more."""
    erased_chats: list[str] = field(default_factory=list)
    """Streams of chats of which nothing is to be left in the tables beside the log."""
    files: Filing = field(default_factory=Filing)
    """Files to be copied from their provider, and files that chats hold from now on."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a batch of acts needs to look at, as far as it is known before the lock is held."""

    keys: Sequence[str] = ()
    streams: Sequence[str] = ()
    seats: Sequence[str] = ()


NOTHING: Final = Wanted()


@dataclass(frozen=True, slots=True)
class Opened:
    """The log as it stands under the write lock, and what was asked for with the lock."""

    position: int
    now: Timestamp
    tail: Sequence[LogRow]
    """What was appended since the position asked about."""
    fences: dict[str, int] = field(default_factory=dict)
    """Of the leases that are held now."""
    found: dict[str, Found] = field(default_factory=dict)
    """What the wanted keys stand for; an unknown one is left out."""
    rows: Sequence[LogRow] = ()
    """All events of the wanted streams, by stream and version."""
    loads: dict[str, int] = field(default_factory=dict)
    """Of the wanted seats; one without is left out."""
