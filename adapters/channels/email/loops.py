"""Mails that no person wrote, or that we wrote: they are kept, and nobody answers them."""

import re
from typing import Final

from adapters.channels.email.addresses import mailboxes
from adapters.channels.email.config import EmailConfig
from adapters.channels.email.mime import Part
from adapters.channels.email.threads import ids_in, is_ours, own_id_in

_BULK: Final = frozenset({"bulk", "list", "junk", "auto_reply"})
_SUPPRESSING: Final = frozenset({"all", "oof", "autoreply"})
_BY_MACHINES: Final = ("x-autoreply", "x-autorespond", "x-auto-reply")
"""Headers of those who never learnt `Auto-Submitted`."""
_WORDS: Final = re.compile(r"[a-z_-]+")
_NOBODY: Final = re.compile(r"\s*<\s*>\s*")


def reason_not_to_answer(mail: Part, config: EmailConfig) -> str | None:
    """Return in a word why a mail must start no talk; None for one that a person wrote."""
    if any(own_id_in(id_, config) for id_ in ids_in(mail, "message-id")):
        return "own-message"
    if _first_word(mail, "auto-submitted") not in {"", "no"}:
        return "auto-submitted"
    if _first_word(mail, "precedence") in _BULK:
        return "precedence"
    if _SUPPRESSING.intersection(_words(mail, "x-auto-response-suppress")):
        return "auto-response-suppressed"
    if any(mail.headers(name) for name in _BY_MACHINES):
        return "auto-replied"
    if mail.headers("list-id"):
        return "mailing-list"
    if any(_NOBODY.fullmatch(raw) for raw in mail.headers("return-path")):
        return "empty-return-path"
    return "own-address" if _is_from_ourselves(mail, config) else None


def _is_from_ourselves(mail: Part, config: EmailConfig) -> bool:
    """Return whether it is from our own address; a form on our own site names who filled it in."""
    authors = mailboxes(mail, "from")
    others = (box for box in mailboxes(mail, "reply-to") if not is_ours(box, config))
    return bool(authors) and all(is_ours(box, config) for box in authors) and not any(others)


def _first_word(mail: Part, name: str) -> str:
    return next(iter(_words(mail, name)), "")


def _words(mail: Part, name: str) -> list[str]:
    return [word for raw in mail.headers(name) for word in _WORDS.findall(raw.lower())]
