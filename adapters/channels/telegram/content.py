"""What a Telegram message is made of, as canonical parts."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from adapters.channels.guessing import kept, medium_of
from adapters.channels.reading import (
    Object,
    float_of,
    int_of,
    object_of,
    objects_of,
    raw_text,
    string_of,
    text_of,
)
from adapters.channels.telegram.names import ENVELOPE, SERVICES
from adapters.channels.telegram.rich_text import words_in
from domain.content import (
    Choice,
    ContactCard,
    Location,
    Media,
    MediaKind,
    Part,
    Parts,
    Share,
    Text,
    Unsupported,
)


def parts_of(message: Object) -> Parts:
    """Return a message's parts; what is not understood is kept as it came (M4)."""
    for key, read in _READERS.items():
        if message.get(key) is not None:
            return read(message) or _unsupported(key, message)
    return _unknown(_first_unknown(message), message)


def _unknown(what: str, message: Object) -> Parts:
    """Return something new: its file, the words on it, and itself as it came."""
    thing = object_of(message, what)
    caption = text_of(message, "caption")
    is_file = text_of(thing, "file_id") is not None
    file = _media(thing, medium_of(text_of(thing, "mime_type")), message) if is_file else None
    return kept(what, message, {"caption": caption} if caption else thing, file)


def is_service(message: Object) -> bool:
    """
    Return whether Telegram tells that something happened in the chat: nobody wrote it.

    Kinds that are not known yet are told apart by their names: what happened ends in a past
    participle (`forum_topic_closed`), what was written is a thing (`poll`).
    """
    if any(message.get(key) is not None for key in _READERS):
        return False
    unknown = [key for key in message if key not in ENVELOPE and message[key] is not None]
    return bool(unknown) and all(key in SERVICES or key.endswith("ed") for key in unknown)


def service_of(message: Object) -> str:
    """Return what a service message tells, e.g. `new_chat_members`."""
    return _first_unknown(message)


def _first_unknown(message: Object) -> str:
    names = (key for key in message if key not in ENVELOPE and message[key] is not None)
    return next(names, "unknown")


def _unsupported(what: str, message: Object) -> Parts:
    kept = Unsupported(what=what, raw=raw_text(message))
    caption = text_of(message, "caption")
    return (Text(text=caption), kept) if caption else (kept,)


def _text(message: Object) -> Parts:
    text = string_of(message, "text")
    return () if text is None else (Text(text=text),)


def _rich_text(message: Object) -> Parts:
    words = words_in(object_of(message, "rich_message"))
    return (Text(text=words),) if words else ()


def _media_reader(key: str, kind: MediaKind) -> Callable[[Object], Parts]:
    def read(message: Object) -> Parts:
        file = object_of(message, key)
        return (_media(file, kind, message),) if file else ()

    return read


def _photo(message: Object) -> Parts:
    """Read the largest of the sizes that one photo comes in."""
    sizes = objects_of(message, "photo")
    if not sizes:
        return ()
    largest = max(sizes, key=_size_of)
    return (_media(largest, MediaKind.IMAGE, message),)


def _live_photo(message: Object) -> Parts:
    """Read a photo that moves: the film, or the photo where only that is given."""
    live = object_of(message, "live_photo")
    if text_of(live, "file_id"):
        return (_media(live, MediaKind.VIDEO, message),)
    still = objects_of(live, "photo")
    return _photo({**message, "photo": still}) if still else ()


def _paid_media(message: Object) -> Parts:
    """Read what the client let others pay for, as far as it may be seen."""
    parts: list[Part] = []
    for paid in objects_of(object_of(message, "paid_media"), "paid_media"):
        kind = text_of(paid, "type") or ""
        seen = _PAID[kind]({**paid, "caption": None}) if kind in _PAID else ()
        parts += seen or (Share(what="paid_media"),)
    caption = text_of(message, "caption")
    words: Parts = (Text(text=caption),) if caption else ()
    return (*words, *parts) if parts else ()


def _size_of(photo: Object) -> tuple[int, int]:
    pixels = (int_of(photo, "width") or 0) * (int_of(photo, "height") or 0)
    return pixels, int_of(photo, "file_size") or 0


def _media(file: Object, kind: MediaKind, message: Object) -> Media:
    return Media(
        media=kind,
        reference=text_of(file, "file_id"),
        mime=text_of(file, "mime_type"),
        name=text_of(file, "file_name") or text_of(file, "title"),
        size=int_of(file, "file_size"),
        caption=text_of(message, "caption"),
    )


def _venue(message: Object) -> Parts:
    return _location(object_of(message, "venue"))


def _location(message: Object) -> Parts:
    place = object_of(message, "location")
    latitude, longitude = float_of(place, "latitude"), float_of(place, "longitude")
    if latitude is None or longitude is None:
        return ()
    name, address = text_of(message, "title"), text_of(message, "address")
    return (Location(latitude=latitude, longitude=longitude, name=name, address=address),)


def _contact(message: Object) -> Parts:
    card = object_of(message, "contact")
    phone = text_of(card, "phone_number")
    name = name_of(card)
    if name is None and phone is None:
        return ()
    return (ContactCard(name=name or phone or "", phones=(phone,) if phone else ()),)


def name_of(person: Mapping[str, Any]) -> str | None:
    """Return what a person, a chat or a card is called."""
    names = [text_of(person, "first_name"), text_of(person, "last_name")]
    called = " ".join(name for name in names if name) or text_of(person, "title")
    user_name = text_of(person, "username")
    return called or (f"@{user_name}" if user_name else None)


def _share_reader(key: str, title: str) -> Callable[[Object], Parts]:
    def read(message: Object) -> Parts:
        thing = object_of(message, key)
        return (Share(what=key, title=text_of(thing, title)),) if thing else ()

    return read


def _dice(message: Object) -> Parts:
    dice = object_of(message, "dice")
    words = [text_of(dice, "emoji"), text_of(dice, "value")]
    return (Share(what="dice", title=" ".join(w for w in words if w) or None),) if dice else ()


def _checklist(message: Object) -> Parts:
    checklist = object_of(message, "checklist")
    tasks = [text_of(task, "text") for task in objects_of(checklist, "tasks")]
    lines = [text_of(checklist, "title"), *(f"• {task}" for task in tasks if task)]
    title = "\n".join(line for line in lines if line)
    return (Share(what="checklist", title=title),) if title else ()


def _web_app(message: Object) -> Parts:
    answer = object_of(message, "web_app_data")
    title = text_of(answer, "button_text") or text_of(answer, "data")
    return (Choice(id=text_of(answer, "data") or title, title=title),) if title else ()


_PAID: Final[dict[str, Callable[[Object], Parts]]] = {
    "photo": _photo,
    "live_photo": _live_photo,
    "video": _media_reader("video", MediaKind.VIDEO),
}

_READERS: Final[dict[str, Callable[[Object], Parts]]] = {
    "text": _text,
    "rich_message": _rich_text,
    "live_photo": _live_photo,  # before its twin `photo`
    "photo": _photo,
    "paid_media": _paid_media,
    "voice": _media_reader("voice", MediaKind.VOICE),
    "audio": _media_reader("audio", MediaKind.AUDIO),
    "video": _media_reader("video", MediaKind.VIDEO),
    "video_note": _media_reader("video_note", MediaKind.VIDEO),
    "animation": _media_reader("animation", MediaKind.VIDEO),  # before its twin `document`
    "document": _media_reader("document", MediaKind.DOCUMENT),
    "sticker": _media_reader("sticker", MediaKind.STICKER),
    "venue": _venue,  # before its twin `location`
    "location": _location,
    "contact": _contact,
    "poll": _share_reader("poll", "question"),
    "game": _share_reader("game", "title"),
    "invoice": _share_reader("invoice", "title"),
    "story": _share_reader("story", "title"),
    "giveaway": _share_reader("giveaway", "prize_description"),
    "giveaway_winners": _share_reader("giveaway_winners", "prize_description"),
    "dice": _dice,
    "checklist": _checklist,
    "web_app_data": _web_app,
}
