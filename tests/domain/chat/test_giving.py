"""Who has a chat: assigning, releasing, passing on (R3, R8, R9, R10)."""

from dataclasses import replace

import pytest

from domain.chat import commands as c
from domain.chat import events as e
from domain.errors import AlreadyAssigned, ChatIsClosed, ChatMovedOn
from tests.domain.chat.given import (
    ANA,
    BIA,
    BILLING,
    BY_HAND,
    CLOSED,
    EARLIER,
    SALES,
    SNOOZED,
    assigned,
    opened,
    received,
    waiting,
)
from tests.spec import NOW

TO_ANA = c.AssignChat(operator_id=ANA, reason=BY_HAND)
WITH_ANA = waiting.given(assigned(ANA))


def test_an_unassigned_chat_goes_to_the_operator_asked_for() -> None:
    waiting.when(TO_ANA).then(replace(assigned(ANA), at=NOW))


def test_giving_it_to_who_has_it_adds_nothing() -> None:
    waiting.when_twice(TO_ANA).then_nothing()


def test_a_chat_is_not_taken_from_its_operator() -> None:
    """V1"""
    refusal = WITH_ANA.when(replace(TO_ANA, operator_id=BIA)).then_refused(AlreadyAssigned)
    assert refusal.operator_id == ANA


def test_a_closed_chat_is_given_to_nobody() -> None:
    waiting.given(CLOSED).when(TO_ANA).then_refused(ChatIsClosed)


def test_an_automatic_choice_made_on_this_version_stands() -> None:
    """R8"""
    waiting.when(replace(TO_ANA, seen_version=2)).then(replace(assigned(ANA), at=NOW))


@pytest.mark.parametrize("seen", [1, 3])
def test_an_automatic_choice_made_on_another_version_is_discarded(seen: int) -> None:
    """R8, S4: anything at all that happened meanwhile is enough."""
    refusal = waiting.when(replace(TO_ANA, seen_version=seen)).then_refused(ChatMovedOn)
    assert (refusal.seen, refusal.version) == (seen, 2)


def test_an_automatic_choice_never_overrides_a_hand() -> None:
    """R8"""
    automatic = replace(TO_ANA, operator_id=BIA, seen_version=2)
    WITH_ANA.when(automatic).then_refused(ChatMovedOn)


def test_a_released_chat_is_with_nobody_and_remembers_who_had_it() -> None:
    """R10"""
    released = e.ChatReleased(at=NOW, operator_id=ANA, reason=e.ReleaseReason.LOST_HEARTBEAT)
    WITH_ANA.when(c.ReleaseChat(reason=e.ReleaseReason.LOST_HEARTBEAT)).then(released)
    state = WITH_ANA.given(released).state
    assert (state.operator_id, state.last_operator) == (None, ANA)
    assert state.waiting_since == EARLIER


def test_releasing_twice_adds_nothing() -> None:
    WITH_ANA.when_twice(c.ReleaseChat(reason=e.ReleaseReason.OFFLINE)).then_nothing()


def test_a_chat_that_moved_on_is_not_released_from_its_new_operator() -> None:
    """R10: who went offline no longer has it."""
    command = c.ReleaseChat(reason=e.ReleaseReason.OFFLINE, operator_id=BIA)
    WITH_ANA.when(command).then_nothing()


def test_a_transfer_to_an_operator_is_one_fact_with_its_comment() -> None:
    """R9"""
    command = c.TransferChat(by_operator=ANA, to_operator=BIA, comment="ele quer a nota")
    passed = e.ChatTransferred(
        at=NOW,
        seq=2,
        from_operator=ANA,
        by_operator=ANA,
        to_operator=BIA,
        comment="ele quer a nota",
    )
    WITH_ANA.when(command).then(passed)
    state = WITH_ANA.given(passed).state
    assert (state.operator_id, state.group_id, state.last_seq) == (BIA, SALES, 2)


def test_a_transfer_to_a_group_leaves_the_sender_out_of_that_round() -> None:
    """R9, S15"""
    command = c.TransferChat(by_operator=ANA, to_group=BILLING)
    passed = e.ChatTransferred(at=NOW, seq=2, from_operator=ANA, by_operator=ANA, to_group=BILLING)
    WITH_ANA.when(command).then(passed)
    state = WITH_ANA.given(passed).state
    assert (state.operator_id, state.group_id, state.left_out) == (None, BILLING, frozenset({ANA}))


def test_the_owner_is_left_out_where_somebody_else_passes_his_chat_on() -> None:
    """R9"""
    by_bia = WITH_ANA.when(c.TransferChat(by_operator=BIA, to_group=BILLING))
    assert WITH_ANA.given(*by_bia.events).state.left_out == {ANA}


def test_a_transfer_keeps_the_waiting_clock() -> None:
    """R9"""
    passed = WITH_ANA.when(c.TransferChat(by_operator=ANA, to_group=BILLING)).events
    assert WITH_ANA.given(*passed).state.waiting_since == EARLIER


def test_the_next_round_leaves_nobody_out() -> None:
    """R9: it was for that round only."""
    passed = e.ChatTransferred(at=NOW, seq=2, from_operator=ANA, to_group=BILLING)
    assert WITH_ANA.given(passed, assigned(BIA)).state.left_out == frozenset()


@pytest.mark.parametrize(
    "command",
    [
        c.TransferChat(by_operator=ANA, to_operator=BIA),
        c.TransferChat(by_operator=ANA, to_group=BILLING, comment=""),
    ],
)
def test_a_transfer_asked_twice_happens_once(command: c.TransferChat) -> None:
    """R9"""
    WITH_ANA.when_twice(command).then_nothing()


def test_a_comment_is_not_lost_where_the_chat_is_there_already() -> None:
    """R9"""
    command = c.TransferChat(by_operator=BIA, to_operator=ANA, comment="cuida dele")
    (event,) = WITH_ANA.when(command).events
    assert isinstance(event, e.ChatTransferred)
    assert event.comment == "cuida dele"


def test_a_closed_chat_is_not_passed_on() -> None:
    command = c.TransferChat(by_operator=ANA, to_group=BILLING)
    waiting.given(CLOSED).when(command).then_refused(ChatIsClosed)


def test_a_chat_takes_capacity_while_it_is_assigned_open_and_awake() -> None:
    """R3"""
    assert opened.state.occupies is None
    assert WITH_ANA.state.occupies == ANA
    assert WITH_ANA.given(SNOOZED).state.occupies is None
    woken = e.ChatWoken(at=NOW, reason=e.WakeReason.DUE)
    assert WITH_ANA.given(SNOOZED, woken).state.occupies == ANA
    assert WITH_ANA.given(CLOSED).state.occupies is None


def test_a_message_does_not_change_who_has_the_chat() -> None:
    """S3"""
    assert WITH_ANA.given(received(2)).state.operator_id == ANA
