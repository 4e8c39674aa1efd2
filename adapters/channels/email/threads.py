"""
Which talk a mail belongs to: by the ids that it names, never by its subject.

Our own Message-IDs and reply addresses say which thread they were written in, so that an
answer is known without looking anything up. A thread is named by a digest of the id of
its first mail.
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from adapters.channels.email.addresses import Mailbox, mailboxes
from adapters.channels.email.charsets import text_of_header
from adapters.channels.email.config import EmailConfig
from adapters.channels.email.mime import Part, split_head
from adapters.channels.reading import short

_ID: Final = re.compile(r"<([^<>\s]{1,900})>")
_LEFT: Final = re.compile(r"(?P<message>[A-Za-z0-9-]{1,64})\.(?P<thread>[0-9a-f]{16}|0)\.recado")
_THREAD: Final = re.compile(r"[0-9a-f]{16}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_TOKEN: Final = re.compile(r"(?P<thread>[0-9a-f]{16})(?P<mac>[0-9a-f]{12})")
_PURPOSE: Final = b"recado reply address v1:"
_LONGEST_LOCAL: Final = 64
_WHERE_WE_ARE_NAMED: Final = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")


@dataclass(frozen=True, slots=True)
class OwnId:
    """What one of our own Message-IDs says."""

    message: str
    """Our id of the message, or its digest."""
    thread: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer goes, as an address of the channel: a bare one, or one with a thread."""

    to: str
    thread: str | None = None

    def address(self) -> str | None:
        """Return it as text; None for the talk that goes on with an address alone."""
        return None if self.thread is None else f"{self.to}#{self.thread}"

    @classmethod
    def of_address(cls, address: str) -> "Place":
        to, mark, thread = address.rpartition("#")
        if mark and _THREAD.fullmatch(thread):
            return cls(to, thread)
        return cls(address)


def ids_in(mail: Part, name: str) -> list[str]:
    """Return the Message-IDs that a header holds, each in its angle brackets."""
    return [
        short(f"<{id_}>") for raw in mail.headers(name) for id_ in _ID.findall(text_of_header(raw))
    ]


def id_of(mail: Part, raw: bytes) -> str:
    """Return a mail's Message-ID; of one without, a name by what does not change on its way."""
    if ids := ids_in(mail, "message-id"):
        return ids[0]
    bare = "".join(text_of_header(mail.header("message-id")).split()).strip("<>")
    if bare:
        return short(f"<{bare}>")
    body = split_head(raw)[2]
    words = "\n".join(mail.header(name) for name in ("from", "date", "subject")).encode(
        "utf-8", "surrogateescape"
    )
    digest = blake2b(b"".join(body.split()), key=blake2b(words, digest_size=32).digest())
    return f"<{digest.hexdigest()[:32]}@no-message-id.invalid>"


def thread_of(mail: Part, own_id: str, config: EmailConfig) -> str | None:
    """Return a mail's thread; None: the talk that an operator began by writing to an address."""
    answers, references = ids_in(mail, "in-reply-to"), ids_in(mail, "references")
    for id_ in [*answers, *reversed(references)]:
        if (ours := own_id_in(id_, config)) is not None:
            return ours.thread
    named = [box for name in _WHERE_WE_ARE_NAMED for box in mailboxes(mail, name)]
    if (thread := _signed_thread(named, config)) is not None:
        return thread
    root = next(iter([*references, *answers]), own_id)
    return blake2b(root.encode(), digest_size=8).hexdigest()


def own_id_in(id_: str, config: EmailConfig) -> OwnId | None:
    """Return what one of our own Message-IDs says; None for anybody else's."""
    left, _, domain = id_.strip("<>").rpartition("@")
    match = _LEFT.fullmatch(left)
    if match is None or domain.lower() != config.domain:
        return None
    return OwnId(match["message"], None if match["thread"] == "0" else match["thread"])


def message_id(ours: str, thread: str | None, config: EmailConfig) -> str:
    """Return the Message-ID of a message of ours: the same whenever it is sent."""
    left = ours if _PLAIN.fullmatch(ours) else blake2b(ours.encode(), digest_size=16).hexdigest()
    return f"<{left}.{thread or 0}.recado@{config.domain}>"


def reply_address(thread: str | None, config: EmailConfig) -> str | None:
    """Return `name+<thread>@…` that only we can have written; None where there is none."""
    local, _, domain = config.from_address.partition("@")
    if config.reply_secret is None or thread is None:
        return None
    tagged = f"{local}+{thread}{_mac(thread, config.reply_secret.get_secret_value())}"
    return f"{tagged}@{domain}" if len(tagged) <= _LONGEST_LOCAL else None


def is_ours(box: Mailbox, config: EmailConfig) -> bool:
    """Return whether a mailbox is this account's own, with or without a tag."""
    local, _, domain = box.canonical.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" == config.from_address.lower()


def _signed_thread(named: Iterable[Mailbox], config: EmailConfig) -> str | None:
    if config.reply_secret is None:
        return None
    secret = config.reply_secret.get_secret_value()
    for box in named:
        tag = box.canonical.rpartition("@")[0].rpartition("+")[2]
        token = _TOKEN.fullmatch(tag)
        if token is None or not is_ours(box, config):
            continue
        if hmac.compare_digest(token["mac"], _mac(token["thread"], secret)):
            return token["thread"]
    return None


def _mac(thread: str, secret: str) -> str:
    return hmac.digest(secret.encode(), _PURPOSE + thread.encode(), "sha256").hex()[:12]
