"""
How a subscriber comes to a feed, for the first time or again.

Who comes again is told what changed since he left and nothing else: from the feed's ring
where it goes back that far, else from the views and the log. Rows that he can see no more
are taken away only if he could see them when he left, so that no id gives anything away.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

from adapters.http.feed import frames
from adapters.http.feed.feed import Feed, FeedKey, Told
from adapters.http.feed.hub import Hub
from adapters.http.feed.source import Changes
from adapters.http.feed.tokens import (
    ChatsParams,
    CountsParams,
    MessagesParams,
    Place,
    Subscription,
    Token,
    Wanted,
    rights_of,
)
from adapters.http.feed.views import (
    Asked,
    ChatsView,
    CountsView,
    LiveView,
    MessagesView,
    OperatorsView,
    ViewKey,
)
from adapters.http.metrics import Metrics
from domain.access import Scope
from domain.chat.state import Chat
from domain.values import Naming
from projections.filters import ChatFilter
from projections.items import Item

MOST_MISSED: Final = 2_000
"""Changed chats; who missed more than that starts afresh."""
KEPT_FOR: Final = 60.0
"""Seconds that a feed outlives its last subscriber, who may be back."""


@dataclass(slots=True)
class Joined:
    """A subscriber's place in a feed, and what he is to be sent first."""

    feed: Feed
    cursor: int
    first: bytes


class Subscribers:
    """Brings subscribers to feeds, and tidies up behind them."""

    def __init__(self, hub: Hub, naming: Naming, metrics: Metrics) -> None:
        self._hub: Final = hub
        self._naming: Final = naming
        self._metrics: Final = metrics
        self._loads: Final[dict[LiveView, asyncio.Task[None]]] = {}

    async def join(
        self,
        subscription: Subscription,
        scope: Scope,
        last: str | None,
        *,
        after: Subscription | None = None,
        moved: str | None = None,
    ) -> Joined:
        """
        Return a place in the feed for a subscription under these rights.

        `last` is the place that the subscriber was at; with `after`, he was there with that
        subscription, and goes on with the views that both have. `moved` says why what he has
        is to be dropped although he never left.
        """
        shared = scope.shared()
        feed = self._feed(subscription, shared, scope)
        feed.users += 1
        try:
            await asyncio.gather(*(self._loaded(view) for _, view in feed.views))
            token = None if last is None else Token.read(last)
            read_at = max(view.read_at for _, view in feed.views)
            if max(read_at, token.place.position if token else 0) > self._hub.place.position:
                # The rows, or the process that he comes from, were a moment ahead of our pump.
                await self._hub.advance()
            async with self._hub.lock:
                self._open(feed)
                if moved is not None:
                    return self.refetch(feed, moved)
                if token is None:
                    reason = None if last is None else "schema"
                    return Joined(feed, feed.ring.end, feed.snapshots(self._hub.place, reason))
                return await self._resumed(
                    feed, shared, token, self._kept(token, subscription, after)
                )
        except BaseException:
            self.leave(feed)
            raise

    def refetch(self, feed: Feed, reason: str) -> Joined:
        """Return a fresh start in the same feed; to be called under the hub's lock."""
        self._metrics.refetches.labels(reason).inc()
        return Joined(feed, feed.ring.end, feed.snapshots(self._hub.place, reason))

    def leave(self, feed: Feed) -> None:
        feed.users -= 1
        feed.unused_since = monotonic()

    def sweep(self) -> None:
        """Drop feeds that nobody came back to, and views that no feed shows."""
        now = monotonic()
        for feed in list(self._hub.feeds.values()):
            if feed.users == 0 and now - feed.unused_since > KEPT_FOR:
                del self._hub.feeds[feed.key]
                for _, view in feed.views:
                    view.feeds.discard(feed)
                    if not view.feeds and view.key in self._hub.views:
                        self._hub.discard(view)

    def _kept(
        self, token: Token, subscription: Subscription, after: Subscription | None
    ) -> set[str] | None:
        """Return which views who comes back has already; None where that cannot be told."""
        wanted = subscription.resolved().views
        if token.views == subscription.fingerprint(self._naming):
            return {view.id for view in wanted}
        if after is None or token.views != after.fingerprint(self._naming):
            return None
        had = set(after.resolved().views)
        return {view.id for view in wanted if view in had}

    async def _resumed(
        self, feed: Feed, scope: Scope, token: Token, kept: set[str] | None
    ) -> Joined:
        if token.rights != feed.rights:
            return self.refetch(feed, "scope")
        if kept is None:
            return self.refetch(feed, "filter")
        is_whole = len(kept) == len(feed.views)
        cursor = feed.ring.cursor_at(token.place) if is_whole else None
        if cursor is not None and token.place <= self._hub.place:
            self._metrics.resumes.labels("ring").inc()
            caught_up = feed.up_to_date(self._hub.place)
            return Joined(feed, cursor, b"" if cursor < feed.ring.end else caught_up)
        return await self._from_database(feed, scope, token.place, kept)

    async def _from_database(self, feed: Feed, scope: Scope, left: Place, kept: set[str]) -> Joined:
        changes = await self._missed(left)
        if changes is None:
            return self.refetch(feed, "retention")
        marks = await self._hub.source.marks()
        self._metrics.resumes.labels("database").inc()
        place = self._hub.place
        saw = await self._saw(feed, scope, changes.items, left)
        parts = []
        for name, view in feed.views:
            if name not in kept:
                parts.append(frames.frame(b"snapshot", frames.named(name, view.snapshot())))
                continue
            ops = await self._ops(view, changes.items, saw, left)
            if isinstance(view, ChatsView) and view.asked and marks.filters > left.position:
                ops = "filter"
            if isinstance(ops, str):
                parts.append(Told(view.snapshot(), len(view.rows), ops).frame(name))
            elif ops:
                body = frames.delta_body(place.position, left.position, ops)
                parts.append(frames.frame(b"delta", frames.named(name, body)))
        parts.sort(key=frames.adds_only)
        parts.append(feed.up_to_date(place))
        return Joined(feed, feed.ring.end, b"".join(parts))

    async def _missed(self, left: Place) -> Changes | None:
        """Return what changed since a place; None when that is too much, or not known."""
        place = self._hub.place
        if left > place:
            return None
        changes = await self._hub.source.changes(left.position, MOST_MISSED)
        rules_changed = (await self._hub.source.marks()).rules > left.position
        complete = changes.position >= place.position and not rules_changed
        return changes if complete else None

    async def _saw(self, feed: Feed, scope: Scope, items: Iterable[Item], left: Place) -> set[str]:
        """
        Return which of the chats that are shown no more the subscriber could see then.

        Or later: what he was sent may have been ahead of the place that he was told.
        """
        lists = [view for _, view in feed.views if isinstance(view, ChatsView)]
        gone = [i["id"] for i in items if any(i["id"] not in v.rows for v in lists)]
        if not gone:
            return set()
        stood = await self._hub.source.stood(gone, left.position)
        return {id_ for id_, chats in stood.items() if any(_sees(scope, c) for c in chats)}

    async def _ops(
        self, view: LiveView, items: Sequence[Item], saw: set[str], left: Place
    ) -> list[bytes] | str:
        """Return what one view's subscriber missed, or why he has to start afresh."""
        if isinstance(view, ChatsView):
            if view.moves_at is not None:
                # What time alone brought or took meanwhile is written down nowhere.
                return "clock"
            await self._hub.complete(view, items)
            return view.since((i["id"], i["position"], i["id"] in saw) for i in items)
        if isinstance(view, MessagesView) and not view.visible:
            return "scope"
        said = ((key, row) for key, row in view.rows.items() if row.rev > left.position)
        return [frames.upsert(key, row.rev, row.value) for key, row in said]

    def _feed(self, subscription: Subscription, scope: Scope, asker: Scope) -> Feed:
        views = [(v.id, self._view(v, scope, asker)) for v in subscription.resolved().views]
        rights = rights_of(scope, self._naming)
        key: FeedKey = (rights, *((name, view.key) for name, view in views))
        feed = self._hub.feeds.get(key)
        if feed is None:
            feed = self._hub.feeds[key] = Feed(
                key, views, rights, subscription.fingerprint(self._naming)
            )
            for _, view in views:
                view.feeds.add(feed)
        return feed

    def _view(self, wanted: Wanted, scope: Scope, asker: Scope) -> LiveView:
        params = wanted.params
        key: ViewKey = (wanted.projection, scope, params)
        if _is_own(params):
            key = (*key, asker)
        if wanted.projection == "operators":
            scope = scope.among_colleagues()
            key = (wanted.projection, scope)
        view = self._hub.views.get(key)
        if view is None:
            view = _made(key, params, scope, asker, self._hub.place.position)
            self._hub.add(view)
        return view

    async def _loaded(self, view: LiveView) -> None:
        """Return once a view has its rows, which one of those who want it reads."""
        if view.loaded:
            return
        task = self._loads.get(view)
        if task is None:
            task = self._loads[view] = asyncio.create_task(self._hub.load(view))
            task.add_done_callback(lambda _: self._loads.pop(view, None))
        await asyncio.shield(task)

    def _open(self, feed: Feed) -> None:
        """Begin the feed's ring, when all its views are there."""
        if not feed.is_open:
            feed.open(self._hub.place)


def _is_own(params: object) -> bool:
    """Return whether what is shown depends on who asks, besides what he sees."""
    match params:
        case ChatsParams():
            return params.is_filtered
        case CountsParams(tabs=tabs):
            return tabs
        case _:
            return False


def _made(key: ViewKey, params: object, scope: Scope, asker: Scope, position: int) -> LiveView:
    match params:
        case ChatsParams(filter=filter_, tab=tab):
            chats = ChatFilter(**params.model_dump(exclude={"filter", "tab"}))
            asked = Asked(asker, filter_, tab) if params.is_filtered else None
            return ChatsView(key, scope, position, chats, asked)
        case MessagesParams(chat=chat_id):
            return MessagesView(key, scope, position, chat_id)
        case CountsParams(tabs=tabs):
            return CountsView(key, scope, position, asker if tabs else None)
        case _:
            return OperatorsView(key, scope, position)


def _sees(scope: Scope, chat: Chat) -> bool:
    owner = chat.operator_id if chat.is_open else chat.last_operator
    return chat.exists and scope.sees(owner, chat.group_id, is_open=chat.is_open)
