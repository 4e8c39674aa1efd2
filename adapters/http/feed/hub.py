"""
The pump behind all live feeds of a process.

It hears that something changed, reads from the database what did, once for everybody, and
hands the same bytes to all who look at the same. NATS only wakes it: what it says follows
from the views' tables alone, so that an outage of NATS costs time and nothing else.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heappop, heappush
from itertools import count
from time import thread_time
from typing import Final

import structlog

from adapters.http.feed.feed import Feed, FeedKey, Told
from adapters.http.feed.index import Index, Standing, standing
from adapters.http.feed.source import Marks, Source
from adapters.http.feed.tokens import Place
from adapters.http.feed.views import (
    ChatsView,
    LiveView,
    MessagesView,
    OperatorsView,
    ReadWhole,
    Row,
    ViewKey,
    row_of,
)
from adapters.http.metrics import Metrics
from domain.account import AccountSettings
from domain.hours import Patience
from projections.filter_holds import NO_FACTS, Facts
from projections.filter_tree import Needs
from projections.filters import PatienceOf, section_of
from projections.items import Item

log = structlog.get_logger()

SHORTEST: Final = 0.02
"""Seconds between two flushes, at least; the first after a pause goes out at once."""
COST_FACTOR: Final = 1.5
"""A flush that took long is followed by a pause this many times as long."""
IDLE: Final = 1.0
"""Seconds after which it looks although nobody said anything."""
IDLE_ALONE: Final = 0.25
"""The same while NATS is away."""
LATE_BY: Final = 2.0
"""Seconds that the timer may take to record that a chat is waiting, before we move it."""
PAGE: Final = 500
MOST_KNOWN: Final = 200_000


Rights = Mapping[str, int]
"""The version of each operator, as of which his rights are to be looked at again."""


@dataclass(slots=True)
class Known:
    """What this process last heard of a chat."""

    standings: set[Standing]
    """As it is, and as it was when rows were read that the pump has not come to yet."""
    rev: int
    is_sure: bool = True
    """Whether every list and figure here agrees with one of the standings."""


class Hub:
    """All views and feeds of this process, and how far they have come."""

    def __init__(self, source: Source, metrics: Metrics) -> None:
        self.source: Final = source
        self.place = Place(0)
        self.lock: Final = asyncio.Lock()
        """Held while rows change: who holds it sees all views as of `place`."""
        self.is_heard = False
        """Whether NATS is there to wake us."""
        self.feeds: Final[dict[FeedKey, Feed]] = {}
        self.views: Final[dict[ViewKey, LiveView]] = {}
        self.on_rights: Callable[[Rights], None] = lambda _: None
        """Told when what somebody may see may have changed, before anything else is sent."""
        self._metrics: Final = metrics
        self._patience: PatienceOf = lambda _: Patience(AccountSettings().patience)
        self._index: Final = Index()
        self._known: Final[dict[str, Known]] = {}
        self._marks = Marks()
        self._due: Final[list[tuple[float, int, Item]]] = []
        self._numbers: Final = count()
        self._touched: Final = set[LiveView]()
        self._fresh: Final[dict[LiveView, str]] = {}
        self._wake: Final = asyncio.Event()

    def poke(self) -> None:
        """Say that something may have changed."""
        self._wake.set()

    async def start(self) -> None:
        """Find out how far the views are; what is subscribed later starts from there."""
        self.place = Place(await self.source.position())
        self._patience = await self.source.patience()
        self._marks = await self.source.marks()

    async def run(self) -> None:
        """Pump until cancelled; a failure costs a second and is tried again."""
        while True:
            cost = 0.0
            try:
                cost = await self.advance()
            except Exception as error:
                log.warning("feed.behind", error=type(error).__name__)
                await asyncio.sleep(1.0)
            await asyncio.sleep(max(SHORTEST, COST_FACTOR * cost))
            silence = IDLE if self.is_heard and not self._touched else IDLE_ALONE
            with suppress(TimeoutError):
                async with asyncio.timeout(silence):
                    await self._wake.wait()
            self._wake.clear()

    async def advance(self) -> float:
        """Bring all views and feeds to where the database is; return the seconds of sending."""
        async with self.lock:
            await self._catch_up()
            await self._move_the_late()
            await self._move_with_time()
            await self._renew()
            started = thread_time()
            if self._flush():
                # Everybody who was woken gets his turn, and sends, before this goes on.
                await asyncio.sleep(0)
            cost = thread_time() - started
        self._metrics.flush_seconds.observe(cost)
        self._metrics.feed_position.set(self.place.position)
        return cost

    def add(self, view: LiveView) -> None:
        self.views[view.key] = view
        self._index.add(view)

    def discard(self, view: LiveView) -> None:
        del self.views[view.key]
        self._touched.discard(view)
        self._index.remove(view)

    async def load(self, view: LiveView) -> None:
        """Read a view's rows, again where some of them changed while they were read."""
        await view.load(self.source)
        async with self.lock:
            if view.missed:
                await view.load(self.source)
            await self._accept(view)

    async def _accept(self, view: LiveView) -> None:
        await self._note_read(view)
        view.missed = False
        view.loaded = True
        view.position = self.place.position

    async def _note_read(self, view: LiveView) -> None:
        """Note how far the database was when a view's rows had been read."""
        view.read_at = await self.source.position()
        for feed in view.feeds:
            feed.ring.require(Place(view.read_at))
        if isinstance(view, ChatsView):
            for row in view.rows.values():
                self._remember(row)

    async def _catch_up(self) -> None:
        while True:
            changes = await self.source.changes(self.place.position, PAGE)
            if changes.reached < self.place.position or len(self._known) > MOST_KNOWN:
                self._start_afresh(changes.reached)
                return
            if changes.position > self.place.position:
                since, self.place = self.place, Place(changes.position)
                facts = await self._facts(changes.items)
                for item in changes.items:
                    await self._see(self._shown_now(item), since.position, facts)
                await self._look_at_marks()
            if changes.position >= changes.reached:
                return

    async def _facts(self, items: Iterable[Item]) -> Mapping[str, Facts]:
        """Return what the filters here need to know of chats besides their items."""
        wanted = Needs()
        for view in self._index.filtered:
            wanted |= view.needs
        chats = [item["id"] for item in items]
        return await self.source.facts(chats, wanted) if wanted and chats else {}

    async def _see(self, row: Row, since: int, facts: Mapping[str, Facts]) -> None:
        """Let every view that it concerns take a chat as it is now."""
        chat_id, now = row.item["id"], datetime.now(UTC)
        known = self._known.get(chat_id) or Known(set(), 0, is_sure=False)
        standings = {*known.standings, standing(row.item)}
        for view in self._index.concerned(standings, is_sure=known.is_sure):
            view.missed = True
            if isinstance(view, ChatsView) and view.loaded:
                view.see(row, now, self._patience, facts.get(chat_id, NO_FACTS))
            self._touched.add(view)
        for messages in [v for v in self.messages_of(chat_id) if v.loaded]:
            await messages.see(row, self.source, since)
            self._touched.add(messages)
        self._known[chat_id] = Known({standing(row.item)}, row.rev)
        if known.rev < row.rev:
            self._note_when_late(row.item)

    def messages_of(self, chat_id: str) -> list[MessagesView]:
        """Return the views of one chat's messages, of everybody."""
        return list(self._index.messages.get(chat_id, ()))

    async def complete(self, view: ChatsView, items: Sequence[Item]) -> None:
        """Put in which of the chats a view would hold, had its rows not been too many to read."""
        if view.next_cursor is not None:
            facts, now = await self._facts(items), datetime.now(UTC)
            for item in items:
                known = facts.get(item["id"], NO_FACTS)
                view.take(self._shown_now(item), now, self._patience, known)

    def _shown_now(self, item: Item) -> Row:
        """Return a chat with the section that it is in by the clock of this process."""
        section = section_of(item, datetime.now(UTC), self._patience)
        return row_of({**item, "section": section.value})

    def _remember(self, row: Row) -> None:
        """Note a chat that was read for a view, which may be ahead of the pump."""
        known = self._known.get(row.item["id"])
        if known is None:
            is_sure = row.rev <= self.place.position
            self._known[row.item["id"]] = Known({standing(row.item)}, row.rev, is_sure)
            self._note_when_late(row.item)
        elif row.rev > known.rev:
            known.standings.add(standing(row.item))

    def _note_when_late(self, item: Item) -> None:
        if item["waiting_from"] is not None and item["section"] == "open":
            due = datetime.fromisoformat(item["waiting_from"]).timestamp() + LATE_BY
            heappush(self._due, (due, next(self._numbers), item))

    async def _move_the_late(self) -> None:
        """Move chats whose clock ran out although nothing was recorded of it (V6)."""
        now = datetime.now(UTC).timestamp()
        while self._due and self._due[0][0] <= now:
            item = heappop(self._due)[2]
            known = self._known.get(item["id"])
            if known is not None and known.rev == item["position"]:
                facts = await self._facts([item])
                await self._see(self._shown_now(item), self.place.position, facts)
                self.place = Place(self.place.position, self.place.step + 1)

    async def _move_with_time(self) -> None:
        """Move chats in and out of relative periods, which are others than they were (T5)."""
        now = datetime.now(UTC)
        due = [v for v in self._index.filtered if v.moves_at is not None and v.moves_at <= now]
        for view in [v for v in due if v.loaded]:
            await view.move(self.source)
            await self._note_read(view)
            self._touched.add(view)
        counts = [v for v in self._index.counting if v.moves_at is not None and v.moves_at <= now]
        self._touched.update(counts)
        if due or counts:
            self.place = Place(self.place.position, self.place.step + 1)

    async def _look_at_marks(self) -> None:
        marks, before = await self.source.marks(), self._marks
        self._marks = marks
        if marks.rules != before.rules:
            self._patience = await self.source.patience()
            self._all_stale("settings")
        if marks.people != before.people:
            people = (await self.source.operators()).items
            self.on_rights({one["id"]: one["version"] for one in people})
        if marks.filters != before.filters:
            await self._settle_filters()
        if marks != before:
            self._touched.update(v for v in self.views.values() if isinstance(v, OperatorsView))

    async def _settle_filters(self) -> None:
        """Look what filters ask now: a tab was changed, or a field that one asks about (T5)."""
        for view in [v for v in self._index.filtered if v.loaded]:
            if await view.settle(self.source):
                view.stale = "filter"
                self._touched.add(view)
        for counts in self._index.counting:
            counts.is_settled = False
            self._touched.add(counts)

    def _all_stale(self, reason: str) -> None:
        for view in self._index.all():
            view.stale = reason
            self._touched.add(view)

    def _start_afresh(self, position: int) -> None:
        """Forget everything: the views were rebuilt, or more chats passed than are kept."""
        self._known.clear()
        self._due.clear()
        self.place = Place(position)
        for view in self.views.values():
            view.stale = "retention"
            self._touched.add(view)

    async def _renew(self) -> None:
        """Read anew what is no longer true, and count again where something changed."""
        for view in [v for v in self._touched if v.loaded]:
            if view.stale is not None:
                self._fresh[view], view.stale = view.stale, None
                await view.load(self.source)
                await self._accept(view)
            elif isinstance(view, ReadWhole) and view.is_due():
                await view.renew(self.source)

    def _flush(self) -> bool:
        told: dict[LiveView, Told] = {}
        waiting = {v for v in self._touched if isinstance(v, ReadWhole) and v.waits}
        for view in [v for v in self._touched if v.loaded]:
            if (reason := self._fresh.pop(view, None)) is not None:
                told[view] = Told(view.snapshot(), len(view.rows), reason)
                self._metrics.refetches.labels(reason).inc()
            elif view.is_dirty:
                told[view] = Told(*view.flush(self.place.position))
        for feed in {feed for view in told for feed in view.feeds}:
            feed.push(self.place, told)
        self._touched.clear()
        self._touched.update(waiting)
        return bool(told)
