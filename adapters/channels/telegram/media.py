"""Which call carries which file, and which files the Bot API takes at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final

from adapters.channels.base import MediaRule, OutFile
from domain.content import MediaKind

MAX_CAPTION: Final = 1024
_MB: Final = 1024 * 1024
_LARGEST_PHOTO: Final = 10 * _MB
_LARGEST: Final = 50 * _MB
_LARGEST_STICKER: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class Way:
    """A method that sends a file, and what the file is called in it."""

    method: str
    field: str
    mimes: frozenset[str]
    max_bytes: int = _LARGEST
    has_caption: bool = True

    def takes(self, file: OutFile) -> bool:
        if len(file.content) > self.max_bytes:
            return False
        mime = file.mime.lower().partition(";")[0].strip()
        return any(fnmatchcase(mime, pattern) for pattern in self.mimes)


_PHOTOS: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/bmp"})
_STICKERS: Final = frozenset({"image/webp", "video/webm", "application/x-tgsticker"})
_SOUNDS: Final = frozenset({"audio/mpeg", "audio/mp3", "audio/mp4", "audio/m4a", "audio/x-m4a"})
_FILMS: Final = frozenset({"video/mp4", "video/mpeg4"})
_MOVING: Final = frozenset({"image/gif"})

_PHOTO: Final = Way("sendPhoto", "photo", _PHOTOS, _LARGEST_PHOTO)
_ANIMATION: Final = Way("sendAnimation", "animation", _MOVING)
_STICKER: Final = Way("sendSticker", "sticker", _STICKERS, _LARGEST_STICKER, has_caption=False)
_VOICE: Final = Way("sendVoice", "voice", _SOUNDS | {"audio/ogg", "audio/opus"})
_AUDIO: Final = Way("sendAudio", "audio", _SOUNDS)
_VIDEO: Final = Way("sendVideo", "video", _FILMS)
_DOCUMENT: Final = Way("sendDocument", "document", frozenset({"*"}))

_WAYS: Final[Mapping[MediaKind, tuple[Way, ...]]] = MappingProxyType(
    {
        MediaKind.IMAGE: (_PHOTO, _ANIMATION, _DOCUMENT),
        MediaKind.STICKER: (_STICKER, _PHOTO, _DOCUMENT),
        MediaKind.VOICE: (_VOICE, _DOCUMENT),
        MediaKind.AUDIO: (_AUDIO, _DOCUMENT),
        MediaKind.VIDEO: (_VIDEO, _ANIMATION, _DOCUMENT),
        MediaKind.DOCUMENT: (_DOCUMENT,),
    }
)

RULES: Final[Mapping[MediaKind, MediaRule]] = MappingProxyType(
    {kind: MediaRule(frozenset({"*/*"}), _LARGEST, MAX_CAPTION) for kind in _WAYS}
)
"""What is too large, or of the wrong type, for its kind goes as a document."""


def way_of(kind: MediaKind, file: OutFile) -> Way | None:
    """Return the first way that takes the file; None where it is too large for all."""
    return next((way for way in _WAYS[kind] if way.takes(file)), None)
