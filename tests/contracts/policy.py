"""
What every policy keeps, whoever wrote it (R4).

For a policy of your own, in your own tests:

    @pytest.mark.parametrize("rule", RULES)
    def test_my_policy(rule: Rule) -> None:
        rule(MINE)
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from domain.account import AccountSettings
from domain.routing import Reason
from domain.values import ChatId, GroupId, OperatorId, Presence
from routers.policies.base import Policy, Standing
from routers.records import KnownChat, KnownSeat, Snapshot
from routers.rounds import decide_round
from routers.state import Routing
from tests.routers.company import NINE

Rule = Callable[[Policy], None]
GROUP: Final = GroupId("sales")
OPERATORS: Final = st.sampled_from([OperatorId(f"op-{n}") for n in range(6)])
STANDINGS: Final = st.builds(
    Standing,
    operator_id=OPERATORS,
    load=st.integers(0, 500),
    capacity=st.integers(1, 500),
    turn=st.integers(0, 2**62),
    skill=st.integers(0, 100),
)
SEATS: Final = st.lists(
    st.builds(
        KnownSeat,
        operator_id=OPERATORS,
        presence=st.sampled_from([Presence.ONLINE, Presence.ONLINE, Presence.AWAY]),
        capacity=st.integers(0, 4),
        skills=st.just({}) | st.builds(lambda skill: {GROUP: skill}, st.integers(1, 100)),
        turn=st.integers(0, 3),
    ),
    unique_by=lambda seat: seat.operator_id,
    max_size=6,
)


def the_same_standing_has_the_same_rank(policy: Policy) -> None:
    """R13: a rank that depends on anything else cannot be replayed."""

    @given(STANDINGS)
    def holds(standing: Standing) -> None:
        assert policy.rank(standing) == policy.rank(standing)

    holds()


def any_two_ranks_have_an_order(policy: Policy) -> None:
    """R4: numbers, or tuples of as many numbers each; never NaN."""

    @given(STANDINGS, STANDINGS)
    def holds(standing: Standing, another: Standing) -> None:
        one, other = policy.rank(standing), policy.rank(another)
        assert (one < other) + (one == other) + (one > other) == 1  # type: ignore[operator]  # is what is tested

    holds()


def each_chat_is_given_once_and_to_nobody_who_may_not(policy: Policy) -> None:
    """R2, R3: whatever it says, only the eligible are asked about, up to their capacity."""

    @given(SEATS, st.integers(0, 20), st.sampled_from([None, GROUP]))
    def holds(seats: list[KnownSeat], chats: int, group: GroupId | None) -> None:
        given_chats = decided(policy, seats, chats, group)
        assert len({chat for chat, _, _ in given_chats}) == len(given_chats)
        for seat in seats:
            may = seat.presence is Presence.ONLINE and (group is None or group in seat.skills)
            own = sum(operator == seat.operator_id for _, operator, _ in given_chats)
            assert own <= (seat.capacity if may else 0)

    holds()


def the_order_in_which_operators_are_known_makes_no_difference(policy: Policy) -> None:
    """R13: also for the whole reason."""

    @given(SEATS, st.integers(0, 20), st.randoms(use_true_random=False))
    def holds(seats: list[KnownSeat], chats: int, random: Random) -> None:
        shuffled = seats.copy()
        random.shuffle(shuffled)
        assert decided(policy, seats, chats, GROUP) == decided(policy, shuffled, chats, GROUP)

    holds()


def decided(
    policy: Policy, seats: Sequence[KnownSeat], chats: int, group: GroupId | None
) -> list[tuple[ChatId, OperatorId, Reason]]:
    """Return who gets which chat and why, where this is the policy; it must not fail."""
    waiting = [
        KnownChat(ChatId(f"chat-{n}"), version=2, opened=n + 1, group_id=group)
        for n in range(chats)
    ]
    settings = AccountSettings(policy=policy.name)
    snapshot = Snapshot(position=100, at=NINE, chats=waiting, seats=seats, settings=settings)
    round_ = decide_round(Routing(snapshot), NINE, 100, {policy.name: policy})
    assert round_.failures == []
    return [(a.chat_id, a.command.operator_id, a.command.reason) for a in round_.acts]


RULES: Final[tuple[Rule, ...]] = (
    the_same_standing_has_the_same_rank,
    any_two_ranks_have_an_order,
    each_chat_is_given_once_and_to_nobody_who_may_not,
    the_order_in_which_operators_are_known_makes_no_difference,
)
