"""Shadow mode: another policy decides on live traffic, and nothing comes of it (R12)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from deploy.shadowing import shadowed
from domain.event import Recorded
from routers.policies import BUILT_IN
from routers.policies.base import Policy, Standing
from routers.ports import Outside
from routers.records import Snapshot
from routers.shadow import Comparing, Shadow, ShadowTally
from tests.routers.company import Company, Desked


@pytest.fixture(autouse=True)
def _no_thread_goes_on() -> Iterator[None]:
    """What a thread still says after its test would be said into another one's output."""
    with capture_logs():
        yield
        until(lambda: all(thread.name != "shadow" for thread in threading.enumerate()))


def two_operators() -> tuple[Company, Desked]:
    """Ana may have more chats than Bia, so that `least_busy` and `round_robin` part."""
    company = Company()
    company.settings(warmup=100)
    company.group("sales")
    company.operator("ana", "sales", capacity=9)
    company.operator("bia", "sales", capacity=2)
    company.online("ana", "bia")
    return company, Desked(company)


def served(chats: int) -> list[Recorded]:
    company, router = two_operators()
    for number in range(chats):
        company.at(10 + number)
        company.writes(f"chat-{number}", "sales")
        router.route()
    return company.desk.log


def compared(log: list[Recorded], policy: Policy) -> ShadowTally:
    tally = ShadowTally()
    comparing = Comparing(Snapshot(), policy, BUILT_IN, tally)
    for recorded in log:
        comparing.hear(recorded)
    return tally


def until(question: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not question():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def fails(_: Standing) -> float:
    raise ArithmeticError("said by a client")


def test_the_policy_in_force_differs_from_itself_in_nothing() -> None:
    tally = compared(served(6), BUILT_IN["least_busy"])
    assert (tally.alike, tally.different, tally.undecided) == (6, 0, 0)


def test_what_another_policy_would_have_done_is_counted_and_logged_without_words() -> None:
    with capture_logs() as logs:
        tally = compared(served(5), BUILT_IN["round_robin"])
    assert tally.compared == 5
    assert tally.different > 0
    lines = [line for line in logs if line["event"] == "shadow.differs"]
    assert len(lines) == tally.different
    known = {"policy", "position", "chat_id", "operator_id", "shadow_policy", "shadow_operator_id"}
    assert {key for line in lines for key in line} == known | {"event", "log_level"}
    assert {line["shadow_operator_id"] for line in lines} <= {"ana", "bia"}


def test_a_policy_that_fails_is_counted_and_told_once() -> None:
    with capture_logs() as logs:
        tally = compared(served(4), Policy("wild", 1, fails))
    assert tally.failures > 1
    assert tally.undecided == 4
    assert [line["event"] for line in logs].count("shadow.policy_failed") == 1
    assert "said by a client" not in repr(logs)


def test_it_decides_on_what_really_was_and_not_on_what_it_would_have_made_of_it() -> None:
    """R13: its state is the router's; both know the same at the end."""
    log = served(7)
    tally = ShadowTally()
    comparing = Comparing(Snapshot(), BUILT_IN["round_robin"], BUILT_IN, tally)
    router = Comparing(Snapshot(), BUILT_IN["least_busy"], BUILT_IN, ShadowTally())
    for recorded in log:
        comparing.hear(recorded)
        router.hear(recorded)
    assert comparing.digest() == router.digest()


@contextmanager
def running(policy: Policy, most_waiting: int = 1_000) -> Iterator[Shadow]:
    shadow = Shadow(policy, BUILT_IN, most_waiting)
    shadow.start(Snapshot())
    try:
        yield shadow
    finally:
        shadow.stop()


def test_the_thread_compares_what_it_hears() -> None:
    with running(BUILT_IN["least_busy"]) as shadow:
        for recorded in served(3):
            shadow.hear(recorded)
        until(lambda: shadow.tally.alike == 3)


def test_a_log_out_of_step_stops_it_until_the_router_starts_again() -> None:
    log = served(3)
    with running(BUILT_IN["least_busy"]) as shadow:
        shadow.hear(log[5])
        for recorded in log:
            shadow.hear(recorded)
        shadow.start(Snapshot())
        for recorded in log:
            shadow.hear(recorded)
        until(lambda: shadow.tally.alike == 3)


def test_a_policy_that_never_answers_keeps_nobody_waiting() -> None:
    """It is given up when too much waits; who hands it events goes on at once."""
    asked, released = Event(), Event()

    def hangs(_: Standing) -> float:
        asked.set()
        released.wait(30)
        return 0.0

    log = served(6)
    with running(Policy("slow", 1, hangs), most_waiting=20) as shadow, capture_logs() as logs:
        for recorded in log[:14]:
            shadow.hear(recorded)
        assert asked.wait(20)
        for recorded in log * 3:
            shadow.hear(recorded)
        assert [line["event"] for line in logs] == ["shadow.fell_behind"]
        released.set()


class Wire:
    """The outside of a router, as far as a shadow hears it."""

    def __init__(self) -> None:
        self.log = served(4)

    def outside(self) -> Outside:
        nothing: Any = None

        async def load_snapshot() -> Snapshot:
            return Snapshot()

        return Outside(
            desk=nothing,
            lease=nothing,
            load_snapshot=load_snapshot,
            lost_heartbeats=nothing,
            read=cast("Any", lambda message: message),
            clock=nothing,
        )


@pytest.mark.parametrize("policy", [None, "nonsense"])
def test_without_a_policy_of_that_name_the_router_is_given_what_it_would_be(
    policy: str | None,
) -> None:
    outside = Wire().outside()
    with capture_logs() as logs, shadowed(outside, policy, BUILT_IN) as given:
        assert given is outside
    assert [line["event"] for line in logs] == ["shadow.unknown_policy"] * (policy is not None)


async def test_a_router_hears_the_same_with_a_shadow_that_fails() -> None:
    wire = Wire()
    wild = {**BUILT_IN, "wild": replace(BUILT_IN["least_busy"], name="wild", rank=fails)}
    with shadowed(wire.outside(), "wild", wild) as given:
        assert await given.load_snapshot() == Snapshot()
        assert [given.read(cast("Any", each)) for each in wire.log] == wire.log
