"""What a router asks of the outside; `deploy` brings it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.event import Recorded
from domain.ports import Clock, Desk
from domain.values import OperatorId
from routers.records import LoadSnapshot


class Lease(Protocol):
    """The claim to be the one router that decides (R14); the desk checks it, too."""

    @property
    def held(self) -> bool: ...
    async def acquire(self) -> bool:
        """Return whether it is ours now; it is not while another holds it."""
        ...

    async def renew(self) -> bool:
        """Return whether it is still ours, and will be for a while."""
        ...

    async def release(self) -> None: ...


class LostHeartbeats(Protocol):
    async def __call__(self, grace: timedelta) -> Sequence[OperatorId]:
        """Return who counts as online or away but was not heard of for longer than `grace`."""
        ...


class Published(Protocol):
    """A message of the log's stream."""

    @property
    def subject(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str] | None: ...
    @property
    def data(self) -> bytes: ...


ReadEvent = Callable[[Published], Recorded]
"""Reads the event that a message of the log's stream carries; raises where it cannot."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything a router needs and is not."""

    desk: Desk
    """One that writes only while `lease` is held, and raises `LeaseLost` otherwise."""
    lease: Lease
    load_snapshot: LoadSnapshot
    lost_heartbeats: LostHeartbeats
    read: ReadEvent
    clock: Clock
    """As near the database's as may be."""
