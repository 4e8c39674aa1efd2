"""What hangs on a VK message, as canonical parts."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from adapters.channels.reading import Object, int_of, object_of, objects_of, raw_text, text_of
from adapters.channels.vk.config import FILES_HOST
from domain.content import Media, MediaKind, Part, Share, Unsupported

_GIF: Final = 3
_PICTURE: Final = 4
_SOUND: Final = 5
_FILM: Final = 6
_DOCUMENT_KINDS: Final = {
    _GIF: MediaKind.IMAGE,
    _PICTURE: MediaKind.IMAGE,
    _SOUND: MediaKind.AUDIO,
    _FILM: MediaKind.VIDEO,
}
_OLD_SIZES: Final = ("photo_2560", "photo_1280", "photo_807", "photo_604", "photo_130", "photo_75")


def attachment_of(attachment: Object) -> Part:
    """Return one attachment; what is not understood is kept as it came (M4)."""
    kind = text_of(attachment, "type") or "attachment"
    thing = object_of(attachment, kind)
    read = _READERS.get(kind)
    part = read(thing) if read and thing else None
    if part is None and thing:
        shared = _share(kind, thing)
        # Something new that has a name or an address lies elsewhere, too.
        part = shared if kind in _ELSEWHERE or shared.title or text_of(thing, "url") else None
    return part or Unsupported(what=kind, raw=raw_text(attachment))


def _photo(photo: Object) -> Media:
    return Media(media=MediaKind.IMAGE, reference=_largest(photo), caption=text_of(photo, "text"))


def _largest(photo: Object) -> str | None:
    """Return the address of the largest of the sizes that one photo comes in."""
    original = text_of(object_of(photo, "orig_photo"), "url")
    sizes = [size for size in objects_of(photo, "sizes") if text_of(size, "url")]
    if original or sizes:
        return original or text_of(max(sizes, key=_area), "url")
    old = (text_of(photo, size) for size in _OLD_SIZES)
    return next((url for url in old if url), None) or _name_of("photo", photo)


def _area(size: Mapping[str, Any]) -> int:
    return (int_of(size, "width") or 0) * (int_of(size, "height") or 0)


def _video(video: Object) -> Media:
    """Read a film; VK gives its file to no community, so that it is known by name alone."""
    title = text_of(video, "title")
    return Media(media=MediaKind.VIDEO, reference=_name_of("video", video), name=title)


def _audio(audio: Object) -> Media:
    words = [word for key in ("artist", "title") if (word := text_of(audio, key))]
    reference = text_of(audio, "url") or _name_of("audio", audio)
    name = " - ".join(words) or None
    return Media(media=MediaKind.AUDIO, reference=reference, mime="audio/mpeg", name=name)


def _voice(voice: Object) -> Media:
    ogg, mp3 = text_of(voice, "link_ogg"), text_of(voice, "link_mp3")
    return Media(
        media=MediaKind.VOICE,
        reference=ogg or mp3 or _name_of("audio_message", voice),
        mime="audio/ogg" if ogg else "audio/mpeg" if mp3 else None,
        caption=text_of(voice, "transcript"),
    )


def _document(document: Object) -> Media:
    preview = object_of(document, "preview")
    if voice := object_of(preview, "audio_msg") or object_of(preview, "audio_message"):
        return _voice(voice)
    return Media(
        media=_DOCUMENT_KINDS.get(int_of(document, "type") or 0, MediaKind.DOCUMENT),
        reference=text_of(document, "url") or _name_of("doc", document),
        name=text_of(document, "title"),
        size=int_of(document, "size"),
    )


def _sticker(sticker: Object) -> Media:
    images = [image for image in objects_of(sticker, "images") if text_of(image, "url")]
    largest = text_of(max(images, key=_area), "url") if images else None
    number = text_of(sticker, "sticker_id") or text_of(sticker, "id")
    old = next((text_of(sticker, key) for key in ("photo_512", "photo_352", "photo_256")), None)
    named = f"sticker{number}" if number else None
    return Media(media=MediaKind.STICKER, reference=largest or old or named)


def _graffiti(graffiti: Object) -> Media:
    reference = text_of(graffiti, "url") or _largest(graffiti)
    return Media(media=MediaKind.IMAGE, reference=reference or _name_of("graffiti", graffiti))


def _name_of(kind: str, thing: Object) -> str | None:
    """Return what VK itself calls a thing: `<kind><owner>_<number>[_<key>]`."""
    owner, number = text_of(thing, "owner_id"), text_of(thing, "id")
    if owner is None or number is None:
        return None
    key = text_of(thing, "access_key")
    return f"{kind}{owner}_{number}" + (f"_{key}" if key else "")


def _share(kind: str, thing: Object) -> Share:
    title = next((words for key in _TITLES if (words := text_of(thing, key))), None)
    link = text_of(thing, "url") or text_of(thing, "view_url") or text_of(thing, "share_url")
    name = _name_of(kind, thing)
    return Share(
        what=kind, title=title, link=link or (f"https://{FILES_HOST}/{name}" if name else None)
    )


_TITLES: Final = ("title", "text", "question", "caption", "name", "description")

_ELSEWHERE: Final = frozenset(
    {
        "album", "app", "article", "artist", "audio_playlist", "call", "clip", "curator",
        "donut_link", "event", "gift", "group_call_in_progress", "link", "market", "market_album",
        "mini_app", "money_request", "money_transfer", "narrative", "note", "page", "podcast",
        "poll", "pretty_cards", "story", "textlive", "textpost", "video_playlist", "wall",
        "wall_reply", "widget",
    }
)  # fmt: skip
"""Things that lie in VK itself, and are looked at there."""

_READERS: Final[Mapping[str, Callable[[Object], Part]]] = MappingProxyType(
    {
        "photo": _photo,
        "video": _video,
        "video_message": _video,
        "audio": _audio,
        "audio_message": _voice,
        "doc": _document,
        "sticker": _sticker,
        "ugc_sticker": _sticker,
        "graffiti": _graffiti,
    }
)
