"""
What a file is, by its content: what it is called, and what a sender says, can be a lie (M8).

The content decides. What was declared only says it more exactly, where the content allows
several: a sound and a film are both MP4, a letter and a table are both ZIP.
"""

import re
from codecs import getincrementaldecoder
from typing import Final

import puremagic

UNKNOWN: Final = "application/octet-stream"

SHOWN: Final = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "audio/mpeg",
        "audio/mp4",
        "audio/aac",
        "audio/amr",
        "audio/ogg",
        "audio/wav",
        "audio/webm",
        "video/mp4",
        "video/3gpp",
        "video/ogg",
        "video/webm",
        "video/quicktime",
    }
)
"""What a browser may show in place; everything else is only saved."""

_ACTIVE: Final = re.compile(
    r"(text/html|application/xhtml|image/svg|.*[/+]xml|text/xsl|.*javascript|.*ecmascript"
    r"|application/x-(shockwave|ms)|text/cache-manifest)"
)

_ACTIVE_TEXT: Final = (
    (re.compile(rb"<svg[\s>]", re.IGNORECASE), "image/svg+xml"),
    (
        re.compile(
            rb"<(!doctype\s+html|html|head|body|script|iframe|img|a|p|h1|div|table|title|style"
            rb"|font|br|b|form|meta|link|object|embed|base|template)[\s>/]",
            re.IGNORECASE,
        ),
        "text/html",
    ),
    (re.compile(rb"<(\?xml|!doctype|!--|[a-z][\w.-]*:[a-z])", re.IGNORECASE), "text/xml"),
)

_CONTAINERS: Final = (
    (re.compile(rb"PK(\x03\x04|\x05\x06)"), "application/zip", r"application/(?!pdf|octet).*"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "application/x-ole-storage", r"application/(ms|vnd\.ms).*"),
    (re.compile(rb"OggS"), "audio/ogg", r"(audio|video|application)/ogg|audio/opus"),
    (re.compile(rb".{4}ftyp3g", re.DOTALL), "video/3gpp", r"(audio|video)/(3gpp2?|mp4)"),
    (re.compile(rb".{4}ftypM4A", re.DOTALL), "audio/mp4", r"audio/(x-)?(mp4|m4a|aac)"),
    (re.compile(rb".{4}ftypqt", re.DOTALL), "video/quicktime", r"video/(quicktime|mp4)"),
    (
        re.compile(rb".{4}ftyp(iso|mp4|avc|dash|MSNV|f4v|M4V)", re.DOTALL),
        "video/mp4",
        r"(audio|video)/(x-)?(mp4|m4a|m4v|3gpp2?|aac)",
    ),
    (re.compile(rb"\x1aE\xdf\xa3"), "video/webm", r"(audio|video)/(webm|x-matroska)"),
    (re.compile(rb"#!AMR"), "audio/amr", r"audio/amr(-wb)?"),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "audio/wav", r"audio/(x-|vnd\.)?wave?"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp", r"image/webp"),
    (re.compile(rb"ID3|\xff[\xfa\xfb\xf2\xf3]"), "audio/mpeg", r"audio/(mpeg|mp3)"),
)
_TEXTS: Final = re.compile(r"text/(plain|csv|tab-.*|(x-)?vcard|calendar|markdown)|application/json")
_PLAIN_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_ALIASES: Final = {
    "audio/opus": "audio/ogg",
    "audio/mp3": "audio/mpeg",
    "audio/x-m4a": "audio/mp4",
    "image/jpg": "image/jpeg",
}


def sniffed(head: bytes, declared: str | None = None) -> str:
    """
    Return the type of a file that begins with `head`, in lower case and without parameters.

    >>> sniffed(b"<html><script>alert(1)</script>", "image/jpeg")
    'text/html'
    >>> sniffed(b"OggS" + bytes(20), "audio/ogg; codecs=opus")
    'audio/ogg'
    """
    said = _plain(declared)
    if (active := _active(head)) is not None:
        return active
    for magic, mime, compatible in _CONTAINERS:
        if magic.match(head):
            return said if re.fullmatch(compatible, said) and not is_active(said) else mime
    candidates = _candidates(head)
    if said in candidates and not is_active(said):
        return said
    if candidates:
        return candidates[0] if not is_active(candidates[0]) else UNKNOWN
    if _is_text(head):
        return said if _TEXTS.fullmatch(said) else "text/plain"
    return UNKNOWN


def is_active(mime: str) -> bool:
    """Return whether a browser that showed it would run what is inside."""
    return _ACTIVE.match(mime) is not None


def _plain(declared: str | None) -> str:
    mime = (declared or "").partition(";")[0].strip().lower()
    return _ALIASES.get(mime, mime)


def _active(head: bytes) -> str | None:
    text = head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n\x0c")
    if not text.startswith(b"<"):
        return None
    # As UTF-16 every other byte is nought.
    text = text.replace(b"\x00", b"")
    for opening, mime in _ACTIVE_TEXT:
        if opening.match(text):
            is_drawing = mime == "text/xml" and re.search(rb"<svg[\s>]", text, re.IGNORECASE)
            return "image/svg+xml" if is_drawing else mime
    return None


def _candidates(head: bytes) -> list[str]:
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return []
    return list(dict.fromkeys(match.mime_type for match in found if match.mime_type))


def _is_text(head: bytes) -> bool:
    if not head or _PLAIN_CONTROLS.search(head):
        return False
    try:
        # Its end may be in the middle of a character.
        getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
