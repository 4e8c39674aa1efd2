"""
The words of every message, comment and transfer, to be searched across chats (T2).

A row of its own for each, besides the message's: what becomes of a message changes its
row several times, and its words hardly ever.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from domain.chat import events as e
from domain.content import ContactCard, Media
from domain.event import Event
from domain.values import ChatId
from projections.messages import NEW_ONES, MessageRow
from projections.wording import kept


class SearchRow(NamedTuple):
    chat_id: ChatId
    seq: int
    changed: int
    words: str
    """Each word once, folded, as `projections.wording.kept` gives them."""

    @property
    def key(self) -> tuple[str, int]:
        return (self.chat_id, self.seq)


_NEW: Final = frozenset(NEW_ONES)
_SAYING: Final = frozenset(
    (e.MediaCopied, e.MessageEdited, e.MessageDeleted, e.CommentEdited, *NEW_ONES)
)
"""The events after which a message may hold other words."""


def apply(said: MessageRow, event: Event) -> SearchRow | None:
    """Return the row after an event that led to the message `said`; None where it stays."""
    type_ = type(event)
    if type_ not in _SAYING:
        return None
    words = kept(texts_of(said))
    if not words and type_ in _NEW:
        return None
    return SearchRow(said.chat_id, said.seq, said.changed, words)


def texts_of(said: MessageRow) -> Iterator[str]:
    """Yield all that a message can be found by: its text, subject and names of files (T2)."""
    yield said.text
    if said.subject is not None:
        yield said.subject
    for part in said.parts:
        if isinstance(part, Media | ContactCard) and part.name:
            yield part.name
    for file in said.files:
        if file.name:
            yield file.name
