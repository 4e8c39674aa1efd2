"""What a VK message is made of, as canonical parts."""

import re
from collections.abc import Iterator
from typing import Final

import orjson

from adapters.channels.reading import (
    Object,
    float_of,
    object_of,
    objects_of,
    raw_text,
    string_of,
    text_of,
)
from adapters.channels.vk.attachments import attachment_of
from domain.content import Choice, Location, Part, Parts, Text, Unsupported

CHOICE: Final = "choice"
"""The key in a button's payload that holds an option's id."""

_COORDINATES: Final = re.compile(r"(?P<latitude>-?[0-9.]{1,25})[ ,]+(?P<longitude>-?[0-9.]{1,25})")


def parts_of(message: Object) -> Parts:
    """Return a message's parts; what is not understood is kept as it came (M4)."""
    parts = tuple(_parts(message))
    if parts:
        return parts
    words = _words(message)
    return (Text(text=words),) if words is not None else (_unsupported(message),)


def _parts(message: Object) -> Iterator[Part]:
    choice = _choice(message)
    words = _words(message)
    if choice is not None:
        yield choice
    elif words:
        yield Text(text=words)
    for attachment in objects_of(message, "attachments"):
        yield attachment_of(attachment)
    if geo := object_of(message, "geo"):
        yield _location(geo) or Unsupported(what="geo", raw=raw_text(geo))
    for forwarded in objects_of(message, "fwd_messages"):
        yield from _parts(forwarded)


def _words(message: Object) -> str | None:
    """Return what is written; before version 5.80 it was called otherwise."""
    text = string_of(message, "text")
    return string_of(message, "body") if text is None else text


def _choice(message: Object) -> Choice | None:
    """Return the button that the message was written by."""
    payload = text_of(message, "payload")
    if payload is None:
        return None
    id_ = option_in(payload)
    return Choice(id=id_, title=_words(message) or id_)


def option_in(payload: str) -> str:
    """Return the option that a button of ours stood for; of another's button, all of it."""
    try:
        said = orjson.loads(payload)
    except ValueError:
        return payload
    option = text_of(said, CHOICE) if isinstance(said, dict) else None
    return payload if option is None else option


def payload_of(option: str) -> str:
    """Return what a button holds that stands for an option."""
    return orjson.dumps({CHOICE: option}).decode()


def _location(geo: Object) -> Location | None:
    place, coordinates = object_of(geo, "place"), object_of(geo, "coordinates")
    if not coordinates:
        match = _COORDINATES.fullmatch(text_of(geo, "coordinates") or "")
        coordinates = match.groupdict() if match else place
    latitude, longitude = float_of(coordinates, "latitude"), float_of(coordinates, "longitude")
    if latitude is None or longitude is None:
        return None
    words = [text_of(place, key) for key in ("address", "city", "country")]
    address = ", ".join(word for word in words if word) or None
    name = text_of(place, "title")
    return Location(latitude=latitude, longitude=longitude, name=name, address=address)


def _unsupported(message: Object) -> Unsupported:
    return Unsupported(what=text_of(message, "type") or "unknown", raw=raw_text(message))
