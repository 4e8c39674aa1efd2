"""Which chats a list holds: one question, asked of items here and of tables in SQL."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from domain.access import Scope
from domain.values import Timestamp
from projections.filter_holds import NO_FACTS, Asked, Facts, PatienceOf, section_of
from projections.filter_tree import Tree
from projections.items import Item
from projections.text import folded

__all__ = [
    "BY_CLOCK",
    "EVERYTHING",
    "ChatFilter",
    "Listed",
    "PatienceOf",
    "is_visible",
    "matches",
    "section_of",
]


class Listed(StrEnum):
    """The lists of the panel. Unread overlaps Waiting and Open (V8)."""

    NEW = "new"
    WAITING = "waiting"
    OPEN = "open"
    UNREAD = "unread"
    CLOSED = "closed"
    ALL = "all"


BY_CLOCK: Final = frozenset({Listed.NEW, Listed.WAITING})
"""Listed by oldest waiting clock; the others by latest activity (V11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFilter:
    """What is not None is asked for; everything asked for must hold."""

    section: Listed = Listed.ALL
    operator: str | None = None
    """Who has it now."""
    group: str | None = None
    channel: str | None = None
    """A kind of channel, or the name of one account on it."""
    client: str | None = None
    tag: str | None = None
    q: str | None = None
    """Words of the client's name or of the last message; case and accents ignored."""
    search: str | None = None
    """
    What the client's record or a message of the chat says (C3, T2). Asked of tables only: an
    item does not hold so much, so that a live list is narrowed by `q`.
    """
    tree: Tree | None = None
    """Whatever else is asked (T5); a live list is asked all of it, too."""

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words looked for, as texts are folded."""
        return tuple(folded(self.q).split()) if self.q else ()


EVERYTHING: Final = ChatFilter()


def is_visible(item: Item, scope: Scope) -> bool:
    """Return whether somebody sees the chat (V13); a closed one as if who had it last had it."""
    is_open = item["closed_at"] is None
    owner = _id(item, "operator" if is_open else "last_operator")
    return scope.sees(owner, _id(item, "group"), is_open=is_open)


def matches(
    item: Item,
    chats: ChatFilter,
    scope: Scope,
    now: Timestamp,
    patience_of: PatienceOf,
    facts: Facts = NO_FACTS,
) -> bool:
    """
    Return whether the list `chats` holds an item at `now`, for somebody who may see it.

    `facts` are what `projections.filter_tree.needs` says of the list's tree.
    """
    return (
        is_visible(item, scope)
        and _is_listed(item, chats.section, now, patience_of)
        and chats.operator in {None, _id(item, "operator")}
        and chats.group in {None, _id(item, "group")}
        and chats.client in {None, item["client"]["id"]}
        and chats.channel in {None, item["channel"]["kind"], item["channel"]["account"]}
        and (chats.tag is None or chats.tag in item["tags"])
        and _says(item, chats.words)
        and (chats.tree is None or Asked(item, facts, now, patience_of).holds(chats.tree))
    )


def _is_listed(item: Item, listed: Listed, now: Timestamp, patience_of: PatienceOf) -> bool:
    if listed is Listed.ALL:
        return True
    if listed is Listed.UNREAD:
        unread: int = item["unread"]
        return unread > 0
    return section_of(item, now, patience_of).value == listed.value


def _says(item: Item, words: tuple[str, ...]) -> bool:
    last: Any = item["last_message"] or {"text": ""}
    name = folded(item["client"]["name"] or "")
    said = folded(last["text"])
    return all(word in name or word in said for word in words)


def _id(item: Item, what: str) -> str | None:
    named: Item | None = item[what]
    return None if named is None else named["id"]
