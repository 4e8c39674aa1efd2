"""The policies that come with the product: pure orders (R4)."""

from collections.abc import Sequence
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.account import AccountSettings
from domain.values import ChatId, OperatorId, Presence, Timestamp
from routers.policies import BUILT_IN
from routers.policies.base import Standing
from routers.policies.least_busy import rank as busyness
from routers.records import KnownChat, KnownSeat, Snapshot
from routers.rounds import decide_round
from routers.state import Routing
from tests.routers.company import NINE

SEATS = st.lists(
    st.builds(
        KnownSeat,
        operator_id=st.sampled_from([OperatorId(f"op-{n}") for n in range(6)]),
        active=st.booleans(),
        presence=st.sampled_from(Presence),
        online_since=st.sampled_from([None, NINE]),
        capacity=st.integers(0, 4),
        turn=st.integers(0, 3),
        given_since_online=st.integers(0, 4),
    ),
    unique_by=lambda seat: seat.operator_id,
    max_size=6,
)
POLICIES = st.sampled_from(sorted(BUILT_IN))


def routing(seats: Sequence[KnownSeat], chats: int, policy: str, at: Timestamp) -> Routing:
    waiting = [
        KnownChat(ChatId(f"chat-{n}"), version=2, opened=n + 1, waiting_since=NINE)
        for n in range(chats)
    ]
    settings = AccountSettings(policy=policy)
    return Routing(Snapshot(position=100, at=at, chats=waiting, seats=seats, settings=settings))


@given(SEATS, POLICIES, st.integers(0, 30))
def test_nobody_gets_a_chat_who_may_not_or_more_than_he_may(
    seats: list[KnownSeat], policy: str, chats: int
) -> None:
    """R2, R3, R7: eligible means active, online, below capacity, and not warming up."""
    acts = decide_round(routing(seats, chats, policy, NINE), NINE, 100).acts
    for seat in seats:
        given_chats = sum(act.command.operator_id == seat.operator_id for act in acts)
        room = seat.capacity
        if seat.online_since is not None:
            room = min(room, max(0, 3 - seat.given_since_online))
        may = seat.active and seat.presence is Presence.ONLINE
        assert given_chats <= (room if may else 0)


@given(SEATS, POLICIES, st.integers(1, 30))
def test_nobody_waits_while_somebody_may_take_his_chat(
    seats: list[KnownSeat], policy: str, chats: int
) -> None:
    """R1: chats stay in New only when nobody is eligible any more."""
    state = routing(seats, chats, policy, NINE)
    acts = decide_round(state, NINE, 100).acts
    if len(acts) < chats:
        assert all(seat.excluded_by(NINE, 3) is not None for seat in state.seats.values())


@given(SEATS, POLICIES, st.integers(0, 30), st.randoms(use_true_random=False))
def test_the_order_in_which_operators_are_told_of_makes_no_difference(
    seats: list[KnownSeat], policy: str, chats: int, random: Random
) -> None:
    """R4, R13: the same standings always give the same answer."""
    shuffled = seats.copy()
    random.shuffle(shuffled)
    one = decide_round(routing(seats, chats, policy, NINE), NINE, 100)
    other = decide_round(routing(shuffled, chats, policy, NINE), NINE, 100)
    assert one.acts == other.acts


@given(st.integers(0, 400), st.integers(1, 400), st.integers(0, 400), st.integers(1, 400))
def test_least_busy_orders_as_exact_fractions_do(a: int, b: int, c: int, d: int) -> None:
    """R4: the lowest load relative to capacity; 1 of 3 is as busy as 2 of 6."""
    one = busyness(Standing(OperatorId("ana"), a, b, 0))
    other = busyness(Standing(OperatorId("bia"), c, d, 0))
    assert (one < other) == (Fraction(a, b) < Fraction(c, d))
    assert (one == other) == (Fraction(a, b) == Fraction(c, d))


def given_in_order(policy: str, seats: Sequence[KnownSeat], chats: int) -> list[str]:
    acts = decide_round(routing(seats, chats, policy, NINE), NINE, 100).acts
    return [act.command.operator_id for act in acts]


def seat(name: str, capacity: int = 5, turn: int = 0) -> KnownSeat:
    return KnownSeat(OperatorId(name), presence=Presence.ONLINE, capacity=capacity, turn=turn)


def test_least_busy_goes_by_load_for_the_capacity() -> None:
    """R4: of one with room for 2 and one with room for 4, the second gets twice as many."""
    order = given_in_order("least_busy", [seat("ana", 2), seat("bia", 4)], 6)
    assert order == ["ana", "bia", "bia", "ana", "bia", "bia"]


def test_round_robin_goes_by_whose_turn_was_longest_ago() -> None:
    """R4: in one round, too, each decision is a turn."""
    seats = [seat("ana", turn=7), seat("bia", turn=3), seat("cleo")]
    assert given_in_order("round_robin", seats, 5) == ["cleo", "bia", "ana", "cleo", "bia"]


def test_the_last_tie_goes_by_turn_and_then_by_id() -> None:
    """R4: for every policy alike."""
    seats = [seat("cleo", turn=9), seat("bia"), seat("ana")]
    assert given_in_order("least_busy", seats, 3) == ["ana", "bia", "cleo"]
