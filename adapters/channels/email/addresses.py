"""Who wrote: addresses and names out of headers that may hold anything."""

import re
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Final

from adapters.channels.email.charsets import text_of_header
from adapters.channels.email.mime import Part

_ADDRESS: Final = re.compile(
    r"[^\s<>\"(),:;@\x00-\x1f\x7f]{1,128}@[^\s<>\"(),:;@\x00-\x1f\x7f]{1,253}"
)
_LONGEST_NAME: Final = 200
_SERVER: Final = "mailer-daemon@"
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Mailbox:
    address: str
    """As it was written."""
    name: str | None = None

    @property
    def canonical(self) -> str:
        """Return the address as it is compared: no provider tells mailboxes apart by case."""
        return self.address.lower()

    @property
    def domain(self) -> str:
        return self.canonical.rpartition("@")[2]


def mailboxes(mail: Part, name: str) -> list[Mailbox]:
    """Return everybody whom the headers of a name hold, in order."""
    found: list[Mailbox] = []
    for raw in mail.headers(name):
        found += _in_header(raw)
    return found[:_MOST]


def author_of(mail: Part) -> Mailbox | None:
    """Return who wrote a mail; of several, the one who sent it."""
    authors = mailboxes(mail, "from")
    senders = [box.canonical for box in mailboxes(mail, "sender")]
    for author in authors:
        if author.canonical in senders:
            return author
    for boxes in (authors, mailboxes(mail, "sender"), mailboxes(mail, "reply-to")):
        if boxes:
            return boxes[0]
    return next(iter(mailboxes(mail, "return-path")), None)


def is_by_a_server(mail: Part) -> bool:
    """Return whether a mail server wrote it, by the name that they all write under."""
    return any(box.canonical.startswith(_SERVER) for box in mailboxes(mail, "from"))


def _in_header(raw: str) -> list[Mailbox]:
    try:
        pairs = getaddresses([raw])
    except (ValueError, IndexError, RecursionError):
        pairs = []
    found = [
        Mailbox(match[0], _name(name))
        for name, address in pairs
        if (match := _ADDRESS.fullmatch(text_of_header(address))) is not None
    ]
    return found or [Mailbox(match[0]) for match in _ADDRESS.finditer(text_of_header(raw))]


def _name(raw: str) -> str | None:
    name = text_of_header(raw).strip("\"' ")
    return name[:_LONGEST_NAME] or None
