"""
Between events and what is stored: a topic and JSON, in which what is personal may be sealed.

Topics are the events' own (`message-received.v1`), never a Python path: a hostile row
cannot make anything be imported, and a renamed class never breaks a replay.
"""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, Final, Generic, Self, TypeVar

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import StoredEvent
from pydantic import TypeAdapter, ValidationError

from adapters.storage.sealing.envelope import NotOpened, opened, place_of, sealed
from adapters.storage.sealing.fields import joined, places_in
from adapters.storage.sealing.ring import KeyRing
from adapters.storage.sealing.vault import owner_of
from domain.entities import EVENT_TYPES
from domain.errors import RecadoError
from domain.event import Event, Recorded
from domain.values import Meta, StreamId

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Stored(Generic[E]):
    """What the JSON of an event's state holds. A storage format."""

    actor: str
    via: str
    data: E
    cause: str | None = None
    subject: str | None = None


class UnknownTopic(RecadoError):
    def __init__(self, topic: str, position: int) -> None:
        super().__init__(f"event {position} has the topic {topic!r}, which nothing here can read")
        self.topic = topic
        self.position = position


class UnreadableEvent(RecadoError):
    def __init__(self, topic: str, position: int, where: str) -> None:
        super().__init__(f"event {position} ({topic}) cannot be read: {where}")
        self.topic = topic
        self.position = position


KeyOf = Callable[[str], AESGCM | None]
"""Returns the key of a client to write with; None where it was destroyed."""


class EventMapper:
    """
    Reads and writes events; `types` tells which topics it knows.

    Without a ring of keys, what is sealed reads as erased (`ERASED`), and so it does for
    good where its key was destroyed.
    """

    ring: KeyRing | None = None

    def __init__(self, types: Mapping[str, type[Event]] = EVENT_TYPES) -> None:
        self._places: Final = {topic: places_in(type_) for topic, type_ in types.items()}
        self._adapters: Final[dict[str, TypeAdapter[Stored[Any]]]] = {
            topic: TypeAdapter(Stored[type_])  # type: ignore[valid-type]  # made at run time, one for each topic
            for topic, type_ in types.items()
        }

    def opening(self, ring: KeyRing | None) -> Self:
        """Return one that opens what is sealed with the keys of a ring."""
        other = copy(self)
        other.ring = ring
        return other

    def blind(self) -> Self:
        """Return one that opens nothing, for readers that need nothing personal."""
        return self.opening(None)

    def fresh(self) -> Self:
        """Return one that looks up its keys anew: what was erased meanwhile stays shut."""
        return self if self.ring is None else self.opening(KeyRing(self.ring.masters))

    def encode(self, event: Event, meta: Meta, subject: str | None) -> bytes:
        """Return the JSON that is stored for an event."""
        stored = Stored(
            actor=meta.actor, via=meta.via, data=event, cause=meta.cause, subject=subject
        )
        return self._adapters[event.TOPIC].dump_json(stored, exclude_none=True)

    def seal(
        self,
        event: Event,
        meta: Meta,
        subject: str | None,
        place: tuple[str, int],
        key_of: KeyOf,
    ) -> bytes:
        """
        Return the JSON that is stored, with what is personal sealed by its client's key.

        `place` is the stream and the event's version in it. For an erased client only the
        holes are stored.
        """
        state = self.encode(event, meta, subject)
        personal, owner = self._places[event.TOPIC], owner_of(place[0], subject)
        if personal is None or owner is None:
            return state
        whole = orjson.loads(state)
        values = personal.take(whole, "data")
        if values is None:
            return state
        cipher = key_of(owner)
        if cipher is None:
            whole["sealed"] = ""
        else:
            identity = place_of(*place, event.TOPIC)
            whole["sealed"], whole["digest"] = sealed(cipher, identity, values)
        return orjson.dumps(whole)

    def decode(
        self, position: int, stream: str, version: int, topic: str, state: bytes
    ) -> Recorded:
        """
        Return the recorded event.

        Raises `UnknownTopic` or `UnreadableEvent`, which name the position and no content.
        Fields that a newer version added are ignored, so that two versions can run at once.
        """
        adapter = self._adapters.get(topic)
        if adapter is None:
            raise UnknownTopic(topic, position)
        state, _ = self.opened(position, stream, version, topic, state)
        try:
            stored = adapter.validate_json(state, extra="ignore")
        except ValidationError as error:
            # Below the first two names there may be keys of a mapping, which are content.
            places = {".".join(map(str, e["loc"][:2])) or e["type"] for e in error.errors()}
            where = ", ".join(sorted(places))
            raise UnreadableEvent(topic, position, where) from None
        meta = Meta(stored.actor, stored.via, stored.cause)
        return Recorded(position, StreamId(stream), version, meta, stored.subject, stored.data)

    def opened(
        self, position: int, stream: str, version: int, topic: str, state: bytes
    ) -> tuple[bytes, bytes | None]:
        """
        Return the JSON with its holes filled, and what was sealed as it was, if it can be read.

        Where it cannot, the holes hold `ERASED`. Raises `UnreadableEvent`.
        """
        if _SEALED not in state:
            return state, None
        text: bytes | None = None
        try:
            whole = orjson.loads(state)
            blob = whole.pop("sealed")
            whole.pop("digest", None)
            owner = owner_of(stream, whole.get("subject"))
            cipher = self.ring.cipher(owner) if self.ring and owner and blob else None
            if cipher is not None:
                text = opened(cipher, place_of(stream, version, topic), blob)
                whole["data"] = joined(whole["data"], orjson.loads(text)[1])
            elif (places := self._places[topic]) is not None:
                places.fill(whole, "data")
        except NotOpened:
            raise UnreadableEvent(topic, position, "it was sealed elsewhere") from None
        except (ValueError, LookupError, TypeError, AttributeError):
            raise UnreadableEvent(topic, position, "sealed") from None
        return orjson.dumps(whole), text

    def to_stored_event(
        self, stream: str, version: int, event: Event, meta: Meta, subject: str | None
    ) -> StoredEvent:
        """Return the library's own value for an event."""
        return StoredEvent(
            originator_id=stream,
            originator_version=version,
            topic=event.TOPIC,
            state=self.encode(event, meta, subject),
        )


_SEALED: Final = b'"sealed":"'
