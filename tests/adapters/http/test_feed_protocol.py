"""The live feed's protocol as a state machine: random changes, readers, breaks and restarts."""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from adapters.http.feed import ring
from adapters.http.feed.hub import Hub
from adapters.http.feed.passing import Passing
from adapters.http.feed.stream import Connection, Streams
from adapters.http.feed.subscribing import Subscribers
from adapters.http.feed.tokens import ChatsParams, CountsParams, Subscription, Wanted
from adapters.http.metrics import Metrics
from domain.access import Scope
from domain.values import GroupId, Naming, OperatorId, Role
from projections.filters import ChatFilter, Listed, is_visible, matches
from projections.items import Item
from tests.adapters.http.feed_kit import Follower, MemorySource, nobody_else, patience_of, turns

NAMING = Naming(b"salt")
GROUPS = ["g1", "g2"]
CHATS = ["1", "2", "3", "4"]
PEOPLE = {
    "ana": Scope(OperatorId("ana"), Role.OPERATOR, frozenset({GroupId("g1")})),
    "bia": Scope(OperatorId("bia"), Role.OPERATOR, frozenset({GroupId("g2")})),
    "sara": Scope(OperatorId("sara"), Role.SUPERVISOR, frozenset({GroupId("g1")})),
    "admin": Scope(OperatorId("admin"), Role.ADMINISTRATOR),
}
SECTIONS = [Listed.NEW, Listed.WAITING, Listed.UNREAD, Listed.ALL]


class Reader:
    """One subscriber: a follower of the protocol, and the connection that it may have."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.follower = Follower()
        self.task: asyncio.Task[None] | None = None
        self.gone = asyncio.Event()
        self.reading = asyncio.Event()
        self.reading.set()
        self.connection: Connection | None = None
        views = [Wanted(s.value, "chats", ChatsParams(section=s)) for s in SECTIONS]
        counts = Wanted("counts", "counts", CountsParams())
        self.subscription = Subscription(who, (*views, counts))


class LiveFeed(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.source = MemorySource()
        self.moved: set[str] = set()

    def run(self, coroutine: Any) -> None:
        self.loop.run_until_complete(coroutine)

    @initialize()
    def begin(self) -> None:
        self.scopes = dict(PEOPLE)
        for scope in self.scopes.values():
            self.source.enrol(scope)
        self.readers = [Reader(who) for who in PEOPLE]
        self.run(self._start())

    async def _start(self) -> None:
        metrics = Metrics()
        self.hub = Hub(self.source, metrics)
        self.subscribers = Subscribers(self.hub, NAMING, metrics)
        self.streams = Streams(self.hub, self.subscribers, Passing(self.hub, nobody_else))
        await self.hub.start()

    @rule(
        chat=st.sampled_from(CHATS),
        owner=st.sampled_from([None, "ana", "bia"]),
        group=st.sampled_from([None, *GROUPS]),
        late=st.sampled_from([None, False, True]),
        unread=st.integers(0, 1),
        closed=st.booleans(),
    )
    def change(self, chat: str, owner: str | None, closed: bool, **how: Any) -> None:
        late = None if closed else how.pop("late")
        how.pop("late", None)
        self.source.put(chat, owner=owner, last_owner=owner, closed=closed, late=late, **how)

    @rule(who=st.sampled_from(["ana", "bia", "sara"]), group=st.sampled_from(GROUPS))
    def give_rights(self, who: str, group: str) -> None:
        scope = Scope(OperatorId(who), self.scopes[who].role, frozenset({GroupId(group)}))
        self.scopes[who] = scope
        self.source.enrol(scope)
        self.moved.add(who)

    @rule()
    def pump(self) -> None:
        self.run(self._pump())

    async def _pump(self) -> None:
        await self.hub.advance()
        await turns()

    @rule(number=st.integers(0, len(PEOPLE) - 1))
    def connect(self, number: int) -> None:
        reader = self.readers[number]
        if reader.task is None:
            self.run(self._connect(reader))

    async def _connect(self, reader: Reader) -> None:
        async def rights_now() -> Scope:
            return self.scopes[reader.who]

        async def receive() -> dict[str, Any]:
            await reader.gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            await reader.reading.wait()
            reader.follower.take(message.get("body", b""))

        reader.gone.clear()
        reader.reading.set()
        last = reader.follower.last_id
        scope = self.scopes[reader.who]
        joined = await self.subscribers.join(reader.subscription, scope, last)
        digest = hashlib.sha256(reader.who.encode()).digest()
        reader.connection = Connection(
            reader.who, digest, reader.subscription, scope, rights_now, joined
        )
        reader.task = asyncio.create_task(self.streams.serve(reader.connection, receive, send))
        await turns()

    @rule(number=st.integers(0, len(PEOPLE) - 1))
    def leave(self, number: int) -> None:
        self.run(self._leave(self.readers[number]))

    async def _leave(self, reader: Reader) -> None:
        if reader.task is not None:
            reader.gone.set()
            reader.reading.set()
            await reader.task
            reader.task = None
            reader.follower.cut()

    @rule(number=st.integers(0, len(PEOPLE) - 1), reads=st.booleans())
    def slow_down(self, number: int, reads: bool) -> None:
        reading = self.readers[number].reading
        if reads:
            reading.set()
        else:
            reading.clear()
        self.run(turns())

    @rule()
    def restart(self) -> None:
        """The process is killed and another one takes its place."""
        self.run(self._restart())

    async def _restart(self) -> None:
        for reader in self.readers:
            if reader.task is not None:
                reader.task.cancel()
                await asyncio.gather(reader.task, return_exceptions=True)
                reader.task = None
                reader.follower.cut()
        await self._start()

    @rule()
    def settle(self) -> None:
        """Everybody reads all there is: then each has exactly what he may see, and all of it."""
        self.run(self._settle())
        for reader in self.readers:
            if reader.task is not None:
                assert reader.follower.up_to is not None
                for section in SECTIONS:
                    shown = set(reader.follower.rows[section.value])
                    expected = {
                        i["id"] for i in self.source.now() if self._holds(reader, section, i)
                    }
                    assert shown == expected, (reader.who, section)
                    for id_, (_, value) in reader.follower.rows[section.value].items():
                        assert value == self.source.history[id_][-1]

    async def _settle(self) -> None:
        for reader in self.readers:
            reader.reading.set()
        await self._pump()
        await turns(200)

    def _holds(self, reader: Reader, section: Listed, item: Item) -> bool:
        scope, chats = self.scopes[reader.who], ChatFilter(section=section)
        return matches(item, chats, scope, datetime.now(UTC), patience_of)

    @invariant()
    def no_half_truths(self) -> None:
        """Who is told to be up to date has, of each chat, a state of then or later."""
        for reader in getattr(self, "readers", ()):
            up_to = reader.follower.up_to
            if up_to is None or reader.who in self.moved:
                continue
            for section in SECTIONS:
                shown = reader.follower.rows.get(section.value, {})
                for id_, items in self.source.history.items():
                    then = self.source.as_it_was(id_, up_to)
                    possible = [then] + [i for i in items if i["position"] > up_to]
                    states = [
                        i if i and self._holds(reader, section, i) else None for i in possible
                    ]
                    assert shown.get(id_, (0, None))[1] in states, (reader.who, section, id_)

    @invariant()
    def nothing_foreign(self) -> None:
        """No id is told to anybody who could never see it (V13)."""
        for reader in getattr(self, "readers", ()):
            if reader.who in self.moved:
                continue
            told = {
                op["key"]
                for event in reader.follower.heard
                if event.name == "delta" and event.data["view"] != "counts"
                for op in event.data["ops"]
            }
            for id_ in told:
                scope = self.scopes[reader.who]
                assert any(is_visible(i, scope) for i in self.source.history[id_]), reader.who

    def teardown(self) -> None:
        if hasattr(self, "readers"):
            self.run(self._end())
        self.loop.close()

    async def _end(self) -> None:
        for reader in self.readers:
            await self._leave(reader)


@pytest.fixture(autouse=True)
def small_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow readers fall off the ring after a few changes."""
    monkeypatch.setattr(ring, "MOST_CHANGES", 6)


TestLiveFeed = LiveFeed.TestCase
TestLiveFeed.settings = settings(
    max_examples=80,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
