"""
Between events and what is stored: a topic and JSON.

Topics are the events' own (`message-received.v1`), never a Python path: a hostile row
cannot make anything be imported, and a renamed class never breaks a replay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from eventsourcing.persistence import StoredEvent
from pydantic import TypeAdapter, ValidationError

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


class EventMapper:
    """Reads and writes events; `types` tells which topics it knows."""

    def __init__(self, types: Mapping[str, type[Event]] = EVENT_TYPES) -> None:
        self._adapters: Final[dict[str, TypeAdapter[Stored[Any]]]] = {
            topic: TypeAdapter(Stored[type_])  # type: ignore[valid-type]  # made at run time, one for each topic
            for topic, type_ in types.items()
        }

    def encode(self, event: Event, meta: Meta, subject: str | None) -> bytes:
        """Return the JSON that is stored for an event."""
        stored = Stored(
            actor=meta.actor, via=meta.via, data=event, cause=meta.cause, subject=subject
        )
        return self._adapters[event.TOPIC].dump_json(stored, exclude_none=True)

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
        try:
            stored = adapter.validate_json(state, extra="ignore")
        except ValidationError as error:
            # Below the first two names there may be keys of a mapping, which are content.
            places = {".".join(map(str, e["loc"][:2])) or e["type"] for e in error.errors()}
            where = ", ".join(sorted(places))
            raise UnreadableEvent(topic, position, where) from None
        meta = Meta(stored.actor, stored.via, stored.cause)
        return Recorded(position, StreamId(stream), version, meta, stored.subject, stored.data)

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
