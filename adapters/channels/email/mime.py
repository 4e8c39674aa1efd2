"""
A mail as a tree of parts, read by the standard library with its guesses taken away.

Headers stay as they came, since its parsers of them fail on, or take minutes over, what
people send. A forwarded mail is a file, not a branch. Numbers of parts are IMAP's: `2.1` is
the first part of the second one, and a mail that is no multipart has the one part `1`.
"""

import binascii
import quopri
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import Compat32
from typing import Any, Final, cast

from adapters.channels.email.charsets import base64_bytes, text_of_header

MOST_HEADER: Final = 16_384
"""Characters of one header that are looked at."""
_DEEPEST: Final = 40
_MOST_PARTS: Final = 2_000
_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")
_END_OF_HEAD: Final = re.compile(rb"\r?\n\r?\n")
_BLANK_BEFORE_COLON: Final = re.compile(rb"^([A-Za-z][A-Za-z0-9-]{0,70})[ \t]{1,10}:", re.MULTILINE)
_NO_HEADER: Final = re.compile(rb"^(?![!-9;-~]{1,200}:|[ \t\r\n]|From )(.+)$", re.MULTILINE)
_HEADER_OF_A_MAIL: Final = re.compile(
    rb"^(from|sender|to|subject|date|message-id):", re.MULTILINE | re.IGNORECASE
)
_BORDER: Final = re.compile(
    rb"^--(?P<border>[^\s\"][^\"\r\n]{0,68}[^\s\"]|[^\s\"])[ \t]*\r?\n(?=content-)",
    re.MULTILINE | re.IGNORECASE,
)
"""A line that begins a part, whatever the head says."""
_UU_BEGIN: Final = re.compile(rb"^begin [0-7]{3,4} .*$", re.MULTILINE)


class TooTangled(ValueError):
    """More parts, or deeper within each other, than any mail that a person wrote."""


class _AsTheyCame(Compat32):
    def header_fetch_parse(self, name: str, value: Any) -> Any:
        # The library's readers of parameters take a time that grows with the square.
        return value[:MOST_HEADER] if isinstance(value, str) else value


class Part(Message):
    """One part of a mail, or the whole of it."""

    depth = 0
    siblings = 0
    encoding: str | None = None

    def attach(self, payload: Any) -> None:
        payload.depth = self.depth + 1
        self.siblings += 1
        if payload.depth > _DEEPEST or self.siblings > _MOST_PARTS:
            raise TooTangled
        super().attach(payload)

    def get_content_maintype(self) -> str:
        # The parser goes into `message/…` by this name; what is forwarded is left as a file.
        main = super().get_content_maintype()
        return "application" if main == "message" else main

    @property
    def mime(self) -> str:
        """Return its type in lower case; of a multipart that is none, plain text."""
        mime = self.get_content_type()
        if not _TYPE.fullmatch(mime):
            return "application/octet-stream"
        return "text/plain" if mime.startswith("multipart/") else mime

    @property
    def family(self) -> str:
        return self.get_content_type().partition("/")[0]

    @property
    def charset(self) -> str | None:
        """Return the charset that it says it is written in."""
        try:
            return self.get_content_charset()
        except (ValueError, LookupError):
            return None

    @property
    def filename(self) -> str | None:
        """Return the name it gives itself, not fit to be one on a disk."""
        try:
            name = self.get_filename()
        except (ValueError, LookupError, IndexError):
            return None
        return text_of_header(name)[:255] or None if name else None

    @property
    def is_attachment(self) -> bool:
        """Return whether its sender wants it saved rather than read."""
        return self.header("content-disposition").strip().lower().startswith("attachment")

    def header(self, name: str) -> str:
        """Return the first header of a name as it came; empty where there is none."""
        return next(iter(self.headers(name)), "")

    def headers(self, name: str) -> list[str]:
        return [str(value) for value in self.get_all(name, [])]

    def content(self) -> bytes:
        """Return what is in a part that holds no others, out of its transfer encoding."""
        if self.is_multipart():
            return b""
        if self.encoding is None:
            # Without it, the library gives the bytes as they came.
            self.encoding = self.header("content-transfer-encoding").strip().lower()
            del self["content-transfer-encoding"]
        raw = cast(bytes, self.get_payload(decode=True))
        words = re.split(r"[\s;]", self.encoding)
        return _decoded(raw, words[0], "printable" in words)

    def leaves(self, number: str = "") -> Iterator[tuple[str, "Part"]]:
        """Yield each part that holds no others, with its number."""
        if not self.is_multipart():
            yield number or "1", self
            return
        for index, part in enumerate(self.parts(), 1):
            yield from part.leaves(f"{number}.{index}" if number else str(index))

    def nodes(self) -> Iterator["Part"]:
        """Yield it, and everything below it."""
        yield self
        for part in self.parts():
            yield from part.nodes()

    def parts(self) -> list["Part"]:
        return cast("list[Part]", self.get_payload()) if self.is_multipart() else []


def read_mail(raw: bytes) -> Part:
    """Return a mail's tree. Raises `TooTangled`."""
    head, between, body = split_head(raw.lstrip(b"\r\n"))
    whole = _mended(head) + between + body
    mail = parsed(whole)
    if mail.family == "multipart" and not mail.is_multipart():
        mail = _with_its_own_border(mail, whole, body) or mail
    return mail


def _with_its_own_border(mail: Part, whole: bytes, body: bytes) -> Part | None:
    """Return a mail whose parts are divided by another line than its head says."""
    border = _BORDER.search(body)
    if border is None or whole.startswith(b"From "):
        return None
    kind = mail.get_content_type().encode("ascii", "replace")
    # Of two headers of a name the parser takes the first.
    found = parsed(b'Content-Type: %s; boundary="%s"\r\n%s' % (kind, border["border"], whole))
    return found if found.is_multipart() else None


def parsed(raw: bytes) -> Part:
    """Return a tree of just these bytes."""
    return cast(Part, message_from_bytes(raw, _class=Part, policy=_POLICY))


def split_head(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """Return a mail's headers, what is between, and its body."""
    match = _END_OF_HEAD.search(raw)
    if match is None:
        return raw, b"", b""
    return raw[: match.start()], match[0], raw[match.end() :]


def read_headers(raw: bytes) -> Part:
    """Return a mail's headers alone, with its whole body as plain text."""
    head, between, body = split_head(raw)
    mail = read_mail(head + between)
    del mail["content-type"], mail["content-transfer-encoding"]
    mail.set_payload(body.decode("ascii", "surrogateescape"))
    return mail


def part_of(raw: bytes, number: str) -> bytes | None:
    """Return the content of the part with a number, the whole mail for `0`; None: no such."""
    if number == "0":
        return raw
    try:
        leaves = read_mail(raw).leaves()
    except TooTangled:
        return None
    return next((part.content() for found, part in leaves if found == number), None)


def _mended(head: bytes) -> bytes:
    """
    Return headers such that the parser reads all of them.

    Before 2001 a blank was allowed before the colon, and at a line that is no header it
    would take everything that follows for the body.
    """
    head = _BLANK_BEFORE_COLON.sub(rb"\1:", head)
    return _NO_HEADER.sub(rb"X-Unreadable: \1", head) if _HEADER_OF_A_MAIL.search(head) else head


def _decoded(raw: bytes, encoding: str, printable: bool) -> bytes:
    if encoding == "base64":
        return base64_bytes(raw)
    if printable or encoding == "quoted-printable":
        return quopri.decodestring(raw)
    if encoding in {"x-uuencode", "uuencode", "uue", "x-uue"}:
        return _uu_bytes(raw)
    return raw


def _uu_bytes(raw: bytes) -> bytes:
    """Return what is uuencoded; as it came where it is not."""
    begin = _UU_BEGIN.search(raw)
    if begin is None:
        return raw
    content = bytearray()
    for line in raw[begin.end() :].splitlines():
        if line.strip() == b"end":
            break
        try:
            content += binascii.a2b_uu(line)
        except binascii.Error:
            # Some writers pad a line beyond its length, which is told by its first letter.
            length = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                content += binascii.a2b_uu(line[:length])
            except binascii.Error:
                return raw
    return bytes(content)


_POLICY: Final = _AsTheyCame()
