"""Names of files as they may be shown, saved and written into a header."""

import mimetypes
import re
import unicodedata
from typing import Final
from urllib.parse import quote

LONGEST: Final = 120
"""Characters; in UTF-8 that fits into every file system."""

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control characters, marks that turn the direction of text around, halves of characters."""
_NOT_IN_NAMES: Final = re.compile(r'[<>:"|?*]')
_SPACES: Final = re.compile(r"\s+")
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def safe_name(name: str | None, mime: str) -> str:
    r"""
    Return a name without folders, hidden marks and whatever a file system minds.

    >>> safe_name("..\\..\\etc/nota\u202efdp.exe", "application/octet-stream")
    'notafdp.exe'
    >>> safe_name(None, "image/png")
    'file.png'
    """
    last = re.split(r"[/\\]", name or "")[-1]
    shown = "".join(c for c in last if unicodedata.category(c) not in _INVISIBLE)
    shown = _NOT_IN_NAMES.sub("_", unicodedata.normalize("NFC", shown))
    shown = _SPACES.sub(" ", shown).strip(" .")
    if _DEVICES.match(shown):
        shown = f"_{shown}"
    stem, dot, end = shown.rpartition(".")
    if not dot or not stem or len(end) > 10:  # noqa: PLR2004  (the longest ending in use)
        stem, end = shown, (mimetypes.guess_extension(mime) or "").lstrip(".")
    stem = stem[: LONGEST - len(end) - 1].strip(" .") or "file"
    return f"{stem}.{end}" if end else stem


def disposition(kind: str, name: str) -> str:
    """Return a `Content-Disposition` header for a safe name (RFC 6266)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
