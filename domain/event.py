"""
What every event is, and the envelope it travels in.

Events are plain frozen dataclasses: matching on them costs a type comparison, where a
pydantic model costs a Python call for every case that does not match. pydantic reads
and writes them in the mapper.
"""

from dataclasses import dataclass
from typing import ClassVar

from domain.values import Meta, StreamId, Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    A fact. `TOPIC` is written next to every stored event and is read for as long as the
    history is: never change one, never give one to another class.
    """

    TOPIC: ClassVar[str]

    at: Timestamp


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact that is about to be recorded in a stream."""

    stream: StreamId
    event: Event


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact with its place in the log."""

    position: int
    """1, 2, 3 … over the whole log, without a hole."""
    stream: StreamId
    version: int
    """1, 2, 3 … within the stream."""
    meta: Meta
    subject: str | None
    """The person (client or operator id) whose data the event holds."""
    event: Event
