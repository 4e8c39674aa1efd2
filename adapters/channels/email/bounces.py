"""What mail servers report about what we sent (RFC 3464)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from adapters.channels.base import ErrorKind
from adapters.channels.email.addresses import is_by_a_server
from adapters.channels.email.charsets import text_of_header
from adapters.channels.email.config import EmailConfig
from adapters.channels.email.errors import kind_of_status
from adapters.channels.email.mime import Part, parsed, read_headers
from adapters.channels.email.threads import ids_in, own_id_in
from adapters.channels.reading import short
from domain.chat.events import MessageState
from domain.inbound import DeliveryReported
from domain.values import Timestamp

_STATES: Final = {
    "failed": MessageState.FAILED,
    "delayed": MessageState.SENT,
    "relayed": MessageState.SENT,
    "expanded": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
}
_WORST_FIRST: Final = ("failed", "delivered", "delayed", "relayed", "expanded")
_STATUS: Final = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_FINAL: Final = re.compile(r"\b5\.[0-9]{1,3}\.[0-9]{1,3}\b")
_MAY_STILL_COME: Final = re.compile(
    r"\b(delayed|warning|retr(y|ied)|still trying)\b", re.IGNORECASE
)
_ID_IN_WORDS: Final = re.compile(r"<[^<>\s]{1,900}>")
_MOST_WORDS: Final = 100_000
_TOLD: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED: Final = frozenset({"message/rfc822", "text/rfc822-headers", "message/global"})
_LONGEST_REASON: Final = 500
_MOST_BLOCKS: Final = 100


@dataclass(frozen=True, slots=True)
class _Fate:
    """What became of a mail for one recipient."""

    action: str
    status: str
    words: str


def is_report(mail: Part) -> bool:
    """Return whether a mail is a server's report about another one."""
    is_typed = mail.get_content_type() == "multipart/report"
    return is_typed or is_by_a_server(mail) or any(_fates(mail))


def reported(mail: Part, at: Timestamp, config: EmailConfig) -> DeliveryReported | None:
    """Return what a report says of a mail of ours; None for a report about anything else."""
    fates = list(_fates(mail)) or list(_told_in_words(mail))
    known = {fate.action: fate for fate in reversed(fates) if fate.action in _STATES}
    fate = next((known[action] for action in _WORST_FIRST if action in known), None)
    id_ = next((i for i in _returned_ids(mail) if own_id_in(i, config) is not None), None)
    if fate is None or id_ is None:
        return None
    ours = own_id_in(id_, config)
    return DeliveryReported(
        account=None,
        dedup_key=f"s:{id_}:{fate.action}",
        occurred_at=at,
        state=_STATES[fate.action],
        provider_id=id_,
        correlation=ours.message if ours is not None else None,
        error=_error(fate) if fate.action == "failed" else None,
    )


def _error(fate: _Fate) -> str:
    status = _STATUS.search(fate.status)
    kind = kind_of_status(status[0]) if status else ErrorKind.PERMANENT
    return f"{kind}: {fate.words or fate.status or 'not delivered'}"[:_LONGEST_REASON]


def _fates(mail: Part) -> Iterator[_Fate]:
    for node in mail.nodes():
        if node.get_content_type() not in _TOLD:
            continue
        for fields in node.parts()[:_MOST_BLOCKS] or _blocks(node.content()):
            action = text_of_header(fields.header("action")).lower()
            words = text_of_header(fields.header("diagnostic-code"))
            if action:
                yield _Fate(action, text_of_header(fields.header("status")), words)


def _told_in_words(mail: Part) -> Iterator[_Fate]:
    """Yield a failure that an old server (qmail) tells in plain words, where it is final."""
    words = _plain_text(mail) if is_by_a_server(mail) else ""
    status = _FINAL.search(words)
    if status is not None and not _MAY_STILL_COME.search(words):
        line = words[: status.end()].rpartition("\n")[2] + words[status.end() :].partition("\n")[0]
        yield _Fate("failed", status[0], " ".join(line.split()))


def _plain_text(mail: Part) -> str:
    leaves = (part for _, part in mail.leaves() if part.mime == "text/plain")
    return "\n".join(part.content().decode("utf-8", "replace") for part in leaves)[:_MOST_WORDS]


def _blocks(content: bytes) -> list[Part]:
    """Return groups of fields that the parser has left as they are."""
    blocks = re.split(rb"\r?\n\r?\n", content.strip(), maxsplit=_MOST_BLOCKS)
    return [parsed(block.strip() + b"\n\n") for block in blocks[:_MOST_BLOCKS]]


def _returned_ids(mail: Part) -> Iterator[str]:
    """Yield the Message-IDs of the mail that came back, wherever they are told."""
    for _, part in mail.leaves():
        if part.get_content_type() in _RETURNED:
            content = part.content().lstrip()
            yield from ids_in(read_headers(content), "message-id")
    if is_by_a_server(mail):
        yield from (short(id_) for id_ in _ID_IN_WORDS.findall(_plain_text(mail)))
    yield from ids_in(mail, "in-reply-to")
    yield from reversed(ids_in(mail, "references"))
