"""When a client counts as waiting (V3, V4, V6, S9)."""

from datetime import timedelta

import pytest

from domain.chat import commands as c
from domain.chat import events as e
from domain.chat.events import ChatEvent
from domain.values import Priority
from tests.domain.chat.given import (
    ANA,
    BIA,
    CLOSED,
    EARLIER,
    MINUTE,
    SNOOZED,
    assigned,
    opened,
    received,
    sent,
    text,
    waiting,
)
from tests.spec import NOW

TEN = timedelta(minutes=10)
ELSEWHERE = e.MessageSentElsewhere(
    at=NOW, seq=2, provider_id="wamid.9", parts=text("Já vai"), sent_at=NOW
)
NOT_NEEDED = e.AnswerNotNeeded(at=NOW, operator_id=ANA)


def test_a_chat_that_nobody_wrote_in_waits_for_nothing() -> None:
    assert opened.state.waiting_since is None


def test_the_clock_starts_at_the_first_message_and_further_ones_do_not_restart_it() -> None:
    """V4, S9: a message every nine minutes."""
    talk = waiting.given(received(2, minutes=9), received(3, minutes=18))
    assert talk.state.waiting_since == EARLIER


@pytest.mark.parametrize("event", [sent(), ELSEWHERE, NOT_NEEDED, CLOSED])
def test_a_human_answer_or_closing_stops_the_clock(event: ChatEvent) -> None:
    """V4"""
    assert waiting.given(event).state.waiting_since is None


@pytest.mark.parametrize(
    "event",
    [
        sent(operator=None),
        e.CommentAdded(at=NOW, seq=2, operator_id=ANA, text="liga para ele"),
        e.ChatTagged(at=NOW, added=("vip",)),
        e.ChatRead(at=NOW, operator_id=ANA, up_to=1),
        e.ChatMarkedUnread(at=NOW, operator_id=ANA),
        e.ChatTransferred(at=NOW, seq=2, to_operator=BIA),
        e.PrioritySet(at=NOW, priority=Priority.HIGH),
        e.MessageDeleted(at=NOW, seq=1, sent_at=NOW),
        assigned(),
        SNOOZED,
    ],
)
def test_what_is_no_human_answer_does_not_stop_the_clock(event: ChatEvent) -> None:
    """V4"""
    assert waiting.given(event).state.waiting_since == EARLIER


def test_after_an_answer_the_clock_starts_again_at_the_next_message() -> None:
    """V4"""
    talk = waiting.given(sent(), received(3, minutes=12), received(4, minutes=20))
    assert talk.state.waiting_since == EARLIER + 12 * MINUTE


def test_an_answer_not_needed_is_said_once() -> None:
    """V4"""
    command = c.SayNoAnswerNeeded(operator_id=ANA)
    waiting.when(command).then(NOT_NEEDED)
    waiting.when_twice(command).then_nothing()


def test_nobody_is_told_to_go_on_who_does_not_wait() -> None:
    """V4"""
    opened.when(c.SayNoAnswerNeeded(operator_id=ANA)).then_nothing()


def test_crossing_the_line_is_recorded_once_for_each_start_of_the_clock() -> None:
    """V6: also with two timers running."""
    command = c.NoteWaiting(since=EARLIER, patience=TEN)
    crossed = e.ChatBecameWaiting(at=NOW, since=EARLIER, patience=TEN)
    waiting.when(command).then(crossed)
    waiting.when_twice(command).then_nothing()

    again = waiting.given(crossed, sent(), received(3, minutes=15))
    started = EARLIER + 15 * MINUTE
    again.when(c.NoteWaiting(since=started, patience=TEN)).then(
        e.ChatBecameWaiting(at=NOW, since=started, patience=TEN)
    )


def test_the_line_is_not_crossed_before_the_patience_is_over() -> None:
    """V3"""
    command = c.NoteWaiting(since=EARLIER, patience=TEN)
    waiting.when(command, at=EARLIER + TEN - timedelta(microseconds=1)).then_nothing()
    assert waiting.when(command, at=EARLIER + TEN).events != []


def test_a_timer_of_an_older_clock_records_nothing() -> None:
    """V6"""
    command = c.NoteWaiting(since=EARLIER, patience=TEN)
    waiting.given(sent()).when(command).then_nothing()
    waiting.given(sent(), received(3, minutes=6)).when(command).then_nothing()
    opened.when(command).then_nothing()
