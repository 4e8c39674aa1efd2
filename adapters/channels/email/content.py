"""What a mail holds, as parts: the words, what hangs below them, and the files."""

import re
from hashlib import sha256
from typing import Final

from adapters.channels.email.charsets import text_of_bytes
from adapters.channels.email.html_text import text_of_html
from adapters.channels.email.mime import Part
from adapters.channels.email.quoting import split_quoted
from adapters.channels.email.references import Reference
from adapters.channels.guessing import medium_of
from domain.content import Media, MediaKind, Parts, Text

WHOLE_MAIL: Final = "message/rfc822"
MAX_TEXT: Final = 100_000
"""Characters of one mail's words; the rest of a longer one is left in its file."""
_MOST_HTML: Final = 500_000
_MOST_FILES: Final = 200
_PLAIN_DRAWINGS: Final = "image/svg+xml"
_BLANKS: Final = re.compile(r"\n{3,}")
_READ: Final = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext"})


def parts_of(mail: Part, found: Reference, raw: bytes) -> Parts:
    """Return the words and files of a mail, which is `raw`: what is too long is a file, too."""
    body: list[str] = []
    files: list[Media] = []
    _walk(mail, "", found, body, files)
    if not body:
        # Some writers give what they wrote a file's name.
        body = [text_of_part(leaf) for _, leaf in mail.leaves() if _is_named_text(leaf)][:1]
    words = _BLANKS.sub("\n\n", "\n\n".join(text for text in body if text.strip())).strip("\r\n")
    cut = len(words) > MAX_TEXT
    if cut or len(files) > _MOST_FILES:
        files = [*files[:_MOST_FILES], whole_mail(found, raw)]
    return (*texts_of(words[:MAX_TEXT]), *files)


def texts_of(words: str) -> Parts:
    """Return what was written now, and what hangs below it."""
    own, below = split_quoted(words)
    said = Text(text=own), Text(text=below, quoted=True)
    return tuple(text for text in said if text.text)


def whole_mail(found: Reference, raw: bytes) -> Media:
    """Return the mail itself as a file."""
    return Media(
        media=MediaKind.DOCUMENT,
        reference=found.to("0"),
        mime=WHOLE_MAIL,
        name="mail.eml",
        size=len(raw),
        sha256=sha256(raw).hexdigest(),
    )


def text_of_part(part: Part) -> str:
    """Return the text of a part that is meant to be read, with line feeds alone."""
    content = part.content()
    text = text_of_bytes(content, part.charset).removeprefix("\ufeff")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text_of_html(text[:_MOST_HTML]) if part.mime == "text/html" else text


def _walk(part: Part, number: str, found: Reference, body: list[str], files: list[Media]) -> None:
    if part.is_multipart():
        children = [(f"{number}.{n}".lstrip("."), p) for n, p in enumerate(part.parts(), 1)]
        is_choice = part.get_content_type() == "multipart/alternative"
        read = _plainest([child for _, child in children]) if is_choice else None
        for below, child in children:
            # Pictures often hang on the way to say it that is not read.
            is_read = read is None or child is read
            _walk(child, below, found, body if is_read else [], files)
    elif not _is_read(part):
        files.append(_file(part, number or "1", found))
    else:
        body.append(text_of_part(part))
        if part.mime == "text/html" and len(part.content()) > _MOST_HTML:
            files.append(_file(part, number or "1", found))


def _plainest(children: list[Part]) -> Part | None:
    """Return of several ways to say the same the one to read: plain text that says something."""
    plain = (child for child in children if child.mime == "text/plain" and _says_something(child))
    rich = (child for child in reversed(children) if _says_something(child))
    return next(plain, None) or next(rich, None)


def _says_something(part: Part) -> bool:
    return any(_is_read(leaf) and text_of_part(leaf).strip() for _, leaf in part.leaves())


def _is_read(part: Part) -> bool:
    return _is_named_text(part) and part.filename is None


def _is_named_text(part: Part) -> bool:
    return part.mime in _READ and not part.is_attachment


def _file(part: Part, number: str, found: Reference) -> Media:
    content = part.content()
    mime = part.mime
    kind = medium_of(mime)
    return Media(
        media=MediaKind.DOCUMENT if mime == _PLAIN_DRAWINGS else kind,
        reference=found.to(number),
        mime=mime,
        name=part.filename,
        size=len(content),
        sha256=sha256(content).hexdigest(),
    )
