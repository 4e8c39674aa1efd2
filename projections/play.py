"""The panel from one moment to another: what each event, and the passing of time, moved in it."""

import heapq
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from domain.access import Scope
from domain.event import Recorded
from domain.values import Timestamp, split_stream
from projections.inbox_row import InboxRow, section
from projections.panel import OpenChat, Panel, Recall, fold
from projections.panel_items import scope_then


class Place(NamedTuple):
    """Where the panel shows a chat, and what the row says."""

    section: str
    operator_id: str | None
    unread: int


class Move(NamedTuple):
    """One chat moved, or its row changed."""

    at: Timestamp
    chat_id: str
    cause: Recorded | None
    """None where nothing but time did it: its clock ran out (V6)."""
    before: Place | None
    """None where it was not shown: to anybody, or to the operator whose panel it is."""
    after: Place | None


class Play:
    """Goes on from a panel, which it changes; `whose` narrows it to what an operator saw."""

    def __init__(
        self, panel: Panel, now: Timestamp, recall: Recall, whose: str | None = None
    ) -> None:
        self._panel: Final = panel
        self._recall: Final = recall
        self._whose: Final = whose
        self._now = now
        self._due: list[tuple[Timestamp, str]] = []
        self._expected: Final[dict[str, Timestamp]] = {}
        self._patience_of = panel.patience_of()
        self._look_anew()

    def moves(self, events: Iterable[Recorded], until: Timestamp) -> Iterator[Move]:
        """Yield what moved, in order; the events come right after the panel's position."""
        for recorded in events:
            yield from self._time(recorded.event.at)
            yield from self._event(recorded)
        yield from self._time(until)

    def _time(self, now: Timestamp) -> Iterator[Move]:
        while self._due and self._due[0][0] <= now:
            at, chat_id = heapq.heappop(self._due)
            chat = self._panel.chats.get(chat_id)
            if self._expected.get(chat_id) != at:
                continue
            del self._expected[chat_id]
            after = self._place(chat, at)
            if after is not None:
                yield Move(at, chat_id, None, after._replace(section="open"), after)
        self._now = max(self._now, now)

    def _event(self, recorded: Recorded) -> Iterator[Move]:
        kind, id_ = split_stream(recorded.stream)
        if kind != "chat":
            before = self._all() if kind in {"account", "group"} or id_ == self._whose else {}
            fold(self._panel, recorded, self._recall)
            if before or kind in {"account", "group"}:
                self._look_anew()
                yield from self._compared(before, recorded)
            return
        was = self._place(self._panel.chats.get(id_), self._now)
        fold(self._panel, recorded, self._recall)
        chat = self._panel.chats.get(id_)
        self._expect(id_, chat)
        is_now = self._place(chat, self._now)
        if was != is_now:
            yield Move(recorded.event.at, id_, recorded, was, is_now)

    def _compared(self, before: dict[str, Place], recorded: Recorded) -> Iterator[Move]:
        after = self._all()
        for id_ in sorted(before.keys() | after.keys()):
            if before.get(id_) != after.get(id_):
                at = recorded.event.at
                yield Move(at, id_, recorded, before.get(id_), after.get(id_))

    def _all(self) -> dict[str, Place]:
        places = ((id_, self._place(chat, self._now)) for id_, chat in self._panel.chats.items())
        return {id_: place for id_, place in places if place is not None}

    def _place(self, chat: OpenChat | None, now: Timestamp) -> Place | None:
        if chat is None or not self._shows(chat.row):
            return None
        row = chat.row
        shown_in = section(row, now, self._patience_of(row.group_id))
        return Place(shown_in.value, row.operator_id, row.unread)

    def _shows(self, row: InboxRow) -> bool:
        if self._whose is None:
            return True
        scope: Scope | None = scope_then(self._panel, self._whose)
        return scope is not None and scope.sees(row.seen_as, row.group_id, is_open=row.is_open)

    def _look_anew(self) -> None:
        """Work out when each clock runs out, by the patience now in force (V7)."""
        self._patience_of = self._panel.patience_of()
        self._due.clear()
        self._expected.clear()
        for id_, chat in self._panel.chats.items():
            self._expect(id_, chat)

    def _expect(self, id_: str, chat: OpenChat | None) -> None:
        due = None if chat is None else self._due_at(chat.row)
        if due is None or due <= self._now:
            self._expected.pop(id_, None)
        elif self._expected.get(id_) != due:
            self._expected[id_] = due
            heapq.heappush(self._due, (due, id_))

    def _due_at(self, row: InboxRow) -> Timestamp | None:
        if row.operator_id is None or row.waiting_since is None:
            return None
        return self._patience_of(row.group_id).due(row.waiting_since)
