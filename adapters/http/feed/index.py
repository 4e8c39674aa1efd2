"""Which views a chat concerns, found without asking every view."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from adapters.http.feed.views import ChatsView, CountsView, LiveView, MessagesView
from domain.values import Role
from projections.items import Item

ChatLists = ChatsView | CountsView


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides who sees a chat."""

    owner: str | None
    last_owner: str | None
    group: str | None
    is_open: bool

    @property
    def is_new(self) -> bool:
        return self.is_open and self.owner is None


def standing(item: Item) -> Standing:
    return Standing(
        _id(item, "operator"),
        _id(item, "last_operator"),
        _id(item, "group"),
        item["closed_at"] is None,
    )


def _id(item: Item, what: str) -> str | None:
    named: Item | None = item[what]
    return None if named is None else named["id"]


class Index:
    """Views of chats by who looks: an operator, the members of a group, or anybody else."""

    def __init__(self) -> None:
        self._broad: Final = set[ChatLists]()
        self._of_operators: Final = set[ChatLists]()
        self._by_operator: Final = defaultdict[str, set[ChatLists]](set)
        self._by_group: Final = defaultdict[str, set[ChatLists]](set)

        self.filtered: Final = set[ChatsView]()
        """Those that are narrowed by somebody's filter."""
        self.counting: Final = set[CountsView]()
        """Those that count somebody's tabs."""
        self.messages: Final = defaultdict[str, set[MessagesView]](set)
        """By chat."""

    def add(self, view: LiveView) -> None:
        if isinstance(view, MessagesView):
            self.messages[view.chat_id].add(view)
        elif isinstance(view, ChatLists):
            for views in self._shelves(view):
                views.add(view)
        if isinstance(view, ChatsView) and view.asked is not None:
            self.filtered.add(view)
        if isinstance(view, CountsView) and view.asker is not None:
            self.counting.add(view)

    def remove(self, view: LiveView) -> None:
        if isinstance(view, MessagesView):
            self.messages[view.chat_id].discard(view)
            if not self.messages[view.chat_id]:
                del self.messages[view.chat_id]
        elif isinstance(view, ChatLists):
            for views in self._shelves(view):
                views.discard(view)
            self.filtered.discard(view)
            self.counting.discard(view)

    def all(self) -> set[ChatLists]:
        return self._broad | self._of_operators

    def concerned(self, standings: Iterable[Standing], *, is_sure: bool) -> set[ChatLists]:
        """Return every view that may hold the chat, or have held it, as it stands or stood."""
        found = set[ChatLists]().union(*map(self._seeing, standings))
        if not is_sure:
            # It may have been anybody's: no list here held it, but figures may count it.
            found |= {v for v in self._of_operators if isinstance(v, CountsView)}
        return found

    def _seeing(self, chat: Standing) -> set[ChatLists]:
        found = set(self._broad)
        for operator in (chat.owner, chat.last_owner):
            if operator is not None and operator in self._by_operator:
                found |= self._by_operator[operator]
        if chat.is_new:
            if chat.group is None:
                found |= self._of_operators
            elif chat.group in self._by_group:
                found |= self._by_group[chat.group]
        return found

    def _shelves(self, view: ChatLists) -> list[set[ChatLists]]:
        scope = view.scope
        if scope.role is not Role.OPERATOR:
            return [self._broad]
        groups = [self._by_group[group] for group in scope.groups]
        return [self._of_operators, self._by_operator[scope.operator_id], *groups]
