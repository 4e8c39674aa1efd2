"""What a mail server's refusals mean: by the enhanced status code, then by the reply code."""

import re
from typing import Final

from adapters.channels.base import ErrorKind, ErrorRow, SendErr

CODES: Final = (
    ErrorRow("421", ErrorKind.RATE_LIMITED, "the server is busy, or we send too fast"),
    ErrorRow("450", ErrorKind.RATE_LIMITED, "greylisted, or the mailbox is busy"),
    ErrorRow("451", ErrorKind.RATE_LIMITED, "greylisted, or a fault at the server"),
    ErrorRow("452", ErrorKind.RATE_LIMITED, "no room at the server, or too many recipients"),
    ErrorRow("454", ErrorKind.TRANSIENT, "log-in or TLS is out of order for now"),
    ErrorRow("501", ErrorKind.CONTENT, "the server does not take the address"),
    ErrorRow("530", ErrorKind.AUTH, "log-in is needed"),
    ErrorRow("534", ErrorKind.AUTH, "another way to log in is needed"),
    ErrorRow("535", ErrorKind.AUTH, "user or password is wrong"),
    ErrorRow("538", ErrorKind.CONFIG, "log-in needs an encrypted connection"),
    ErrorRow("550", ErrorKind.RECIPIENT, "there is no such mailbox"),
    ErrorRow("551", ErrorKind.RECIPIENT, "the mailbox is elsewhere"),
    ErrorRow("552", ErrorKind.CONTENT, "the mail is too big"),
    ErrorRow("553", ErrorKind.RECIPIENT, "the mailbox's name is not allowed"),
    ErrorRow("556", ErrorKind.RECIPIENT, "the domain takes no mail"),
)

STATUSES: Final = (
    ErrorRow("5.1.7", ErrorKind.CONFIG, "our address is wrong"),
    ErrorRow("5.1.8", ErrorKind.CONFIG, "our domain is wrong"),
    ErrorRow("5.1", ErrorKind.RECIPIENT, "the address is wrong"),
    ErrorRow("5.2.3", ErrorKind.CONTENT, "the mail is too long for the mailbox"),
    ErrorRow("5.2", ErrorKind.RECIPIENT, "the mailbox is full, or off"),
    ErrorRow("5.3.4", ErrorKind.CONTENT, "the mail is too big"),
    ErrorRow("5.6", ErrorKind.CONTENT, "the content cannot be taken"),
    ErrorRow("5.7.8", ErrorKind.AUTH, "user or password is wrong"),
    ErrorRow("5.7.9", ErrorKind.AUTH, "another way to log in is needed"),
    ErrorRow("5.7.20", ErrorKind.POLICY, "no DKIM signature of our domain was found good"),
    ErrorRow("5.7.23", ErrorKind.POLICY, "our domain does not let this server send (SPF)"),
    ErrorRow("5.7.25", ErrorKind.POLICY, "the sending server's address has no name"),
    ErrorRow("5.7.26", ErrorKind.POLICY, "our domain's rules were not kept (DMARC)"),
    ErrorRow("5.7", ErrorKind.PERMANENT, "refused by a rule of the recipient's"),
)
"""Enhanced status codes (RFC 3463), the more exact ones first."""

_BY_CODE: Final = {int(row.code): row.kind for row in CODES}
_STATUS: Final = re.compile(r"\b[245]\.[0-9]{1,3}\.[0-9]{1,3}\b")
_LONGEST_WORDS: Final = 300
_SERVER_AS_A_WHOLE: Final = 421
_FOR_NOW: Final = range(400, 500)


def refusal(code: int, reply: str) -> SendErr:
    """Return what a server's reply means; its own words are kept for the operator."""
    said = " ".join(reply.split())[:_LONGEST_WORDS]
    status = _STATUS.search(said)
    kind = kind_of_reply(code, status[0] if status else None)
    words = said or f"the server answered {code}"
    if kind is ErrorKind.RATE_LIMITED and code != _SERVER_AS_A_WHOLE:
        return SendErr(kind, str(code), words, scope="peer")
    return SendErr(kind, str(code), words)


def kind_of_reply(code: int, status: str | None = None) -> ErrorKind:
    """Return the error kind of a reply that is no success."""
    if code in _FOR_NOW:
        return _BY_CODE.get(code, ErrorKind.TRANSIENT)
    if status is not None and status.startswith("5") and code not in _LOG_IN:
        row = _row_of(status)
        if row is not None:
            return row.kind
    return _BY_CODE.get(code, ErrorKind.PERMANENT)


def kind_of_status(status: str) -> ErrorKind:
    """Return the error kind of an enhanced status code."""
    row = _row_of(status)
    return ErrorKind.PERMANENT if row is None else row.kind


def _row_of(status: str) -> ErrorRow | None:
    return next((row for row in STATUSES if f"{status}.".startswith(f"{row.code}.")), None)


_LOG_IN: Final = frozenset({530, 534, 535, 538})
