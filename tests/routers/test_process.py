"""The router's process, on a real NATS server and a desk in memory."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from time import monotonic

import pytest
from structlog.testing import capture_logs

from domain.chat.events import ChatAssigned, ChatBecameWaiting, ChatReleased
from domain.errors import AlreadyAssigned, LogIsBusy
from domain.values import OperatorId
from routers.policies import BUILT_IN
from routers.policies.base import Policy, Standing
from routers.records import Snapshot
from tests.routers.wire import Wired, until, wired


@pytest.fixture
async def wire(fresh_nats: str) -> AsyncIterator[Wired]:
    async with wired(fresh_nats) as wire:
        wire.company.at(-3600)
        wire.company.group("sales")
        wire.company.operator("ana")
        wire.company.operator("bia")
        wire.company.online("ana", "bia")
        wire.company.at(0)
        yield wire


def events(wire: Wired, type_: type[object]) -> int:
    return sum(isinstance(each.event, type_) for each in wire.company.desk.log)


async def test_whoever_writes_is_given_to_somebody_and_a_reason_is_kept(wire: Wired) -> None:
    """R4, R6, R12: by what is heard, not by looking every so often."""
    async with wire.routing() as router:
        await until(lambda: router.leads)
        for n in range(12):
            wire.company.writes(f"chat-{n}")
        await until(lambda: len(wire.company.owners()) == 10)
        await until(lambda: router.position == len(wire.company.desk.log))
        assert set(Counter(wire.company.owners().values()).values()) == {5}
        assert router.tally.assigned == events(wire, ChatAssigned) == 10
        assert router.tally.sweeps_found_work == 0


async def test_bursts_and_clicks_at_once_leave_each_chat_with_one_operator(wire: Wired) -> None:
    """S3, R8: what was superseded leaves nothing behind."""
    wire.company.change_operator("ana", capacity=40)
    wire.company.change_operator("bia", capacity=40)
    async with wire.routing() as router:
        await until(lambda: router.leads)
        for n in range(60):
            wire.company.writes(f"chat-{n}")
            await asyncio.sleep(0.001 * (n % 3))
            if n % 2:
                with suppress(AlreadyAssigned):
                    wire.company.pulls(f"chat-{n}", "bia")
        await until(lambda: len(wire.company.owners()) == 60)
    assert events(wire, ChatAssigned) == 60


async def test_a_second_router_takes_over_and_a_stale_one_stands_by(wire: Wired) -> None:
    """R14: within five seconds, and nothing twice."""
    async with wire.routing() as first:
        await until(lambda: first.leads)
        async with wire.routing() as second:
            wire.company.writes("before")
            await until(wire.company.owners)
            assert not second.leads
            wire.company.desk.fenced = True
            wire.company.writes("between")
            await until(lambda: not first.leads)
            wire.office.holder = None
            wire.company.desk.fenced = False
            started = monotonic()
            await until(lambda: "between" in wire.company.owners())
            assert monotonic() - started < 5
            assert first.leads != second.leads
    assert events(wire, ChatAssigned) == 2


async def test_a_router_ends_when_asked_even_if_the_asking_is_swallowed(wire: Wired) -> None:
    """R14: one that goes on after it was stopped would keep its lease from the others."""
    reading = asyncio.Event()

    async def swallows() -> Snapshot:
        reading.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return await wire.load_snapshot()

    wire.load = swallows
    async with asyncio.timeout(5):
        async with wire.routing():
            await reading.wait()


async def test_a_router_that_stops_lets_the_next_one_lead_at_once(wire: Wired) -> None:
    """R14, R5: and after the restart the oldest is still first."""
    wire.company.settings(auto_assign=False)
    async with wire.routing() as first:
        await until(lambda: first.leads)
        wire.company.writes("old")
        wire.company.at(1)
        wire.company.writes("new")
    wire.company.settings(auto_assign=True)
    wire.company.offline("bia")
    wire.company.change_operator("ana", capacity=1)
    async with wire.routing():
        await until(wire.company.owners)
        assert wire.company.owners() == {"old": "ana"}


async def test_what_could_not_be_committed_is_tried_again(wire: Wired) -> None:
    """R1: a busy log or a lost connection delays an assignment and loses none."""
    async with wire.routing() as router:
        await until(lambda: router.leads)
        wire.company.desk.fails = [LogIsBusy("test"), ConnectionError("test")]
        wire.company.writes("chat")
        await until(wire.company.owners)
    assert events(wire, ChatAssigned) == 1


async def test_a_lost_message_is_noticed_and_the_fold_started_again(wire: Wired) -> None:
    """R6, R13: a hole in the stream must not become a chat that nobody gets."""
    wire.company.change_operator("bia", active=False)
    async with wire.routing() as router:
        await until(lambda: router.leads and router.position == len(wire.company.desk.log))
        wire.company.desk.on_commit = lambda _: None
        wire.company.writes("unheard")
        await wire.publish(wire.company.desk.log[-1])
        await until(lambda: wire.company.owners() == {"unheard": "ana"})
        assert router.tally.started_again == 1


async def test_a_lost_stream_that_is_filled_again_is_heard_again(wire: Wired) -> None:
    """R6: the stream is never the truth; the router goes on when the relay has refilled it."""
    async with wire.routing() as router:
        wire.company.writes("before")
        await until(lambda: router.position == len(wire.company.desk.log))
        await wire.lose_stream()
        await wire.make_stream()
        for recorded in wire.company.desk.log:
            await wire.publish(recorded)
        wire.company.writes("after")
        await until(lambda: len(wire.company.owners()) == 2)


async def test_the_end_of_the_first_minute_wakes_the_router_by_itself(wire: Wired) -> None:
    """R7, S5: nothing happens but time."""
    wire.company.settings(warmup=1)
    wire.company.offline("bia")
    wire.company.offline("ana")
    wire.company.online("ana")
    for n in range(3):
        wire.company.writes(f"chat-{n}")
    async with wire.routing() as router:
        await until(wire.company.owners)
        await until(lambda: router.position == len(wire.company.desk.log))
        assert wire.company.owners() == {"chat-0": "ana"}
        wire.company.at(60)
        await until(lambda: len(wire.company.owners()) == 3)
        assert router.tally.sweeps_found_work == 0


async def test_who_waits_too_long_and_who_is_gone_are_noted_as_time_passes(wire: Wired) -> None:
    """V6, R10, S6: the timer, the lost heartbeat, the release and the new owner."""
    async with wire.routing() as router:
        wire.company.offline("bia")
        wire.company.writes("chat")
        await until(lambda: wire.company.owners() == {"chat": "ana"})
        wire.company.at(600)
        await until(lambda: router.tally.became_waiting == 1)
        assert events(wire, ChatBecameWaiting) == 1
        wire.lost = [OperatorId("ana"), OperatorId("bia")]
        await until(lambda: events(wire, ChatReleased) == 1)
        wire.lost = []
        wire.company.online("bia")
        await until(lambda: wire.company.owners() == {"chat": "bia"})
        assert (router.tally.counted_offline, router.tally.released) == (1, 1)
        assert events(wire, ChatBecameWaiting) == 1


async def test_a_broken_policy_is_told_of_once_and_counted(wire: Wired) -> None:
    """R4: others are served meanwhile."""

    def broken(standing: Standing) -> float:
        raise ZeroDivisionError

    wire.company.change_group("sales", policy="broken")
    wire.company.operator("cleo", "sales")
    wire.company.online("cleo")
    with capture_logs() as logs:
        async with wire.routing({**BUILT_IN, "broken": Policy("broken", 1, broken)}) as router:
            wire.company.writes("stuck", "sales")
            wire.company.writes("fine")
            await until(wire.company.owners)
            await until(lambda: router.tally.policy_failures > 1)
    assert set(wire.company.owners()) == {"fine"}
    assert [each["event"] for each in logs].count("router.policy_failed") == 1
