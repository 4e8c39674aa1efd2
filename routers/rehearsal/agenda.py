"""What people are going to do with the chats they have in a rehearsal, and when."""

from collections.abc import Iterator
from dataclasses import replace
from heapq import heappop, heappush
from typing import Final

from domain.chat.events import (
    AnswerNotNeeded,
    ChatClosed,
    ChatRead,
    ChatReleased,
    ChatTransferred,
    MessageSent,
)
from domain.event import Event
from domain.values import ChatId, OperatorId, Timestamp
from routers.rehearsal.handling import Deed, Handling, Histories, handling_of


class Agenda:
    """
    One deed for each chat that somebody has: its next.

    Deeds at the same instant are done in the order in which they really were.
    """

    def __init__(self, histories: Histories) -> None:
        self._histories: Final = histories
        self._handlings: Final[dict[ChatId, Handling]] = {}
        self._noted: Final[dict[ChatId, int]] = {}
        """The turn in which each chat's next deed was noted; others in the heap are void."""
        self._heap: Final[list[tuple[Timestamp, int, ChatId, int]]] = []
        self._turn = 0

    def handling(self, chat_id: ChatId, after: int) -> Handling:
        """Return what is still to come of a chat: of what was done after a position, at first."""
        handling = self._handlings.get(chat_id)
        if handling is None:
            handling = self._handlings[chat_id] = handling_of(self._histories(chat_id))
            handling.skip_to(after)
        return handling

    def note(self, chat_id: ChatId, ready: Timestamp | None, after: int) -> None:
        """
        Have what comes next done by whoever could begin at `ready`; None: when it really was.

        Nothing changes where it is noted already.
        """
        if chat_id in self._noted:
            return
        deeds = self.handling(chat_id, after).deeds
        if deeds:
            self._turn += 1
            self._noted[chat_id] = self._turn
            deed = deeds[0]
            at = deed.event.at if ready is None else deed.due(ready)
            heappush(self._heap, (at, deed.position, chat_id, self._turn))

    def cancel(self, chat_id: ChatId) -> None:
        """Have nobody do what comes next, until it is noted again."""
        self._noted.pop(chat_id, None)

    def take(self, until: Timestamp, position: int) -> Iterator[tuple[Timestamp, ChatId, Deed]]:
        """Yield what is done by `until`, or at that instant and really before a position."""
        while self._heap and self._heap[0][:2] <= (until, position):
            at, _, chat_id, turn = heappop(self._heap)
            if self._noted.get(chat_id) == turn:
                del self._noted[chat_id]
                yield at, chat_id, self._handlings[chat_id].deeds.popleft()

    def forget(self, chat_id: ChatId) -> None:
        """Free the memory of a closed chat with which nothing more is done."""
        handling = self._handlings.get(chat_id)
        if handling is not None and not handling.deeds:
            del self._handlings[chat_id]


def done_by(owner: OperatorId, deed: Deed, at: Timestamp) -> Event:
    """Return a deed as it happens when its chat's owner does it."""
    match deed.event:
        case (
            MessageSent() | ChatRead() | AnswerNotNeeded() | ChatReleased() | ChatClosed() as event
        ):
            return replace(event, at=at, operator_id=owner)
        case ChatTransferred() as event:
            return replace(event, at=at, from_operator=owner)
        case event:
            return replace(event, at=at)
