"""
Visitors who listen: server-sent events whose ids only grow, resumable by `Last-Event-ID`.

One look a moment at where the views are serves all visitors of the process; only those in
whose talk something changed are read for.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import orjson
import structlog

from adapters.http.problems import Header, Problem
from adapters.http.widget.downloads import Link
from adapters.http.widget.talks import PAGE, Talk, Talks
from adapters.http.wire import SECURITY, Receive, Send
from domain.values import ChannelAccountId
from projections.items import Item

log = structlog.get_logger()

LOOK_EVERY: Final = 0.2
KEEP_ALIVE_EVERY: Final = 15.0
LONGEST: Final = 3_600.0
"""Seconds; then a visitor shows his token again."""
MOST_OF_ONE: Final = 8
"""Open pages of one visitor."""

HEADERS: Final[tuple[Header, ...]] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    *SECURITY,
)


@dataclass(eq=False, slots=True)
class Listener:
    """One open page."""

    account_id: ChannelAccountId
    visitor: str
    after: int | None
    """Position that he has heard of; None: he has heard nothing."""
    link: Link
    talk: Talk = field(default_factory=lambda: Talk((), ()))
    news: asyncio.Event = field(default_factory=asyncio.Event)
    ending: str | None = None
    is_gone: bool = False


class Listeners:
    """All open pages of this process."""

    def __init__(self, talks: Talks) -> None:
        self._talks: Final = talks
        self._open: Final = set[Listener]()
        self._anybody: Final = asyncio.Event()

    async def run(self) -> None:
        """Wake those who have news, until cancelled; a failure costs a second."""
        position: int | None = None
        while True:
            if not self._open:
                position = None
                self._anybody.clear()
                await self._anybody.wait()
            try:
                position = await self._look(position)
                await asyncio.sleep(LOOK_EVERY)
            except Exception as error:
                log.warning("widget.behind", error=type(error).__name__)
                await asyncio.sleep(1.0)

    async def _look(self, after: int | None) -> int:
        position = await self._talks.position()
        if after is None:
            self._wake(self._open)  # what came before the first look is nobody's news yet
        elif position > after:
            changed = set(await self._talks.changed(after, position))
            self._wake({one for one in self._open if changed.intersection(one.talk.watched)})
        elif position < after:
            self._wake(self._open)
        return position

    def _wake(self, listeners: set[Listener]) -> None:
        for listener in listeners:
            listener.news.set()

    def end_all(self) -> None:
        """Let everybody go: the process is stopping, and another will listen."""
        for listener in self._open:
            listener.ending = "restart"
            listener.news.set()

    async def serve(self, listener: Listener, receive: Receive, send: Send) -> None:
        """Send what is said until the visitor leaves; raise a 429 problem for too many pages."""
        of_one = Counter(one.visitor for one in self._open)
        if of_one[listener.visitor] >= MOST_OF_ONE:
            raise Problem(429, "too_many_requests", retry_after=5)
        self._open.add(listener)
        watch = asyncio.create_task(_watch(listener, receive))
        try:
            listener.talk = await self._talks.of(listener.account_id, listener.visitor)
            await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            await _send(send, b"retry: 1000\n\n")
            self._anybody.set()
            await self._tell(listener, send)
        finally:
            watch.cancel()
            self._open.discard(listener)

    async def _tell(self, listener: Listener, send: Send) -> None:
        until = monotonic() + LONGEST
        listener.news.set()
        while not listener.is_gone and listener.ending is None and monotonic() < until:
            if listener.news.is_set():
                listener.news.clear()
                await self._tell_news(listener, send)
            try:
                async with asyncio.timeout(KEEP_ALIVE_EVERY):
                    await listener.news.wait()
            except TimeoutError:
                await _send(send, b": here\n\n")
        if not listener.is_gone:
            said = orjson.dumps({"reason": listener.ending or "long"})
            await _send(send, b"event: bye\ndata: " + said + b"\n\n", last=True)

    async def _tell_news(self, listener: Listener, send: Send) -> None:
        listener.talk = await self._talks.of(listener.account_id, listener.visitor)
        while listener.talk.chats:
            is_first = listener.after is None
            items = await self._talks.said(listener.talk, listener.after, listener.link)
            if items:
                listener.after = int(items[-1]["seq"])
                await _send(send, b"".join(map(_event, items)))
            if is_first or len(items) < PAGE:
                break


def _event(item: Item) -> bytes:
    return b"id: %d\nevent: message\ndata: %s\n\n" % (item["seq"], orjson.dumps(item))


async def _send(send: Send, data: bytes, *, last: bool = False) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": not last})


async def _watch(listener: Listener, receive: Receive) -> None:
    """Notice that the visitor left."""
    with suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass
        listener.is_gone = True
        listener.news.set()
