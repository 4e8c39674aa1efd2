"""Where the feed's rows come from: what it asks, whoever answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.access import Scope
from domain.chat.state import Chat
from projections.filter_holds import Facts
from projections.filter_tree import Needs, Tree
from projections.filters import ChatFilter, PatienceOf
from projections.items import Item


@dataclass(frozen=True, slots=True)
class Changes:
    """Chats that changed after a position, each once, as they are now."""

    items: Sequence[Item]
    position: int
    """Everything up to here is in `items`."""
    reached: int
    """Of the views; there is more to ask for where it is beyond `position`."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Positions at which things changed last that are read whole."""

    people: int = 0
    """Operators: rights, presence."""
    seats: int = 0
    """What operators have to do."""
    rules: int = 0
    """Groups' and account's settings: with the patience, chats move between lists."""
    filters: int = 0
    """Saved filters, and what there is to ask about."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The first rows of a list, and how to go on where there are more."""

    items: Sequence[Item]
    next_cursor: str | None = None


class Source(Protocol):
    """Rows of the views, true as of the position that is told."""

    async def position(self) -> int:
        """Return the position that the views have reached."""
        ...

    async def changes(self, after: int, limit: int) -> Changes:
        """Return which chats changed after a position, about `limit` of them, oldest first."""
        ...

    async def marks(self) -> Marks: ...

    async def patience(self) -> PatienceOf:
        """Return the patience in force in each group."""
        ...

    async def chats(self, scope: Scope, chats: ChatFilter, most: int) -> Rows: ...
    async def chat(self, scope: Scope, chat_id: str) -> Item | None:
        """Return a chat that is visible; None for any other."""
        ...

    async def messages(self, chat_id: str, most: int) -> Rows: ...
    async def messages_since(self, chat_id: str, after: int) -> Sequence[Item]: ...
    async def operators(self) -> Rows: ...
    async def counts(self, scope: Scope, tabs: Mapping[str, Tree] | None = None) -> Item:
        """Return the counts of the lists, and those of tabs."""
        ...

    async def tree(self, asker: Scope, filter_: str | None, tab: str | None) -> Tree:
        """Return what a filter and a tab ask together; nothing where one is no more."""
        ...

    async def trees(self, asker: Scope) -> dict[str, Tree]:
        """Return what each of somebody's tabs asks, by its id."""
        ...

    async def facts(self, chats: Sequence[str], needs: Needs) -> Mapping[str, Facts]:
        """Return what filters need to know of chats besides their items."""
        ...

    async def stood(self, chat_ids: Iterable[str], since: int) -> Mapping[str, Sequence[Chat]]:
        """Return chats as they stood at a position of the log, and after each later event."""
        ...
