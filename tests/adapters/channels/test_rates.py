"""How fast an account may send: token buckets on a clock of our own (M6)."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.base import Rate
from adapters.channels.rates import SMOOTHING, Bucket, Pace
from tests.adapters.channels.plain import CAN

SECOND = timedelta(seconds=1)


class Clock:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def pace(clock: Clock, account: Rate, peer: Rate) -> Pace:
    return Pace(replace(CAN, rate_per_account=account, rate_per_peer=peer), clock)


@given(
    count=st.integers(1, 100),
    burst=st.integers(0, 50),
    waits=st.lists(st.floats(0, 2), max_size=60),
)
def test_no_more_is_let_through_than_the_rate_and_what_may_be_borrowed(
    count: int, burst: int, waits: list[float]
) -> None:
    now, made = 0.0, 0
    bucket = Bucket(Rate(count, SECOND, burst), now)
    for wait in waits:
        now += wait
        while bucket.tokens(now) >= 1:
            bucket.spend(now)
            made += 1
    assert made <= max(1, burst, count // SMOOTHING) + count * now + 1e-6


def test_a_burst_may_be_borrowed_ahead_and_is_paid_back() -> None:
    """WhatsApp: one message in six seconds to one client, forty-five ahead."""
    clock = Clock()
    one = pace(clock, Rate(1000, SECOND), Rate(1, timedelta(seconds=6), burst=3))
    for _ in range(3):
        assert one.allows("ana")
        one.spend("ana")
    assert not one.allows("ana")
    assert one.waiting() == ["ana"]
    assert one.allows("bia")
    clock.now += 6
    assert one.allows("ana")
    one.spend("ana")
    assert not one.allows("ana")


def test_what_the_account_may_not_send_nobody_gets() -> None:
    clock = Clock()
    one = pace(clock, Rate(2, SECOND, burst=2), Rate(100, SECOND))
    one.spend("ana")
    one.spend("bia")
    assert (one.room(), one.allows("caio")) == (0, False)
    assert one.wait() == 0.5
    clock.now += 0.5
    assert (one.room(), one.wait(), one.allows("caio")) == (1, 0.0, True)


def test_a_hold_ends_when_the_provider_says_so() -> None:
    clock = Clock()
    one = pace(clock, Rate(20, SECOND), Rate(20, SECOND))
    one.hold("account", "ana", 30)
    one.hold("account", "ana", 5)
    assert (one.room(), one.wait()) == (0, 30.0)
    clock.now += 30
    assert one.room() == 2


def test_a_hold_of_a_peer_is_his_alone() -> None:
    clock = Clock()
    one = pace(clock, Rate(20, SECOND), Rate(20, SECOND))
    one.hold("peer", "ana", 30)
    assert one.waiting() == ["ana"]
    assert one.room() == 2
    clock.now += 30
    assert one.waiting() == []


def test_peers_who_may_be_written_to_again_are_forgotten() -> None:
    """A pace is as large as what is going on, whatever went on before."""
    clock = Clock()
    one = pace(clock, Rate(10_000, SECOND), Rate(1, SECOND))
    for n in range(500):
        one.spend(f"{n}")
    assert len(one.waiting()) == 500
    clock.now += 1
    assert one.waiting() == []
    assert not vars(one)["_peers"]


def test_a_chat_of_many_has_a_rate_of_its_own() -> None:
    """M6: Telegram takes twenty messages a minute for a group, and one a second for a person."""
    clock = Clock()
    minute = Rate(20, timedelta(minutes=1))
    can = replace(CAN, rate_per_account=Rate(1000, SECOND), rate_per_peer=Rate(1, SECOND))
    one = Pace(replace(can, rate_per_group=minute), clock)
    one.note_group("group")
    made = {"group": 0, "ana": 0}
    for _ in range(60):
        clock.now += 1
        for peer in made:
            while one.allows(peer):
                one.spend(peer)
                made[peer] += 1
    assert made["ana"] == 60
    assert 20 <= made["group"] <= 22
