"""Coming back to a feed: exactly what was missed, from the ring or from the database (S13)."""

import asyncio
from typing import Any

import pytest

from adapters.http.feed import ring, subscribing
from adapters.http.feed.hub import Hub
from adapters.http.feed.passing import Passing
from adapters.http.feed.ring import Ring
from adapters.http.feed.source import Rows
from adapters.http.feed.stream import Connection, Streams
from adapters.http.feed.subscribing import Subscribers
from adapters.http.feed.tokens import (
    ChatsParams,
    CountsParams,
    MessagesParams,
    Place,
    Subscription,
    Wanted,
    subscription_of,
)
from adapters.http.feed.views import READ_EVERY
from adapters.http.metrics import Metrics
from domain.access import Scope
from domain.values import GroupId, Naming, OperatorId, Role
from projections.filters import ChatFilter, Listed
from tests.adapters.http.feed_kit import Event, Follower, MemorySource, nobody_else, turns

NAMING = Naming(b"salt")
ANA = Scope(OperatorId("ana"), Role.OPERATOR, frozenset({GroupId("g1")}))
ADMIN = Scope(OperatorId("admin"), Role.ADMINISTRATOR)


def lists(*sections: Listed) -> tuple[Wanted, ...]:
    return tuple(Wanted(s.value, "chats", ChatsParams(section=s)) for s in sections)


class Process:
    """One process's feeds over a source that outlives it."""

    def __init__(self, source: MemorySource) -> None:
        self.source = source
        self.hub = Hub(source, Metrics())
        self.subscribers = Subscribers(self.hub, NAMING, Metrics())
        self.streams = Streams(self.hub, self.subscribers, Passing(self.hub, nobody_else))

    async def pump(self) -> None:
        await self.hub.advance()
        await turns()


class Line:
    """One subscriber's connection."""

    def __init__(self, process: Process, follower: Follower, scope: Scope) -> None:
        self.process, self.follower, self.scope = process, follower, scope
        self.gone, self.reading = asyncio.Event(), asyncio.Event()
        self.reading.set()

    async def open(self, *views: Wanted, after: Subscription | None = None) -> "Line":
        subscription = Subscription(self.scope.operator_id, views)
        last = self.follower.last_id
        join = self.process.subscribers.join
        joined = await join(subscription, self.scope, last, after=after)
        connection = Connection(
            self.scope.operator_id, b"", subscription, self.scope, self._rights, joined
        )
        self.follower.heard.clear()
        self.task = asyncio.create_task(
            self.process.streams.serve(connection, self._receive, self._send)
        )
        await turns()
        return self

    async def close(self) -> None:
        self.gone.set()
        self.reading.set()
        await self.task

    def heard(self) -> list[Event]:
        events = list(self.follower.heard)
        self.follower.heard.clear()
        return events

    async def _rights(self) -> Scope:
        return self.scope

    async def _receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.reading.wait()
        self.follower.take(message.get("body", b""))


@pytest.fixture
async def process() -> Process:
    source = MemorySource()
    source.enrol(ANA)
    one = Process(source)
    await one.hub.start()
    return one


async def after_restart(process: Process) -> Process:
    again = Process(process.source)
    await again.hub.start()
    return again


async def test_a_change_reaches_the_list_that_holds_it(process: Process) -> None:
    line = await Line(process, Follower(), ANA).open(*lists(Listed.NEW))
    process.source.put("1", group="g1")
    await process.pump()

    assert [e.name for e in line.heard()] == ["snapshot", "up_to_date", "delta", "up_to_date"]
    assert set(line.follower.rows["new"]) == {"1"}
    await line.close()


async def test_a_transfer_out_of_sight_is_a_removal_and_nothing_more(process: Process) -> None:
    """V13: who may see it no more is told to drop it, before any other content."""
    process.source.put("1", owner="ana")
    process.source.put("2", owner="ana")
    await process.pump()
    line = await Line(process, Follower(), ANA).open(*lists(Listed.ALL))
    line.heard()
    process.source.put("2", owner="ana", unread=1)
    process.source.put("1", owner="bia", group="g2")
    await process.pump()

    delta = line.heard()[0]
    assert [(op["op"], op["key"]) for op in delta.data["ops"]] == [("remove", "1"), ("upsert", "2")]
    assert "bia" not in str(delta.data)
    await line.close()


@pytest.mark.parametrize("restarted", [False, True])
async def test_who_comes_back_gets_what_he_missed_and_nothing_else(
    process: Process, restarted: bool
) -> None:
    """S13: no gap, no duplicate, also when the process is another one."""
    process.source.put("1", owner="ana")
    process.source.put("2", owner="ana")
    process.source.put("3", owner="ana")
    process.source.put("4", owner="bia", group="g2")
    await process.pump()
    line = await Line(process, Follower(), ANA).open(*lists(Listed.ALL))
    await line.close()

    process.source.put("2", owner="ana", unread=1)
    process.source.put("3", owner="bia", group="g2")
    process.source.put("4", owner="bia", group="g2", unread=1)
    process.source.put("5", group="g1")
    await process.pump()
    process = await after_restart(process) if restarted else process
    line = await Line(process, line.follower, ANA).open(*lists(Listed.ALL))

    events = line.heard()
    ops = [op for event in events if event.name == "delta" for op in event.data["ops"]]
    assert sorted((op["op"], op["key"]) for op in ops) == [
        ("remove", "3"), ("upsert", "2"), ("upsert", "5"),
    ]  # fmt: skip
    assert {e.name for e in events} == {"delta", "up_to_date"}
    assert set(line.follower.rows["all"]) == {"1", "2", "5"}
    await line.close()


async def test_what_a_new_process_read_before_its_pump_heard_of_it_is_not_left_out(
    process: Process,
) -> None:
    """S13: rows are read as they are now, which may be ahead of the pump."""
    process.source.put("1", owner="ana")
    await process.pump()
    line = await Line(process, Follower(), ANA).open(*lists(Listed.ALL))
    await line.close()
    process = await after_restart(process)
    process.source.put("1", owner="bia", group="g2")
    process.source.put("2", owner="ana")
    line = await Line(process, line.follower, ANA).open(*lists(Listed.ALL))
    await process.pump()

    assert set(line.follower.rows["all"]) == {"2"}
    await line.close()


async def test_who_was_with_a_process_that_is_ahead_goes_on(process: Process) -> None:
    behind = await after_restart(process)
    process.source.put("1", owner="ana")
    await process.pump()
    line = await Line(process, Follower(), ANA).open(*lists(Listed.ALL))
    await line.close()
    line = await Line(behind, line.follower, ANA).open(*lists(Listed.ALL))

    assert {e.name for e in line.heard()} == {"up_to_date"}
    await line.close()


async def test_who_comes_back_with_other_rights_starts_afresh(process: Process) -> None:
    """S13: under rights that changed meanwhile."""
    process.source.put("1", group="g1")
    await process.pump()
    line = await Line(process, Follower(), ANA).open(*lists(Listed.NEW))
    await line.close()

    moved = Scope(ANA.operator_id, ANA.role, frozenset({GroupId("g2")}))
    process.source.put("2", group="g2")
    line = await Line(process, line.follower, moved).open(*lists(Listed.NEW))

    events = line.heard()
    assert [e.name for e in events] == ["must_refetch", "snapshot", "up_to_date"]
    assert events[0].data == {"view": "new", "reason": "scope"}
    assert set(line.follower.rows["new"]) == {"2"}
    await line.close()


async def test_rights_that_change_take_effect_before_anything_else_is_sent(
    process: Process,
) -> None:
    """V13: at once, in feeds that are open, too."""
    process.source.put("1", group="g1")
    await process.pump()
    line = await Line(process, Follower(), ANA).open(*lists(Listed.NEW))
    line.heard()
    line.scope = Scope(ANA.operator_id, ANA.role, frozenset({GroupId("g2")}))
    process.source.enrol(line.scope)
    process.source.put("3", group="g1")
    await process.pump()

    assert [e.name for e in line.heard()] == ["must_refetch", "snapshot", "up_to_date"]
    assert line.follower.rows["new"] == {}
    await line.close()


async def test_who_missed_too_much_starts_afresh(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await Line(process, Follower(), ANA).open(*lists(Listed.NEW))
    await line.close()
    monkeypatch.setattr(subscribing, "MOST_MISSED", 3)
    for number in range(5):
        process.source.put(f"{number}", group="g1")
    process = await after_restart(process)
    line = await Line(process, line.follower, ANA).open(*lists(Listed.NEW))

    assert [e.name for e in line.heard()] == ["must_refetch", "snapshot", "up_to_date"]
    assert len(line.follower.rows["new"]) == 5
    await line.close()


async def test_a_slow_reader_is_told_to_start_afresh(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for him, and what is kept for him is bounded."""
    monkeypatch.setattr(ring, "MOST_CHANGES", 10)
    line = await Line(process, Follower(), ANA).open(*lists(Listed.NEW))
    line.reading.clear()
    for number in range(30):
        process.source.put(f"{number}", group="g1")
        await process.pump()
    line.heard()
    line.reading.set()
    await turns()

    assert "must_refetch" in [e.name for e in line.heard()]
    assert len(line.follower.rows["new"]) == 30
    await line.close()


async def test_messages_of_a_chat_are_live_while_it_is_visible(process: Process) -> None:
    """V13: they are taken away with the chat, and are back with it."""
    process.source.put("1", owner="ana")
    process.source.say("1", "oi")
    await process.pump()
    messages = Wanted("m", "messages", MessagesParams(chat="1"))
    line = await Line(process, Follower(), ANA).open(messages)
    process.source.say("1", "tudo bem?")
    await process.pump()
    assert sorted(line.follower.rows["m"]) == ["1", "2"]

    process.source.put("1", owner="bia", group="g2")
    process.source.say("1", "secret")
    await process.pump()
    assert line.follower.rows["m"] == {}

    process.source.put("1", owner="ana")
    await process.pump()
    assert sorted(line.follower.rows["m"]) == ["1", "2", "3"]
    assert "secret" not in str([e.data for e in line.follower.heard if e.name == "delta"])
    await line.close()


async def test_counts_follow_the_lists(process: Process) -> None:
    line = await Line(process, Follower(), ANA).open(Wanted("c", "counts", CountsParams()))
    process.source.put("1", group="g1")
    await process.pump()

    assert line.follower.rows["c"]["counts"][1]["new"] == 1
    await line.close()


async def test_counts_fall_when_a_chat_leaves_that_no_list_here_held(process: Process) -> None:
    """The process never heard of the chat before it left: it may have been anybody's."""
    process.source.put("1", group="g1")
    process = await after_restart(process)
    line = await Line(process, Follower(), ANA).open(Wanted("c", "counts", CountsParams()))
    assert line.follower.rows["c"]["counts"][1]["new"] == 1
    await asyncio.sleep(READ_EVERY)
    process.source.put("1", owner="bia", group="g2")
    await process.pump()

    assert line.follower.rows["c"]["counts"][1]["new"] == 0
    await line.close()


async def test_what_changes_while_rows_are_read_is_not_left_out(process: Process) -> None:
    reading, may_end = asyncio.Event(), asyncio.Event()
    read = process.source.chats

    async def slowly(scope: Scope, chats: ChatFilter, most: int) -> Rows:
        rows = await read(scope, chats, most)
        reading.set()
        await may_end.wait()
        return rows

    process.source.put("1", group="g1")
    await process.pump()
    process.source.chats = slowly  # type: ignore[method-assign]  # a reader that takes its time
    opening = asyncio.create_task(Line(process, Follower(), ANA).open(*lists(Listed.NEW)))
    await reading.wait()
    process.source.put("1", owner="bia", group="g2")
    process.source.put("2", group="g1")
    await process.pump()
    may_end.set()
    line = await opening
    await process.pump()

    assert set(line.follower.rows["new"]) == {"2"}
    await line.close()


async def test_subscribers_who_see_the_same_share_one_feed(process: Process) -> None:
    boss = Scope(OperatorId("boss"), Role.ADMINISTRATOR)
    one = await Line(process, Follower(), ADMIN).open(*lists(Listed.NEW))
    other = await Line(process, Follower(), boss).open(*lists(Listed.NEW))

    assert len(process.hub.feeds) == 1
    await one.close()
    await other.close()


async def test_everybody_is_told_goodbye_when_the_process_stops(process: Process) -> None:
    line = await Line(process, Follower(), ANA).open(*lists(Listed.NEW))
    process.streams.end_all("restart")
    await asyncio.wait_for(line.task, 2)

    assert line.heard()[-1].name == "bye"


async def test_views_that_were_rebuilt_are_sent_anew(process: Process) -> None:
    """V12: positions that fall mean that nothing known before is to be trusted."""
    process.source.put("1", group="g1")
    process.source.put("2", group="g1")
    await process.pump()
    line = await Line(process, Follower(), ANA).open(*lists(Listed.NEW))
    line.heard()
    rebuilding = MemorySource(people=process.source.people)
    rebuilding.put("1", group="g1")
    process.hub.source = rebuilding  # type: ignore[misc]  # the same tables, dropped and half filled
    await process.pump()

    assert [e.name for e in line.heard()] == ["must_refetch", "snapshot", "up_to_date"]
    assert set(line.follower.rows["new"]) == {"1"}
    await line.close()


def test_a_subscription_is_nobody_elses_and_cannot_be_made_up() -> None:
    subscription = Subscription("ana", lists(Listed.NEW))
    id_ = subscription.id(NAMING)
    payload, _, signature = id_.partition(".")

    assert subscription_of(id_, NAMING) == subscription
    assert subscription_of(id_, Naming(b"other")) is None
    assert subscription_of(f"{payload[:-1]}A.{signature}", NAMING) is None
    assert subscription_of("", NAMING) is None


def test_a_ring_drops_the_oldest_and_knows_what_it_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ring, "MOST_CHANGES", 2)
    one = Ring(Place(0))
    for position in (1, 2, 3):
        one.add(Place(position), b"%d" % position, 1)

    assert one.since(0) is None
    assert one.since(1) == b"23"
    assert one.cursor_at(Place(0)) is None
    assert one.cursor_at(Place(1)) == 1
    assert one.cursor_at(Place(3)) == one.end == 3


async def test_views_are_added_and_removed_by_going_on_with_another_subscription(
    process: Process,
) -> None:
    """What both subscriptions hold goes on; a view that is new begins with a snapshot."""
    source = process.source
    source.put("1", owner="ana")
    source.put("2", group="g1")
    follower = Follower()
    lists_only = lists(Listed.ALL)
    line = await Line(process, follower, ANA).open(*lists_only, *lists(Listed.NEW))
    await line.close()
    before = Subscription(OperatorId("ana"), (*lists_only, *lists(Listed.NEW)))
    source.say("1", "hello")

    said = Wanted("said", "messages", MessagesParams(chat="1"))
    line = await Line(process, follower, ANA).open(*lists_only, said, after=before)
    heard = line.heard()

    assert [(e.name, e.data.get("view")) for e in heard] == [
        ("delta", "all"),
        ("snapshot", "said"),
        ("up_to_date", None),
    ]
    assert [op["key"] for op in heard[0].data["ops"]] == ["1"]
    await line.close()


async def test_who_comes_back_with_other_views_and_does_not_say_which_starts_afresh(
    process: Process,
) -> None:
    process.source.put("1", owner="ana")
    follower = Follower()
    line = await Line(process, follower, ANA).open(*lists(Listed.ALL))
    await line.close()

    other = Wanted("all", "chats", ChatsParams(section=Listed.ALL, operator="me"))
    line = await Line(process, follower, ANA).open(other)

    assert [e.name for e in line.heard()] == ["must_refetch", "snapshot", "up_to_date"]
    await line.close()


async def test_what_is_taken_away_is_told_before_what_is_added_elsewhere(
    process: Process,
) -> None:
    """A transfer out of one's scope removes the row before anything else is said (V13)."""
    source = process.source
    source.put("1", owner="ana", late=True)
    source.put("2", owner="ana", late=False)
    line = await Line(process, Follower(), ANA).open(*lists(Listed.OPEN), *lists(Listed.WAITING))
    line.heard()

    source.put("2", owner="ana", late=False, unread=1)
    source.put("1", owner="bia", late=True)
    await process.pump()

    told = [(e.data["view"], e.data["ops"][0]["op"]) for e in line.heard() if e.name == "delta"]
    assert told == [("waiting", "remove"), ("open", "upsert")]
    await line.close()
