"""
What is said on NATS, where: subjects, and an event as a message and back.

Subjects are built from kinds, ids and topics only, never from what a message says (S20).
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

import orjson

from domain.values import split_stream

POKE: Final = "recado.poke"
"""Core NATS, no content: something was committed, look at the log."""

LOG_SUBJECTS: Final = "recado.log.>"
VIEW_SUBJECTS: Final = "recado.views.>"
MOVED: Final = "recado.moved"
"""Core NATS, no content: the views have come further, look at them."""
PASSING: Final = "recado.passing"
"""Core NATS, never stored: who looks at a chat or writes in it, for the live feeds."""

POSITION: Final = "ce-id"
TOPIC: Final = "ce-type"
STREAM: Final = "ce-subject"
VERSION: Final = "Recado-Version"

_NOT_IN_A_TOKEN: Final = re.compile(r"[.*>\s\x00-\x1f\x7f]")
_TOPIC: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")

LogRow = tuple[str, int, str, bytes, int]
"""stream, version, topic, state, position: an event as the log's readers get it."""


class Published(Protocol):
    """A message as it comes from a subscription or out of a stream."""

    @property
    def subject(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str] | None: ...
    @property
    def data(self) -> bytes: ...


class Relayed(NamedTuple):
    """An event from the stream, in the order in which `EventMapper.decode` takes it."""

    position: int
    stream: str
    version: int
    topic: str
    state: bytes


class UnfitForSubject(ValueError):
    """An id would change what the subject means; its text is given quoted."""

    def __init__(self, part: str) -> None:
        super().__init__(f"{part!r} cannot be part of a NATS subject")
        self.part = part


class NotAnEvent(ValueError):
    def __init__(self, subject: str) -> None:
        super().__init__(f"the message on {subject} is not an event of the log")
        self.subject = subject


def token(part: str) -> str:
    """Return `part` if it can stand between two dots of a subject; raise UnfitForSubject."""
    if not part or _NOT_IN_A_TOKEN.search(part):
        raise UnfitForSubject(part)
    return part


def event_subject(stream: str, topic: str) -> str:
    """Return `recado.log.<kind>.<id>.<topic>`; raise UnfitForSubject."""
    kind, id_ = split_stream(stream)
    if not _TOPIC.fullmatch(topic):
        raise UnfitForSubject(topic)
    return f"recado.log.{token(kind)}.{token(id_)}.{topic}"


def view_subject(projection: str, *key: str) -> str:
    """Return `recado.views.<projection>.<key>`, a token for each part; raise UnfitForSubject."""
    if not key:
        raise UnfitForSubject("")
    return ".".join(["recado.views", token(projection), *map(token, key)])


def event_headers(row: LogRow) -> dict[str, str]:
    """Return an event's headers: CloudEvents in binary mode, and our own two."""
    stream, version, topic, state, position = row
    headers = {
        "ce-specversion": "1.0",
        POSITION: f"{position}",
        "ce-source": "recado",
        TOPIC: topic,
        STREAM: stream,
        VERSION: f"{version}",
        "Nats-Msg-Id": f"{position}",
    }
    if at := _happened_at(state):
        headers["ce-time"] = at
    return headers


def _happened_at(state: bytes) -> str | None:
    try:
        stored: Any = orjson.loads(state)
        at = stored["data"]["at"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        # Not for the relay to judge: it copies what the log holds, readable or not.
        return None
    return at if isinstance(at, str) else None


def read_event(message: Published) -> Relayed:
    """Return the event that a message of the log's stream carries; raise NotAnEvent."""
    headers = message.headers or {}
    try:
        return Relayed(
            position=int(headers[POSITION]),
            stream=headers[STREAM],
            version=int(headers[VERSION]),
            topic=headers[TOPIC],
            state=message.data,
        )
    except (KeyError, ValueError):
        raise NotAnEvent(message.subject) from None
