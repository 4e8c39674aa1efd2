"""Files: which ones the Cloud API takes, how they are handed over, how they are fetched."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from adapters.channels.base import (
    Answers,
    Download,
    ErrorKind,
    HttpCall,
    MediaRule,
    OutFile,
    SendErr,
    Unavailable,
    Uploaded,
)
from adapters.channels.meta import graph
from adapters.channels.meta.errors import harmless_again, is_mendable
from adapters.channels.reading import text_of
from adapters.channels.whatsapp.config import WhatsAppConfig
from adapters.channels.whatsapp.errors import TABLE
from domain.content import MediaKind

MAX_CAPTION: Final = 1024

_KB: Final = 1024
_MB: Final = 1024 * _KB
_ID: Final = re.compile(r"[A-Za-z0-9_-]+")
_HEX_DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}")
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_TALK: Final = "audio/ogg"


@dataclass(frozen=True, slots=True)
class Way:
    """A type of message that carries a file."""

    type: str
    mimes: frozenset[str]
    max_bytes: int
    has_caption: bool = False
    has_name: bool = False
    is_talk: bool = False
    """Shown as a voice message."""

    def takes(self, file: OutFile) -> bool:
        return plain_mime(file.mime) in self.mimes and len(file.content) <= self.max_bytes

    def content(self, handle: str, file: OutFile, caption: str | None) -> dict[str, Any]:
        """Return what stands in the message under its type."""
        content: dict[str, Any] = {"id": handle}
        if caption and self.has_caption:
            content["caption"] = caption
        if self.has_name:
            content["filename"] = file.name
        if self.is_talk:
            content["voice"] = True
        return content


_PICTURES: Final = frozenset({"image/jpeg", "image/png"})
_SOUNDS: Final = frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", _TALK})
_FILMS: Final = frozenset({"video/mp4", "video/3gpp"})
_STICKERS: Final = frozenset({"image/webp"})
_PAPERS: Final = frozenset(
    {
        "text/plain",
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        f"{_OFFICE}wordprocessingml.document",
        f"{_OFFICE}spreadsheetml.sheet",
        f"{_OFFICE}presentationml.presentation",
    }
)

_IMAGE: Final = Way("image", _PICTURES, 5 * _MB, has_caption=True)
_VIDEO: Final = Way("video", _FILMS, 16 * _MB, has_caption=True)
_AUDIO: Final = Way("audio", _SOUNDS, 16 * _MB)
_VOICE: Final = Way("audio", frozenset({_TALK}), 16 * _MB, is_talk=True)
_STICKER: Final = Way("sticker", _STICKERS, 500 * _KB)
_DOCUMENT: Final = Way(
    "document",
    _PAPERS | _PICTURES | _SOUNDS | _FILMS | _STICKERS,
    100 * _MB,
    has_caption=True,
    has_name=True,
)

_WAYS: Final[Mapping[MediaKind, tuple[Way, ...]]] = MappingProxyType(
    {
        MediaKind.IMAGE: (_IMAGE, _DOCUMENT),
        MediaKind.VIDEO: (_VIDEO, _DOCUMENT),
        MediaKind.AUDIO: (_AUDIO, _DOCUMENT),
        MediaKind.VOICE: (_VOICE, _AUDIO, _DOCUMENT),
        MediaKind.STICKER: (_STICKER, _IMAGE, _DOCUMENT),
        MediaKind.DOCUMENT: (_DOCUMENT,),
    }
)

RULES: Final[Mapping[MediaKind, MediaRule]] = MappingProxyType(
    {kind: MediaRule(_DOCUMENT.mimes, _DOCUMENT.max_bytes, MAX_CAPTION) for kind in _WAYS}
)
"""What is too large, or of the wrong type, for its kind goes as a document."""


def way_of(kind: MediaKind, file: OutFile) -> Way | None:
    """Return the first way that takes the file; None where none does."""
    return next((way for way in _WAYS[kind] if way.takes(file)), None)


def plain_mime(mime: str) -> str:
    """Return a type without its parameters (`audio/ogg; codecs=opus`), in lower case."""
    return mime.lower().partition(";")[0].strip()


def upload(
    config: WhatsAppConfig, file: OutFile, answers: Answers
) -> HttpCall | Uploaded | SendErr:
    """Return the call that hands a file over, and then what it is called there for 30 days."""
    if not answers:
        mime = plain_mime(file.mime)
        if mime not in _DOCUMENT.mimes or len(file.content) > _DOCUMENT.max_bytes:
            return SendErr(ErrorKind.CONTENT, "file-refused", f"{mime} is not taken, or too large")
        fields = {"messaging_product": "whatsapp", "type": mime}
        path = f"{config.phone_number_id}/media"
        return graph.post_file(config, path, fields, ("file", file), "whatsapp media")
    answer = TABLE.judge(answers[-1])
    if isinstance(answer, SendErr):
        return harmless_again(answer)
    handle = text_of(answer, "id")
    if handle is None:
        return SendErr(ErrorKind.TRANSIENT, "no-id", "the answer makes no sense")
    return Uploaded(handle)


def fetch(
    config: WhatsAppConfig, reference: str, answers: Answers
) -> HttpCall | Download | Unavailable:
    """
    Return the next step towards a file: asking where it is, then taking it from there.

    The address that the provider names is good for five minutes, and only with our token.
    """
    if not _ID.fullmatch(reference):
        return Unavailable("its id is none", for_good=True)
    if not answers:
        path = f"{reference}?phone_number_id={config.phone_number_id}"
        return graph.get(config, path, "whatsapp media address")
    answer = TABLE.judge(answers[-1])
    if isinstance(answer, SendErr):
        return Unavailable(answer.message, for_good=not is_mendable(answer))
    url = text_of(answer, "url")
    if url is None or not graph.is_file_address(config, url):
        return Unavailable("the provider does not say where it is", for_good=True)
    call = HttpCall("GET", url, graph.bearer(config), b"", "whatsapp media")
    return Download(call, _hex(text_of(answer, "sha256")))


def _hex(digest: str | None) -> str | None:
    """Return a SHA-256 in hex, which the provider writes as hex or as base64."""
    if digest is None or _HEX_DIGEST.fullmatch(digest):
        return digest.lower() if digest else None
    try:
        raw = base64.b64decode(digest, validate=True)
    except binascii.Error:
        return None
    return raw.hex() if len(raw) == 32 else None  # noqa: PLR2004 - bytes of a SHA-256
