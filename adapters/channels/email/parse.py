"""
A mail as canonical values.

Its Message-ID is its name: a mail that comes by IMAP, again after the mailbox was numbered
anew, and once more by HTTP is one message (M1).
"""

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal

from adapters.channels.base import RawRequest, unreadable
from adapters.channels.email.addresses import Mailbox, author_of, mailboxes
from adapters.channels.email.bounces import is_report, reported
from adapters.channels.email.charsets import text_of_header
from adapters.channels.email.config import EmailConfig
from adapters.channels.email.content import parts_of, text_of_part, texts_of, whole_mail
from adapters.channels.email.loops import reason_not_to_answer
from adapters.channels.email.mime import Part, TooTangled, read_headers, read_mail
from adapters.channels.email.references import Reference
from adapters.channels.email.threads import Place, id_of, ids_in, is_ours, thread_of
from adapters.channels.reading import content_key, raw_body, raw_text
from domain.content import Parts, Text, Unsupported
from domain.inbound import InboundEvent, MessageArrived, Notice, Peer
from domain.values import Identity, Timestamp

ADDRESS_SCHEME: Final = "email.address"
NOBODY_SCHEME: Final = "email.nobody"
"""Of a mail that names no address at all: each such mail is a client of its own."""

_NEEDED: Final = ("from", "sender", "to", "subject", "date", "message-id", "received")
"""A body without any of these headers is no mail."""
_LONGEST_SUBJECT: Final = 1_000
_MOST_KEPT: Final = 256 * 1024
"""Bytes of a notice's mail: it is kept in the log, and lies in the mailbox as a whole."""
_MOST_WORDS_OF_TANGLED: Final = 20_000
_EPOCH: Final = datetime(1990, 1, 1, tzinfo=UTC)


def parse(request: RawRequest, config: EmailConfig) -> list[InboundEvent]:
    """Return what a mail says: always one value."""
    raw = request.body
    try:
        mail = read_mail(raw)
        tangled = False
    except (TooTangled, RecursionError):
        mail = read_headers(raw)
        tangled = True
    if not any(mail.headers(name) for name in _NEEDED):
        return [unreadable(replace(request, body=raw[:_MOST_KEPT]), "not-a-mail")]
    at = _written_at(mail, request.received_at)
    if not tangled and is_report(mail):
        return [reported(mail, at, config) or _notice(mail, raw, "report", at)]
    if (why := reason_not_to_answer(mail, config)) is not None:
        return [_notice(mail, raw, why, at)]
    id_ = id_of(mail, raw)
    found = Reference.of_request(request, id_)
    parts = _tangled(mail, found, raw) if tangled else parts_of(mail, found, raw)
    return [_message(mail, id_, parts, at, config)]


def _message(
    mail: Part, id_: str, parts: Parts, at: Timestamp, config: EmailConfig
) -> MessageArrived:
    charset = next((said for node in mail.nodes() if (said := node.charset)), None)
    subject = text_of_header(mail.header("subject"), charset)[:_LONGEST_SUBJECT] or None
    author = _author(mail, config)
    thread = thread_of(mail, id_, config)
    return MessageArrived(
        account=None,
        dedup_key=f"m:{id_}",
        occurred_at=at,
        peer=_peer(author, mail, id_),
        thread=Place(_answer_to(mail, author, id_, config), thread).address(),
        provider_id=id_,
        parts=parts or _nothing_but(subject),
        reply_to=next(
            iter([*ids_in(mail, "in-reply-to"), *ids_in(mail, "references")[::-1]]), None
        ),
        subject=subject,
    )


def _nothing_but(subject: str | None) -> Parts:
    """Return the parts of a mail that has no others: some people write it all in the subject."""
    return (Text(text=subject),) if subject else (Unsupported(what="empty-mail", raw="{}"),)


def _author(mail: Part, config: EmailConfig) -> Mailbox | None:
    """Return who wrote it: of a form on our own site, who filled it in."""
    author = author_of(mail)
    if author is not None and is_ours(author, config):
        others = (box for box in mailboxes(mail, "reply-to") if not is_ours(box, config))
        return next(others, author)
    return author


def _peer(author: Mailbox | None, mail: Part, id_: str) -> Peer:
    if author is None:
        name = text_of_header(mail.header("from"))[:200] or None
        return Peer((Identity(NOBODY_SCHEME, id_),), name)
    return Peer((Identity(ADDRESS_SCHEME, author.canonical),), author.name)


def _answer_to(mail: Part, author: Mailbox | None, id_: str, config: EmailConfig) -> str:
    """Return where answers are wanted: `Reply-To` goes before who wrote it."""
    others = [box for box in mailboxes(mail, "reply-to") if not is_ours(box, config)]
    wanted = next(iter(others), author)
    return id_ if wanted is None else wanted.canonical


def _tangled(mail: Part, found: Reference, raw: bytes) -> Parts:
    """Return the parts of a mail whose own are too many: its beginning, and itself as a file."""
    texts = texts_of(text_of_part(mail)[:_MOST_WORDS_OF_TANGLED])
    return (*texts, Unsupported(what="tangled-mail", raw="{}"), whole_mail(found, raw))


def _notice(mail: Part, raw: bytes, code: str, at: Timestamp) -> Notice:
    why: Literal["notice"] = "notice"
    told = {
        "from": text_of_header(mail.header("from")),
        "subject": text_of_header(mail.header("subject")),
        "mail": raw_body(raw[:_MOST_KEPT]),
        "bytes": len(raw),
    }
    key = content_key("n", code, id_of(mail, raw))
    return Notice(
        account=None, dedup_key=key, occurred_at=at, code=code, raw=raw_text(told), why=why
    )


def _written_at(mail: Part, received_at: Timestamp) -> Timestamp:
    """Return when it was written, where its `Date` makes sense, else when it came."""
    try:
        said = parsedate_to_datetime(text_of_header(mail.header("date")))
        written = said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return received_at
    return written if _EPOCH < written <= received_at else received_at
