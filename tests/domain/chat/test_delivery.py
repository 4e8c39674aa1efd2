"""How far messages have come: watermarks, and messages that leave in several parts (M6)."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Final

import pytest

from domain.chat import commands as c
from domain.chat import events as e
from domain.chat.delivery import DELIVERY_ORDER, Split
from domain.chat.events import MessageState
from domain.chat.state import FOLLOWED_DELIVERIES
from tests.domain.chat.given import EARLIER, MINUTE, opened, sent, waiting
from tests.spec import NOW

QUEUED, SENT, FAILED = MessageState.QUEUED, MessageState.SENT, MessageState.FAILED
DELIVERED, READ, UNKNOWN = MessageState.DELIVERED, MessageState.READ, MessageState.UNKNOWN


def left(seq: int, minutes: int, state: MessageState = SENT) -> e.MessageStateChanged:
    at = EARLIER + minutes * MINUTE
    return e.MessageStateChanged(at=at, seq=seq, state=state, left_at=at)


def became(seq: int, state: MessageState, **more: object) -> e.MessageStateChanged:
    return e.MessageStateChanged(at=NOW, seq=seq, state=state, **more)  # type: ignore[arg-type]  # as each test says


def up_to(minutes: int, state: MessageState = READ) -> c.ReportUpTo:
    return c.ReportUpTo(state=state, until=EARLIER + minutes * MINUTE)


def part(id_: str, state: MessageState, reason: str | None = None) -> e.PartStateChanged:
    return e.PartStateChanged(at=NOW, seq=2, provider_id=id_, state=state, reason=reason)


def told(id_: str, state: MessageState, reason: str | None = None) -> c.ReportDelivery:
    return c.ReportDelivery(seq=2, state=state, provider_ids=(id_,), reason=reason)


TWO: Final = waiting.given(sent(2), left(2, 5), sent(3), left(3, 10))
SPLIT: Final = waiting.given(sent(2), e.MessageSplit(at=NOW, seq=2, parts=2))
A_LEFT: Final = SPLIT.given(part("a", SENT))
BOTH_LEFT: Final = A_LEFT.given(part("b", SENT), became(2, SENT))


def test_a_watermark_is_true_of_all_that_left_until_then_and_of_nothing_later() -> None:
    """M6"""
    TWO.when(up_to(7)).then(became(2, READ))
    TWO.when(up_to(10)).then(became(2, READ), became(3, READ))
    TWO.when(up_to(4)).then_nothing()


def test_a_watermark_counts_from_when_a_message_left_not_from_when_it_was_written() -> None:
    """M6: one that was retried for an hour was not read when it was written."""
    late = waiting.given(sent(2, minutes=5), left(2, 25))
    late.when(up_to(20)).then_nothing()
    late.when(up_to(25)).then(became(2, READ))


def test_a_watermark_lifts_nothing_that_stands_higher_or_has_failed() -> None:
    """M6: states stay a lattice."""
    TWO.given(became(2, READ)).when(up_to(20, DELIVERED)).then(became(3, DELIVERED))
    TWO.given(became(2, FAILED), became(3, UNKNOWN)).when(up_to(20)).then_nothing()


def test_a_watermark_asked_twice_adds_nothing() -> None:
    TWO.when_twice(up_to(20)).then_nothing()


def test_a_watermark_that_overtakes_our_own_record_is_kept_for_it() -> None:
    """M6: receipts are quicker than the answer to the call that they are about."""
    on_its_way = waiting.given(sent(2))
    reached = e.ReachedUpTo(at=NOW, state=READ, until=EARLIER + 9 * MINUTE)
    on_its_way.when(up_to(9)).then(reached)
    report = c.ReportDelivery(seq=2, state=SENT, left_at=EARLIER + 8 * MINUTE)
    on_its_way.given(reached).when(report).then(
        became(2, SENT, left_at=EARLIER + 8 * MINUTE), became(2, READ)
    )
    later = replace(report, left_at=EARLIER + 10 * MINUTE)
    on_its_way.given(reached).when(later).then(became(2, SENT, left_at=EARLIER + 10 * MINUTE))


def test_a_split_is_told_once() -> None:
    split = c.SplitMessage(seq=2, parts=3)
    waiting.given(sent(2)).when(split).then(e.MessageSplit(at=NOW, seq=2, parts=3))
    waiting.given(sent(2)).when_twice(split).then_nothing()
    waiting.when(c.SplitMessage(seq=1, parts=3)).then_nothing()


def test_a_split_message_is_sent_once_all_of_it_is() -> None:
    """M6"""
    SPLIT.when(told("a", SENT)).then(part("a", SENT))
    A_LEFT.when(told("b", SENT)).then(part("b", SENT), became(2, SENT))


def test_a_part_that_arrived_does_not_hide_one_that_failed() -> None:
    """M6: whatever the order in which it is told, the operator sees that some is missing."""
    reports = [told("a", DELIVERED), told("b", FAILED, "blocked: x"), told("a", READ)]
    for order in permutations(reports):
        talk = BOTH_LEFT
        for report in order:
            talk = talk.given(*talk.when(report).events)
        assert talk.state.deliveries[2] is FAILED


def test_a_split_message_is_delivered_once_all_of_it_is() -> None:
    """M6"""
    BOTH_LEFT.when(told("a", READ)).then(part("a", READ))
    talk = BOTH_LEFT.given(part("a", READ))
    talk.when(told("b", DELIVERED)).then(part("b", DELIVERED), became(2, DELIVERED))


def test_a_receipt_of_the_first_part_does_not_conclude_what_is_still_leaving() -> None:
    """M6: else the rest would be forgotten by a crash."""
    A_LEFT.when(told("a", DELIVERED)).then(part("a", DELIVERED))
    assert A_LEFT.given(part("a", DELIVERED)).state.deliveries[2] is QUEUED


def test_a_message_whose_rest_was_refused_stays_failed_whatever_its_first_part_does() -> None:
    """M6"""
    talk = A_LEFT.given(became(2, FAILED, reason="content: too long"))
    talk.when(told("a", READ)).then(part("a", READ))
    assert talk.given(part("a", READ)).state.deliveries[2] is FAILED


def test_a_receipt_tells_of_the_part_whose_answer_was_lost() -> None:
    """M6: our own id came back with it."""
    talk = A_LEFT.given(became(2, UNKNOWN))
    talk.when(told("b", SENT)).then(part("b", SENT), became(2, SENT))


def test_a_part_that_is_none_of_the_message_changes_nothing() -> None:
    """It is of an earlier try, which was given up."""
    BOTH_LEFT.when(told("z", FAILED)).then_nothing()


def test_a_split_message_that_is_tried_again_goes_on_where_it_stopped() -> None:
    """M6: what the client has is not sent a second time."""
    talk = A_LEFT.given(became(2, FAILED), became(2, QUEUED))
    assert talk.state.splits[2].safe == ("a",)
    lost = BOTH_LEFT.given(part("b", FAILED), became(2, FAILED), became(2, QUEUED))
    assert lost.state.splits[2].safe == ("a",)
    first = BOTH_LEFT.given(part("a", FAILED), became(2, FAILED), became(2, QUEUED))
    assert first.state.splits[2].safe == ()


@pytest.mark.parametrize("state", DELIVERY_ORDER)
def test_parts_that_stand_alike_are_the_whole(state: MessageState) -> None:
    whole = Split(2).after("a", state).after("b", state).whole
    assert whole is state


def test_what_is_known_of_old_messages_is_given_up_altogether() -> None:
    """A chat's state stays small."""
    events: list[e.ChatEvent] = []
    for seq in range(1, FOLLOWED_DELIVERIES + 5):
        at = EARLIER + timedelta(seconds=seq)
        events += [sent(seq), e.MessageSplit(at=at, seq=seq, parts=2)]
        events.append(e.MessageStateChanged(at=at, seq=seq, state=SENT, left_at=at))
    state = opened.given(*events).state
    assert min(state.left) == min(state.splits) == min(state.deliveries) == 5
