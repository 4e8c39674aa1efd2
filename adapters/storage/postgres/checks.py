"""
Whether the log is whole, and what is kept beside it agrees with it.

One pass over the log recomputes the running hash, every stream's versions and states,
and from them the lookup keys, seats and outbox that the desk keeps in step.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

import psycopg
from psycopg.rows import TupleRow

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.log import RawEvent
from adapters.storage.sealing.vault import learn_all
from domain.chat.events import MessageSent, MessageState, MessageStateChanged
from domain.chat.state import Chat
from domain.client.state import Client
from domain.entities import KINDS, State, evolve, initial
from domain.errors import RecadoError
from domain.event import Recorded
from domain.lookup import keys_of
from domain.values import Naming, split_stream

PAGE: Final = 5_000
_EVENTS: Final = """
SELECT notification_id, originator_id, originator_version, topic, state
FROM recado_events ORDER BY notification_id
"""


def running_hash(before: bytes, raw: RawEvent) -> bytes:
    """Return the log's hash after one more event; the same as `recado_append` computes."""
    _, stream, version, topic, state = raw
    leaf = sha256(f"{stream}\x1f{version}\x1f{topic}\x1f".encode() + state).digest()
    return sha256(before + leaf).digest()


class LogCheck:
    """Goes through the log once; `faults` yields what is wrong, a line each."""

    def __init__(self, url: str, mapper: EventMapper, naming: Naming) -> None:
        self._url: Final = url
        self._mapper: Final = mapper
        self._naming: Final = naming
        self._states: Final[dict[str, State]] = {}
        self._keys: Final[dict[str, tuple[str, int]]] = {}
        self._outbox: Final[set[tuple[str, int]]] = set()
        self.events = 0

    def faults(self) -> Iterator[str]:
        """
        Yield every fault found: nothing where the log and its tables are sound.

        All is read as of one instant, so that the log may grow meanwhile.
        """
        with psycopg.connect(self._url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            if self._mapper.ring is not None:
                # Who came since the mapper was made has a key that it does not know.
                learn_all(connection, self._mapper.ring)
            yield from self._log(connection)
            yield from self._beside(connection)

    def _log(self, connection: psycopg.Connection[TupleRow]) -> Iterator[str]:
        head = connection.execute("SELECT position, hash FROM recado_head").fetchone()
        position, head_hash = (0, b"") if head is None else (head[0], bytes(head[1]))
        running = b""
        with psycopg.ServerCursor(connection, "log_check") as cursor:
            cursor.itersize = PAGE
            cursor.execute(_EVENTS, binary=True)
            for row in cursor:
                raw: RawEvent = (row[0], row[1], row[2], row[3], row[4])
                self.events += 1
                yield from self._event(raw)
                running = running_hash(running, raw)
        if self.events != position:
            yield f"log: the head says {position} events, there are {self.events}"
        if running != head_hash:
            yield "log: the running hash is not the head's: an event was changed or removed"

    def _event(self, raw: RawEvent) -> Iterator[str]:
        position, stream, version, topic, _ = raw
        if position != self.events:
            yield f"log: position {position} follows {self.events - 1}"
            self.events = position
        if split_stream(stream)[0] not in KINDS:
            yield f"log: position {position}: stream {stream} is of no known kind"
            return
        try:
            recorded = self._mapper.decode(*raw)
        except RecadoError as error:
            yield f"log: {error}"
            return
        before = self._states.get(stream) or initial(stream)
        if version != before.version + 1:
            yield f"log: {stream} version {version} ({topic}) follows {before.version}"
        try:
            after = self._states[stream] = evolve(stream, before, recorded.event)
        except (AssertionError, AttributeError):
            yield f"log: position {position}: {topic} is no event of {stream}"
            return
        self._derive(recorded, after)

    def _derive(self, recorded: Recorded, after: State) -> None:
        stream, event = recorded.stream, recorded.event
        for key in keys_of(self._naming, after, event):
            self._keys[key.key] = (stream, key.number)
        match event:
            case MessageSent(seq=seq) | MessageStateChanged(seq=seq, state=MessageState.QUEUED):
                self._outbox.add((stream, seq))
            case MessageStateChanged(seq=seq):
                self._outbox.discard((stream, seq))
            case _:
                pass

    def _beside(self, connection: psycopg.Connection[TupleRow]) -> Iterator[str]:
        keys = connection.execute("SELECT key, stream, number FROM recado_keys")
        stored = {key: (stream, number) for key, stream, number in keys}
        for key, meant in self._keys.items():
            # What led to an erased client cannot be told from the log any more.
            if stored.get(key) != meant and not self._is_erased(meant[0]):
                yield f"keys: {key} stands for {stored.get(key)}, by the log for {meant}"
        rows = connection.execute("SELECT operator_id, load FROM recado_seats WHERE load != 0")
        yield from _compared("seats: the load of operator", dict(rows.fetchall()), self._loads())
        outbox = connection.execute("SELECT stream, seq FROM recado_outbox").fetchall()
        there, meant_to_be = Counter(outbox), Counter(self._outbox)
        yield from _compared("outbox: message", there, meant_to_be)

    def _is_erased(self, stream: str) -> bool:
        match self._states.get(stream):
            case Chat(is_erased=erased) | Client(erased=erased):
                return erased
            case _:
                return False

    def _loads(self) -> Counter[str]:
        owners = (s.occupies for s in self._states.values() if isinstance(s, Chat))
        return Counter(owner for owner in owners if owner is not None)


def _compared(what: str, stored: Mapping[Any, int], meant: Mapping[Any, int]) -> Iterator[str]:
    for name in sorted(stored.keys() | meant.keys()):
        if stored.get(name, 0) != meant.get(name, 0):
            yield f"{what} {name} is {stored.get(name, 0)}, by the log {meant.get(name, 0)}"
