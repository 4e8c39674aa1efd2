"""
The desk without a database: the same rules over plain lists, for tests and simulations.

Nothing outlives the process. Acts are done one by one at the moment they are handed in,
and the time is what the clock given says, so that a history can be played at any speed.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from adapters.storage.batch import Batch, LogRow, Opened
from adapters.storage.house import BatchHouse
from adapters.storage.kept import Memory
from adapters.storage.mapper import EventMapper
from domain.errors import IdentityReused
from domain.event import Recorded
from domain.ports import Act, Clock, Found, Receipt
from domain.values import Naming, Timestamp


class MemoryLog:
    """Events, lookup keys and loads as the database holds them; implements `Shelves`."""

    def __init__(self) -> None:
        self.rows: Final[list[LogRow]] = []
        self._streams: Final[dict[str, list[LogRow]]] = {}
        self._keys: Final[dict[str, Found]] = {}
        self._loads: Final = Counter[str]()

    @property
    def position(self) -> int:
        return len(self.rows)

    def keys(self, keys: Sequence[str]) -> dict[str, Found]:
        return {key: self._keys[key] for key in keys if key in self._keys}

    def streams(self, streams: Sequence[str]) -> list[LogRow]:
        return [row for stream in streams for row in self._streams.get(stream, ())]

    def loads(self, operators: Sequence[str]) -> dict[str, int]:
        return {operator: self._loads[operator] for operator in operators}

    def append(self, batch: Batch) -> None:
        base = self.position
        for place, event in enumerate(batch.events, base + 1):
            stream = str(event.originator_id)
            row = (stream, event.originator_version, event.topic, event.state, place)
            self.rows.append(row)
            self._streams.setdefault(stream, []).append(row)
        for key in batch.freed:
            self._keys.pop(key, None)
        for key, found in batch.keys.items():
            known = self._keys.get(key)
            fingerprint = found.fingerprint or (known.fingerprint if known else None)
            self._keys[key] = replace(
                found, position=base + found.position, fingerprint=fingerprint
            )
        self._loads.update(batch.loads)


class MemoryDesk:
    """A desk of one process; implements `domain.ports.Desk`, safe to use from any thread."""

    def __init__(self, mapper: EventMapper, clock: Clock, salt: bytes = b"") -> None:
        self._mapper: Final = mapper
        self._clock: Final = clock
        self._log: Final = MemoryLog()
        self._memory: Final = Memory()
        self._one_at_a_time: Final = threading.Lock()
        self._now: Timestamp | None = None
        self.naming: Final = Naming(salt)

    async def submit(self, act: Act) -> Receipt:
        """Return when the act is done; raise `Refused` or `IdentityReused`."""
        return self.submit_now(act)

    def submit_now(self, act: Act) -> Receipt:
        """Do as `submit`, for callers without an event loop."""
        with self._one_at_a_time:
            opened = Opened(self._log.position, self._later_or_now(), tail=(), fences={})
            house = BatchHouse(self._memory, self._log, self._mapper, self.naming, opened)
            house.prefetch([act])
            if act.identity is not None and (found := house.find(act.identity)) is not None:
                return _repeated(act, act.identity, found, house)
            receipt = house.record(act, act.decide(house))
            self._log.append(house.batch)
            house.commit(self._log.position)
            return receipt

    def rows(self, after: int = 0) -> Iterator[LogRow]:
        """Yield the log as it is stored after a position, in order."""
        return islice(self._log.rows, after, None)

    def recorded(self, after: int = 0) -> Iterator[Recorded]:
        """Yield what was recorded after a position, in order."""
        for stream, version, topic, state, position in self.rows(after):
            yield self._mapper.decode(position, stream, version, topic, state)

    def load(self, operator_id: str) -> int:
        """Return how many chats count against an operator's capacity (R3)."""
        return self._log.loads([operator_id])[operator_id]

    def _later_or_now(self) -> Timestamp:
        """Return the clock's time, but never one before an earlier answer."""
        now = self._clock()
        self._now = now if self._now is None else max(now, self._now)
        return self._now


def _repeated(act: Act, identity: str, found: Found, house: BatchHouse) -> Receipt:
    if found.fingerprint not in {None, act.fingerprint}:
        raise IdentityReused(identity)
    version = house.state(found.stream).version
    return Receipt(found.stream, version, found.position, found.number, repeated=True)
