"""
What a channel says, small enough to be stored and passed on: the bus takes 8 MB at a time.

A character can take six times its space in JSON, so a body of a permitted size can become an
event of which no bus would take one. It is cut here, and tells so.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

import orjson

from domain.content import Parts, Unsupported
from domain.inbound import EchoArrived, InboundEvent, MessageArrived, MessageWasEdited, Notice

MOST_STORED: Final = 6 * 1024 * 1024
"""Bytes of one thing that was said, as JSON; what is told of it besides fits into the rest."""
GROWTH: Final = 24
"""A body of so many times less cannot become larger than that, however it is read."""

_MOST_OF_A_TEXT: Final = 64 * 1024
"""Characters of each text in a message that is cut."""
_ROOM: Final = MOST_STORED - 1024 * 1024

T = TypeVar("T")


def may_be_large(body: bytes) -> bool:
    """Return whether anything that a body says could be too large to be stored."""
    return len(body) * GROWTH > MOST_STORED


def bounded(event: InboundEvent) -> InboundEvent:
    """Return what was said; cut, with a mark that tells of it, where it would be too large."""
    size = _size(event)
    if size <= MOST_STORED:
        return event
    match event:
        case MessageArrived() | MessageWasEdited() | EchoArrived():
            short = replace(_shortened(event), parts=())
            return replace(short, parts=_parts(event.parts, _mark(size), _size(short)))
        case Notice():
            return bounded_notice(event)
        case _:
            return _shortened(event)


def bounded_notice(notice: Notice) -> Notice:
    """Return a notice; cut, as above."""
    size = _size(notice)
    if size <= MOST_STORED:
        return notice
    return replace(_shortened(notice), raw=f"{_beginning(notice.raw)}… ({_mark(size)})")


def _mark(size: int) -> str:
    return f"cut: it would take {size} bytes, {MOST_STORED} are kept"


def _parts(parts: Parts, mark: str, taken: int) -> Parts:
    """Return the first parts, as many as there is room for, and the mark."""
    kept: list[Any] = []
    for part in map(_shortened, parts):
        taken += _size(part) + 1
        if taken > _ROOM:
            break
        kept.append(part)
    return (*kept, Unsupported(what="too-large", raw=orjson.dumps(mark).decode()))


def _shortened(value: T) -> T:
    """Return a value with every text in it cut that is absurdly long."""
    if isinstance(value, str) and type(value) is str:
        return value[:_MOST_OF_A_TEXT]  # type: ignore[return-value]  # a text stays one
    if isinstance(value, tuple):
        return tuple(map(_shortened, value))  # type: ignore[return-value]  # as above
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **dict(_cut_fields(value)))
    return value


def _cut_fields(value: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(value):
        yield field.name, _shortened(getattr(value, field.name))


def _beginning(text: str) -> str:
    """Return as much of the beginning of a text as there is room for."""
    share = _ROOM / max(1, _size(text))
    cut = text[: int(len(text) * share)]
    # What is dense stands perhaps at the beginning: then it is halved until it fits.
    while _size(cut) > _ROOM:
        cut = cut[: len(cut) // 2]
    return cut


def _size(value: Any) -> int:
    """Return the bytes of a value as JSON; none where there is no writing it, nor storing it."""
    try:
        return len(orjson.dumps(value))
    except TypeError:
        return 0
