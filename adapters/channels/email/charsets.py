"""Bytes of a mail as text, whatever its sender says about them."""

import binascii
import quopri
import re
from typing import Final

_ALIASES: Final = {
    # What these names stand for in mails, as browsers read them: the larger set.
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-8-i": "iso-8859-8",
    "unicode-1-1-utf-7": "utf-7",
}
_NO_CHARSETS: Final = frozenset(
    {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}
)
"""Codecs of Python that no mail is written in, some of them slow."""
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\x1b$", "iso2022_jp_ext"),
    (b"\x1b(", "iso2022_jp_ext"),
)
_FEW: Final = 20
"""One unreadable character in as many is a slip; more mean another charset."""
_ENCODED_WORD: Final = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=")
_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]+")
_LAST: Final = "cp1252"


def text_of_bytes(content: bytes, declared: str | None) -> str:
    r"""
    Return text by the declared charset, else as UTF-8, else by its marks, else as Latin-1.

    >>> text_of_bytes("olá".encode("latin-1"), "x-unknown"), text_of_bytes(b"ol\xc3\xa1", None)
    ('olá', 'olá')
    """
    said = _codec(declared)
    if said != _LAST and said is not None and (text := _strict(content, said)) is not None:
        return text
    marked = next((codec for mark, codec in _MARKS if mark in content[:4096]), None)
    # Whoever says ASCII or Latin-1 often means UTF-8; whoever writes UTF-8 never means those.
    for codec in ("utf-8", marked):
        if codec is not None and (text := _strict(content, codec)) is not None:
            return text
    if said is not None and said != _LAST:
        text = _storable(content.decode(said, errors="replace"))
        if text.count("\ufffd") * _FEW < len(text):
            return text
    return _strict(content, _LAST) or _storable(content.decode("latin-1"))


def text_of_header(raw: str, charset: str | None = None) -> str:
    """
    Return a header as a person reads it: one line, its encoded words decoded.

    `charset` is what letters are in that were not encoded at all.
    """
    line = " ".join(text_of_bytes(bytes_of_header(raw), charset).split())
    pieces: list[str] = []
    pending: list[tuple[str, bytes]] = []
    end = 0
    for word in _ENCODED_WORD.finditer(line):
        between = line[end : word.start()]
        if between.strip() or not pending:
            pieces += [_joined(pending), between]
            pending = []
        named, encoding, content = word.groups()
        pending.append((named.partition("*")[0].lower(), _word_bytes(encoding, content)))
        end = word.end()
    pieces += [_joined(pending), line[end:]]
    return " ".join("".join(pieces).split())


def bytes_of_header(raw: str) -> bytes:
    """Return a header as it came over the wire."""
    return raw.encode("utf-8", "surrogateescape")


def base64_bytes(content: bytes) -> bytes:
    """Return what Base64 stands for; what is none in it is passed over, as readers do."""
    digits = _BASE64.sub(b"", content)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _joined(words: list[tuple[str, bytes]]) -> str:
    """Return adjacent encoded words as text: a character may be cut in two by their border."""
    text: list[str] = []
    while words:
        charset = words[0][0]
        run = [content for name, content in words if name == charset]
        if len(run) < len(words):
            run = [words[0][1]]
        text.append(text_of_bytes(b"".join(run), charset))
        words = words[len(run) :]
    return "".join(text)


def _word_bytes(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8", "surrogateescape")
    if encoding in "bB":
        return base64_bytes(raw)
    return quopri.decodestring(raw, header=True)


def _codec(charset: str | None) -> str | None:
    name = (charset or "").strip(" \"'").lower()
    if not name or not name.isascii() or name.replace("-", "_") in _NO_CHARSETS:
        return None
    codec = _ALIASES.get(name, name)
    try:
        b" ".decode(codec)
    except LookupError:
        return None
    except ValueError:
        # Known, and a blank is no character of its own in it.
        return codec if "\0" not in codec else None
    return codec


def _strict(content: bytes, codec: str) -> str | None:
    try:
        return _storable(content.decode(codec))
    except ValueError:
        return None


def _storable(text: str) -> str:
    """Return text without the characters that neither PostgreSQL nor JSON takes."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
