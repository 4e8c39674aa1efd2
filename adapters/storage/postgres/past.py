"""
The panel as it was at any past moment, for anybody (A2): lists, counts, one chat, its messages.

Everything here waits for the database and computes: it is to be called from a thread.
"""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.chat_lists import cursor_after, placed_after
from adapters.storage.postgres.counting import EXACT_UP_TO
from adapters.storage.postgres.message_items import page_of
from adapters.storage.postgres.moments import Moment
from adapters.storage.postgres.panels import FARTHEST, Panels
from adapters.storage.postgres.past_closed import closed_chats
from adapters.storage.postgres.queries import PAGE, Page
from adapters.storage.postgres.told import Reading
from adapters.storage.postgres.view_rows import storable
from domain.access import Scope
from domain.errors import NotFound, RecadoError
from domain.values import stream_of
from projections import messages
from projections.filters import BY_CLOCK, ChatFilter, Listed
from projections.items import Item
from projections.messages import MessageRow
from projections.panel import OpenChat, Panel, told
from projections.panel_items import (
    Look,
    asks_whole_chats,
    item_of,
    name_of,
    needs_words,
    order_of,
    scope_then,
    with_words,
)

MOST_LOOKED_AT: Final = 5_000
"""Chats of which one page is chosen; one that ends there may be short, and goes on."""
_AT_ONCE: Final = 200
_AS_OF: Final = "-c default_transaction_read_only=on -c statement_timeout=60s"


class AsksWholeChats(RecadoError):
    """A filter by what all messages of a chat say cannot be asked of a past panel."""

    def __init__(self) -> None:
        super().__init__("of the past, a filter cannot ask what all messages of a chat say")


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who looks: by his rights of today, and at what somebody saw then."""

    scope: Scope
    whose: str | None = None
    """The operator whose panel it is, by his role and groups of then."""


class Past:
    """Answers questions about past moments of one log."""

    def __init__(self, url: str, mapper: EventMapper, farthest: int = FARTHEST) -> None:
        self._url: Final = url
        self._mapper: Final = mapper
        self._panels: Final = Panels(mapper, farthest)

    def chats(
        self,
        eyes: Eyes,
        chats: ChatFilter,
        moment: Moment,
        *,
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> Page:
        """
        Return a page of a list as it was, in its order (V11).

        Words are looked for in what the list showed: the client's name and the last message.
        Raises `NotFound` for an operator who was not there yet, `AsksWholeChats`,
        `PastIsNotReady`, `UnreadableCursor`, and for closed chats `ViewsAreBehind`.
        """
        after = None if cursor is None else placed_after(chats.section, cursor)
        with self._connected() as connection:
            panel = self._panels.at(connection, moment.position)
            look = _look(panel, eyes, moment)
            reading = Reading(connection, self._mapper, moment.position)
            asked = _asked(chats)
            found = _in_order(asked.section, look.candidates(asked))
            if after is not None:
                found = [one for one in found if _comes(asked.section, one, after)]
            if asked.section not in {Listed.CLOSED, Listed.ALL}:
                return _page(look, reading, asked, iter(found), limit)
            with closing(closed_chats(connection, reading, panel, moment, after)) as closed:
                return _page(look, reading, asked, _by_activity(found, closed), limit)

    def counts(self, eyes: Eyes, chats: ChatFilter, moment: Moment) -> Item:
        """Return how many chats each list held, exact up to 1,000, then `1000+` (V11, S18)."""
        with self._connected() as connection:
            panel = self._panels.at(connection, moment.position)
            look = _look(panel, eyes, moment)
            asked = replace(_asked(chats), section=Listed.ALL)
            found = look.candidates(asked)
            known = Reading(connection, self._mapper, moment.position).told(
                panel, found if needs_words(asked) else ()
            )
            items = [
                look.item(one, known)
                for one in found
                if not needs_words(asked) or look.holds(one, asked, known)
            ]
        counted = look.count(items)
        told_: Item = {
            name: f"{EXACT_UP_TO}+" if number > EXACT_UP_TO else number
            for name, number in counted.items()
        }
        return {**told_, "position": moment.position}

    def chat(self, chat_id: str, moment: Moment) -> Item | None:
        """Return one chat as it was; None where it had not begun. Whose it is is not looked at."""
        with self._connected() as connection:
            reading = Reading(connection, self._mapper, moment.position)
            chat = told(reading.stream(stream_of("chat", chat_id)))
            if chat is None:
                return None
            panel = reading.around(chat.row)
            known = reading.told(panel, [chat])
            return item_of(panel, chat, known, moment.at, panel.patience_of())

    def messages(
        self,
        chat_id: str,
        moment: Moment,
        *,
        cursor: str | None = None,
        q: str | None = None,
        limit: int = PAGE,
    ) -> Page | None:
        """Return a page of a chat's messages as they stood; None where it had not begun."""
        rows: dict[int, MessageRow] = {}
        with self._connected() as connection:
            reading = Reading(connection, self._mapper, moment.position)
            events = reading.stream(stream_of("chat", chat_id))
        for recorded in events:
            seq = messages.touched(recorded.event)
            row = None if seq is None else messages.apply(rows.get(seq), recorded)
            if row is not None:
                rows[row.seq] = row
        if not events:
            return None
        in_order = sorted(rows.values(), key=lambda row: (row.sent_at, row.seq))
        said = page_of(in_order, cursor, q, limit)
        items = [storable(item) for item in said.items]
        return Page(items, said.next_cursor, moment.position, said.found)

    def operators(self, moment: Moment) -> list[Item]:
        """Return who was there: presence, and how many chats each had (R3, R10)."""
        with self._connected() as connection:
            panel = self._panels.at(connection, moment.position)
            reading = Reading(connection, self._mapper, moment.position)
            known = reading.names(panel)
        loads = panel.loads()
        return [
            {
                "id": row.id,
                "name": name_of(panel, row.id, known),
                "role": row.role.value,
                "presence": row.presence.value,
                "load": loads.get(row.id, 0),
                "capacity": row.capacity,
                "groups": [group for group, _ in row.skills],
                "active": row.active,
            }
            for row in panel.operators.values()
        ]

    @contextmanager
    def _connected(self) -> Iterator[Connection[TupleRow]]:
        with psycopg.connect(self._url, autocommit=True, options=_AS_OF) as connection:
            yield connection


def _asked(chats: ChatFilter) -> ChatFilter:
    if asks_whole_chats(chats):
        raise AsksWholeChats
    return with_words(chats)


def _look(panel: Panel, eyes: Eyes, moment: Moment) -> Look:
    scopes = [eyes.scope]
    if eyes.whose is not None:
        then = scope_then(panel, eyes.whose)
        if then is None:
            raise NotFound("operator", eyes.whose)
        scopes.append(then)
    return Look(panel, moment.at, tuple(scopes), panel.patience_of())


def _in_order(listed: Listed, chats: Iterable[OpenChat]) -> list[OpenChat]:
    by_activity = listed not in BY_CLOCK
    return sorted(chats, key=lambda chat: order_of(listed, chat.row), reverse=by_activity)


def _by_activity(*lists: Iterable[OpenChat]) -> Iterator[OpenChat]:
    return heapq.merge(*lists, key=lambda chat: order_of(Listed.ALL, chat.row), reverse=True)


def _comes(listed: Listed, chat: OpenChat, after: tuple[object, ...]) -> bool:
    place = order_of(listed, chat.row)
    return place > after if listed in BY_CLOCK else place < after


def _page(
    look: Look, reading: Reading, chats: ChatFilter, coming: Iterator[OpenChat], limit: int
) -> Page:
    items: list[Item] = []
    last: OpenChat | None = None
    looked_at = 0
    at_once = _AT_ONCE if needs_words(chats) else min(_AT_ONCE, limit + 1)
    while batch := list(islice(coming, at_once)):
        known = reading.told(look.panel, batch)
        for chat in batch:
            if len(items) == limit or looked_at == MOST_LOOKED_AT:
                return Page(items, _cursor(chats.section, last), look.panel.position)
            looked_at += 1
            if look.holds(chat, chats, known):
                items.append(look.item(chat, known))
            last = chat
    return Page(items, None, look.panel.position)


def _cursor(listed: Listed, last: OpenChat | None) -> str | None:
    if last is None:
        return None
    row = last.row
    place = (
        (row.waiting_since, row.opened_at, row.chat_id)
        if listed in BY_CLOCK
        else (row.last_activity_at, row.chat_id)
    )
    return cursor_after(listed, place)
