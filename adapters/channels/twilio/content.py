"""What a message through Twilio is made of, as canonical parts."""

import re
from dataclasses import replace
from typing import Final

from adapters.channels.guessing import medium_of
from adapters.channels.reading import Object, float_of, raw_text, string_of, text_of
from adapters.channels.twilio.address import WHATSAPP
from domain.content import (
    Choice,
    Location,
    Media,
    MediaKind,
    Parts,
    Text,
    Unsupported,
)

_FORM: Final = "form"
"""Stands for a filled-in form, which has no name; its answers are the description."""
_FILE: Final = re.compile(r"MediaUrl([0-9]{1,3})")
_SURE: Final = frozenset({MediaKind.STICKER, MediaKind.VOICE, MediaKind.DOCUMENT})
"""Kinds that no type of file gives away."""
_TYPES: Final = {kind.value: kind for kind in MediaKind}


def parts_of(form: Object) -> Parts:
    """Return a message's parts; what is not understood is kept as it came (M4)."""
    place, choice, files = _location(form), _choice(form), _files(form)
    words = string_of(form, "Body") or ""
    if choice is not None:
        beside: Parts = (Text(text=words),) if words not in {"", choice.title} else ()
        return (choice, *beside, *(replace(file, caption=None) for file in files))
    if files:
        return files
    if place is not None:
        return (place,) if words in {"", place.name, place.address} else (place, Text(text=words))
    kind = (text_of(form, "MessageType") or "text").lower()
    if not words and kind != "text":
        return (Unsupported(what=kind, raw=raw_text(form)),)
    return (Text(text=words),)


def is_message(form: Object) -> bool:
    """Return whether somebody wrote something, be it nothing at all."""
    known = ("Body", "NumMedia", "ButtonPayload", "ButtonText", "ListId", "Latitude")
    return any(key in form for key in known) or any(map(_FILE.fullmatch, form))


def _files(form: Object) -> tuple[Media, ...]:
    """Return the files; the words beside them belong to the first."""
    numbers = sorted(int(match[1]) for key in form if (match := _FILE.fullmatch(key)))
    files: list[Media] = []
    for number in dict.fromkeys(numbers):
        reference = text_of(form, f"MediaUrl{number}")
        if reference is None:
            continue
        mime = text_of(form, f"MediaContentType{number}")
        caption = None if files else text_of(form, "Body")
        kind = _kind(form, mime)
        files.append(Media(media=kind, reference=reference, mime=mime, caption=caption))
    return tuple(files)


def _kind(form: Object, mime: str | None) -> MediaKind:
    """Return what a file is; only WhatsApp tells a sticker from a picture."""
    told = _TYPES.get((text_of(form, "MessageType") or "").lower())
    family = medium_of(mime)
    if told is not None and told in _SURE:
        return told
    on_whatsapp = (text_of(form, "From") or "").startswith(WHATSAPP)
    if on_whatsapp and told in {None, MediaKind.AUDIO} and (mime or "").startswith("audio/ogg"):
        return MediaKind.VOICE
    return (told or family) if family is MediaKind.DOCUMENT else family


def _choice(form: Object) -> Choice | None:
    """Return the button, list row or form that was answered with."""
    row = text_of(form, "ListId")
    if row is not None:
        called = text_of(form, "ListTitle") or text_of(form, "Body") or row
        return Choice(id=row, title=called, description=text_of(form, "ListDescription"))
    answers = text_of(form, "InteractiveData")
    if answers is not None:
        return Choice(id=_FORM, title=text_of(form, "Body") or _FORM, description=answers)
    id_ = text_of(form, "ButtonPayload")
    title = text_of(form, "ButtonText") or (text_of(form, "Body") if id_ else None)
    if id_ is None and title is None:
        return None
    return Choice(id=id_ or title or "", title=title or id_ or "")


def _location(form: Object) -> Location | None:
    latitude, longitude = float_of(form, "Latitude"), float_of(form, "Longitude")
    if latitude is None or longitude is None:
        return None
    name, address = text_of(form, "Label"), text_of(form, "Address")
    return Location(latitude=latitude, longitude=longitude, name=name, address=address)
