"""An answer as a mail: written so that nothing in it can become a header of its own."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from hashlib import blake2b
from typing import Any, Final

from adapters.channels.base import CannotBeSent, OutboundMessage, OutFile
from adapters.channels.email.config import EmailConfig
from adapters.channels.email.threads import Place, message_id, reply_address
from adapters.channels.offers import written_out
from domain.content import Media, Offer, Text

MAX_BYTES: Final = 25 * 1024 * 1024
"""Of the files of one mail, as most servers take it."""
_ADDRESS: Final = re.compile(
    r"[^\s<>\"(),:;@\x00-\x1f\x7f]{1,64}@[^\s<>\"(),:;@\x00-\x1f\x7f]{1,253}"
)
_ID: Final = re.compile(r"<[!-;=?-~]{1,900}>")
_ANSWERED: Final = re.compile(r"(re|res|aw|sv|rif)\s*:", re.IGNORECASE)
_MIME: Final = re.compile(r"(?!message/|multipart/)[a-z0-9.+-]{1,80}/[a-z0-9.+-]{1,80}")
_LONGEST_SUBJECT: Final = 200
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, ready to leave."""

    message_id: str
    recipient: str
    content: bytes


class _Policy(EmailPolicy):
    """Message-IDs are written as they are: the library encodes the longer ones, and breaks them."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in {"message-id", "in-reply-to", "references"}:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_POLICY: Final = _Policy(linesep="\r\n", cte_type="7bit", max_line_length=76)


def compose(config: EmailConfig, message: OutboundMessage, now: datetime) -> Letter:
    """Return the mail for a message: the same Message-ID each time. Raises `CannotBeSent`."""
    place = Place.of_address(message.address)
    to = _ascii_address(place.to, message)
    words = "\n\n".join(_words(message))
    files = list(_files(message))
    if not words and not files:
        raise CannotBeSent(message.message_id, "there is nothing in it")
    id_ = message_id(message.message_id, place.thread, config)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(display_name=_line(config.from_name), addr_spec=config.from_address)
    mail["To"] = to
    mail["Subject"] = _subject(message, words, config)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = id_
    if (reply_to := reply_address(place.thread, config)) is not None:
        mail["Reply-To"] = reply_to
    _thread(mail, message)
    mail.set_content(words)
    for part, file in files:
        _attach(mail, part, file)
    if mail.is_multipart():
        mail.set_boundary(f"={blake2b(id_.encode(), digest_size=16).hexdigest()}")
    return Letter(id_, to, mail.as_bytes())


def _thread(mail: EmailMessage, message: OutboundMessage) -> None:
    named = (message.last_received_id, message.reply_to_provider_id)
    ids = [id_ for id_ in named if id_ is not None and _ID.fullmatch(id_)]
    if ids:
        mail["In-Reply-To"] = ids[-1]
        mail["References"] = " ".join(dict.fromkeys(ids))


def _words(message: OutboundMessage) -> Iterable[str]:
    for part in message.parts:
        match part:
            case Text(text=text) | Media(caption=str(text)):
                words = text
            case Media():
                continue
            case Offer():
                words = written_out(part)
            case _:
                raise CannotBeSent(message.message_id, f"a part of kind {part.kind!r}")
        if words.strip():
            yield words.encode("utf-8", "replace").decode()


def _files(message: OutboundMessage) -> Iterable[tuple[Media, OutFile]]:
    size = 0
    for part in message.parts:
        if not isinstance(part, Media):
            continue
        file = message.files.get(part.sha256 or "")
        size += len(file.content) if file is not None else 0
        if file is None or size > MAX_BYTES:
            why = "its file is not at hand" if file is None else "its files are too large"
            raise CannotBeSent(message.message_id, why)
        yield part, file


def _attach(mail: EmailMessage, part: Media, file: OutFile) -> None:
    mime = file.mime.lower()
    main, _, sub = (mime if _MIME.fullmatch(mime) else "application/octet-stream").partition("/")
    name = _line(part.name or file.name)[-_LONGEST_NAME:] or "file"
    mail.add_attachment(file.content, maintype=main, subtype=sub, filename=name)


def _subject(message: OutboundMessage, words: str, config: EmailConfig) -> str:
    """Return the talk's own subject; of a talk that we begin, the first words."""
    known = _line(message.subject or "")[:_LONGEST_SUBJECT]
    if known:
        return known if _ANSWERED.match(known) else f"Re: {known}"
    first = _line(words.strip().partition("\n")[0])[: _LONGEST_SUBJECT // 2]
    return first or _line(config.from_name) or config.from_address


def _ascii_address(address: str, message: OutboundMessage) -> str:
    if not _ADDRESS.fullmatch(address):
        raise CannotBeSent(message.message_id, "its address is no e-mail address")
    local, _, domain = address.partition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise CannotBeSent(message.message_id, "its address is beyond ASCII") from None


def _line(text: str) -> str:
    """Return text as one line that holds nothing but what can be seen."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())
