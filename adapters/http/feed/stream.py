"""One subscriber's connection: sends what his feed has for him until one of both leaves."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from adapters.http.feed import frames
from adapters.http.feed.feed import bye
from adapters.http.feed.hub import Hub, Rights
from adapters.http.feed.passing import Passing
from adapters.http.feed.subscribing import Joined, Subscribers
from adapters.http.feed.tokens import Place, Subscription
from adapters.http.problems import Header
from adapters.http.wire import SECURITY, Message, Receive, Send
from domain.access import Scope

KEEP_ALIVE_EVERY: Final = 15.0
RETRY_MS: Final = 1_000

HEADERS: Final[tuple[Header, ...]] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    *SECURITY,
)

RightsNow = Callable[[], Awaitable[Scope | None]]
"""What the subscriber may see now; None when he may not be here any more."""


@dataclass(eq=False, slots=True)
class Connection:
    """An open feed of one operator."""

    operator_id: str
    digest: bytes
    """Of the session or token that it was opened with."""
    subscription: Subscription
    scope: Scope
    """What he could see when he joined."""
    rights_now: RightsNow
    joined: Joined
    doubted: bool = True
    """Whether his rights must be looked at before anything else is sent; at first they must,
    since they may have changed while the rows were read."""
    ending: str | None = None
    """Why it is to end."""
    is_gone: bool = False
    sent_at: float = field(default_factory=monotonic)
    told: Place = Place(0)
    """The place last said to be up to date without news."""
    signs: int = 0
    """The last of what passes that he was told, by its number."""

    def wake(self) -> None:
        self.joined.feed.wake()


class Streams:
    """All open feeds of this process."""

    def __init__(self, hub: Hub, subscribers: Subscribers, passing: Passing) -> None:
        self._hub: Final = hub
        self._subscribers: Final = subscribers
        self._passing: Final = passing
        self.open: Final = set[Connection]()
        self._rights: Rights = {}
        hub.on_rights = self._doubt

    async def serve(self, connection: Connection, receive: Receive, send: Send) -> None:
        """Send events until the subscriber leaves or must."""
        self.open.add(connection)
        watch = asyncio.create_task(_watch(connection, receive))
        try:
            start = {"type": "http.response.start", "status": 200, "headers": list(HEADERS)}
            await send(start)
            while not connection.is_gone and connection.ending is None:
                await self._step(connection, send)
            if connection.ending is not None:
                await self._send(connection, send, bye(connection.ending, RETRY_MS), last=True)
        finally:
            watch.cancel()
            self.open.discard(connection)
            self._subscribers.leave(connection.joined.feed)

    def end(self, connection: Connection, reason: str) -> None:
        """Let a connection say goodbye."""
        connection.ending = reason
        connection.wake()

    def end_all(self, reason: str) -> None:
        """Let everybody go: the process is stopping."""
        for connection in self.open:
            connection.ending = reason
        for connection in list(self.open):
            connection.wake()

    def ping(self) -> None:
        """Wake those who have been sent nothing for long, so that they send a sign of life."""
        before = monotonic() - KEEP_ALIVE_EVERY
        for connection in self.open:
            if connection.sent_at < before:
                connection.wake()

    def _doubt(self, rights: Rights) -> None:
        before, self._rights = self._rights, rights
        for connection in self.open:
            if rights.get(connection.operator_id) != before.get(connection.operator_id):
                connection.doubted = True
                connection.wake()

    async def _step(self, connection: Connection, send: Send) -> None:
        """Do the next thing: look at rights, send what there is, or wait."""
        if connection.doubted:
            await self._look_at_rights(connection)
            return
        joined = connection.joined
        ring = joined.feed.ring
        if joined.first:
            data, joined.first = joined.first, b""
            await self._send(connection, send, data)
        elif signs := self._signs(connection):
            await self._send(connection, send, signs)
        elif joined.cursor == ring.end and connection.sent_at < monotonic() - KEEP_ALIVE_EVERY:
            await self._send(connection, send, self._sign_of_life(connection))
        elif joined.cursor == ring.end:
            # Nothing may be awaited between the look and this, or a call would be missed.
            await joined.feed.news()
        elif (news := ring.since(joined.cursor)) is not None:
            joined.cursor = ring.end
            await self._send(connection, send, news)
        else:
            async with self._hub.lock:
                connection.joined = self._subscribers.refetch(joined.feed, "slow")

    def _signs(self, connection: Connection) -> bytes:
        """Return what passes that the subscriber was not told yet."""
        known, connection.signs = connection.signs, self._passing.last
        return self._passing.since(connection.joined.feed, known, connection.operator_id)

    def _sign_of_life(self, connection: Connection) -> bytes:
        """Return a comment, and how far the subscriber has come without hearing of it."""
        place = self._hub.place
        if place == connection.told or self._hub.lock.locked():
            return frames.KEEP_ALIVE
        connection.told = place
        return frames.KEEP_ALIVE + connection.joined.feed.up_to_date(place)

    async def _look_at_rights(self, connection: Connection) -> None:
        connection.doubted = False
        scope = await connection.rights_now()
        if scope is None:
            connection.ending = "signed_out"
        elif scope != connection.scope:
            before, connection.scope = connection.joined, scope
            connection.joined = await self._subscribers.join(
                connection.subscription, scope, None, moved="scope"
            )
            self._subscribers.leave(before.feed)

    async def _send(
        self, connection: Connection, send: Send, data: bytes, *, last: bool = False
    ) -> None:
        connection.sent_at = monotonic()
        message: Message = {"type": "http.response.body", "body": data, "more_body": not last}
        await send(message)


async def _watch(connection: Connection, receive: Receive) -> None:
    """Notice that the subscriber left."""
    while (await receive())["type"] != "http.disconnect":
        pass
    connection.is_gone = True
    connection.wake()
