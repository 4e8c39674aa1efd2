"""What a message is made of, as canonical parts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from adapters.channels.reading import (
    Object,
    flag_of,
    float_of,
    int_of,
    object_of,
    objects_of,
    raw_text,
    string_of,
    text_of,
)
from domain.content import Choice, Location, Media, MediaKind, Part, Parts, Share, Text, Unsupported

_NEVER_SHOWN: Final = "unsupported"


@dataclass(frozen=True, slots=True)
class _Attached:
    type: str
    whole: Object
    payload: Object

    def first_text(self, *keys: str) -> str | None:
        """Return the first of these texts: in the payload, else beside it."""
        found = (text_of(holder, key) for holder in (self.payload, self.whole) for key in keys)
        return next((text for text in found if text is not None), None)

    @property
    def link(self) -> str | None:
        """Return its address; new kinds call it `…_url`."""
        named = [key for key in self.payload if key.endswith("_url")]
        if (own := self.first_text("url", "URL", "link", *named)) is not None:
            return own
        return next((link for e in self._listed() if (link := text_of(e, "url"))), None)

    @property
    def title(self) -> str | None:
        """The words on a share or a template: its own, or those of what it lists."""
        if (own := self.first_text("title", "text")) is not None:
            return own
        titles = [text_of(element, "title") for element in self._listed()]
        return ", ".join(dict.fromkeys(title for title in titles if title)) or None

    def _listed(self) -> list[Object]:
        """Return what a template lists: pages to leaf through, products, a film."""
        lists = (self.payload, *(object_of(self.payload, key) for key in ("generic", "product")))
        return [element for holder in lists for element in objects_of(holder, "elements")]


_Read = Callable[[_Attached], Part | None]


def parts_of(message: Object) -> Parts:
    """Return a message's parts; what is not understood is kept as it came (M4)."""
    parts = tuple(_parts(message))
    return parts or (Unsupported(what=_name_of_unknown(message), raw=raw_text(message)),)


def choice_of(postback: Object) -> Choice | Unsupported:
    """Return the button that a client pressed."""
    payload, title = text_of(postback, "payload"), text_of(postback, "title")
    if payload is None and title is None:
        return Unsupported(what="postback", raw=raw_text(postback))
    return Choice(id=payload or title or "", title=title or payload or "")


def _parts(message: Object) -> Iterator[Part]:
    text = string_of(message, "text")
    payload = text_of(object_of(message, "quick_reply"), "payload")
    if payload is not None:
        yield Choice(id=payload, title=text or payload)
    elif text is not None:
        yield Text(text=text)
    for attachment in objects_of(message, "attachments"):
        yield _attached(attachment)
    story = object_of(object_of(message, "reply_to"), "story")
    if story and (text or payload):
        yield Share(what="story", link=text_of(story, "url"))


def _attached(attachment: Object) -> Part:
    attached = _Attached(
        (text_of(attachment, "type") or "unknown").lower()[:64],
        attachment,
        object_of(attachment, "payload"),
    )
    part = _READERS.get(attached.type, _share)(attached)
    return part or Unsupported(what=attached.type, raw=raw_text(attachment))


def _file_reader(kind: MediaKind) -> _Read:
    def read(attached: _Attached) -> Part | None:
        url = attached.link
        if url is None:
            return None
        is_sticker = kind is MediaKind.IMAGE and int_of(attached.payload, "sticker_id") is not None
        return Media(
            media=MediaKind.STICKER if is_sticker else kind,
            reference=url,
            mime=attached.first_text("mime_type"),
            name=attached.first_text("name"),
            size=int_of(attached.payload, "size"),
        )

    return read


def _location(attached: _Attached) -> Part | None:
    place = object_of(attached.payload, "coordinates") or attached.payload
    latitude = _degrees(place, "lat", "latitude")
    longitude = _degrees(place, "long", "lng", "longitude")
    if latitude is None or longitude is None:
        return None
    return Location(latitude=latitude, longitude=longitude, name=attached.first_text("title"))


def _degrees(place: Object, *names: str) -> float | None:
    given = (float_of(place, name) for name in names)
    return next((degrees for degrees in given if degrees is not None), None)


def _heart(_: _Attached) -> Part:
    return Text(text="\u2764\ufe0f")


def _share(attached: _Attached) -> Part | None:
    """Return something that lies elsewhere; a type that is not known may be one, too."""
    if attached.link is None and attached.title is None:
        return None
    what = _SHARES.get(attached.type, attached.type)
    return Share(what=what, title=attached.title, link=attached.link)


def _name_of_unknown(message: Object) -> str:
    if flag_of(message, "is_unsupported"):
        return _NEVER_SHOWN
    return next((key for key in message if key not in {"mid", "seq", "is_echo"}), "message")[:64]


_SHARES: Final = {
    "fallback": "link",
    "share": "post",
    "ig_post": "post",
    "ig_reel": "reel",
    "story_mention": "story-mention",
    "ig_story": "story",
}

_READERS: Final[dict[str, _Read]] = {
    "image": _file_reader(MediaKind.IMAGE),
    "animated_image": _file_reader(MediaKind.IMAGE),
    "sticker": _file_reader(MediaKind.STICKER),
    "audio": _file_reader(MediaKind.AUDIO),
    "video": _file_reader(MediaKind.VIDEO),
    "file": _file_reader(MediaKind.DOCUMENT),
    "location": _location,
    "like_heart": _heart,
}
