"""Reading, comments and the small acts (V9, V10, T1, T7, R5, R15)."""

from datetime import timedelta

import pytest

from domain.chat import commands as c
from domain.chat import events as e
from domain.chat.commands import ChatCommand
from domain.content import Text
from domain.errors import ChatIsClosed, EmptyMessage, NotFound, NotYours
from domain.values import Priority
from tests.domain.chat.given import (
    ANA,
    BIA,
    CLOSED,
    SNOOZED,
    assigned,
    opened,
    received,
    waiting,
)
from tests.spec import NOW

LATER = NOW + timedelta(hours=1)
COMMENT = c.AddComment(operator_id=ANA, text="liga para ele", mentions=(BIA,))
COMMENTED = e.CommentAdded(at=NOW, seq=2, operator_id=ANA, text="liga para ele", mentions=(BIA,))


def test_reading_is_recorded_by_place_and_not_by_time() -> None:
    """V10"""
    talk = waiting.given(received(2))
    read = e.ChatRead(at=NOW, operator_id=ANA, up_to=1)
    talk.when(c.MarkRead(operator_id=ANA, up_to=1)).then(read)


def test_reading_the_same_again_or_less_adds_nothing() -> None:
    """V10"""
    talk = waiting.given(received(2), e.ChatRead(at=NOW, operator_id=ANA, up_to=2))
    for up_to in (0, 1, 2):
        talk.when(c.MarkRead(operator_id=ANA, up_to=up_to)).then_nothing()


def test_nobody_reads_what_was_not_written_yet() -> None:
    """V10"""
    read = e.ChatRead(at=NOW, operator_id=ANA, up_to=1)
    waiting.when(c.MarkRead(operator_id=ANA, up_to=99)).then(read)


def test_a_supervisors_reading_leaves_the_assignees_alone() -> None:
    """V10, S8"""
    talk = waiting.given(assigned(ANA), e.ChatRead(at=NOW, operator_id=BIA, up_to=1))
    assert talk.state.read_by == {BIA: 1}


def test_a_chat_can_be_marked_unread_once_and_reading_takes_the_mark_away() -> None:
    """V10"""
    talk = waiting.given(e.ChatRead(at=NOW, operator_id=ANA, up_to=1))
    mark = c.MarkUnread(operator_id=ANA)
    marked = e.ChatMarkedUnread(at=NOW, operator_id=ANA)
    talk.when(mark).then(marked)
    talk.when_twice(mark).then_nothing()

    read = e.ChatRead(at=NOW, operator_id=ANA, up_to=1)
    again = talk.given(marked)
    again.when(c.MarkRead(operator_id=ANA, up_to=1)).then(read)
    again.when_twice(c.MarkRead(operator_id=ANA, up_to=1)).then_nothing()


def test_an_answer_takes_ones_own_mark_away() -> None:
    """V10: whoever answers has read; a mark set again is a new one."""
    marked = e.ChatMarkedUnread(at=NOW, operator_id=ANA)
    sent = e.MessageSent(
        at=NOW, seq=2, message_id="out-1", operator_id=ANA, parts=(Text(text="Oi"),)
    )
    talk = waiting.given(marked, sent)
    talk.when(c.MarkUnread(operator_id=ANA)).then(marked)


def test_a_mark_of_one_operator_is_not_anothers() -> None:
    """V8"""
    talk = waiting.given(e.ChatMarkedUnread(at=NOW, operator_id=ANA))
    assert talk.when(c.MarkUnread(operator_id=BIA)).events != []


def test_a_comment_takes_a_seq_beside_the_messages() -> None:
    """T1"""
    waiting.when(COMMENT).then(COMMENTED)
    assert waiting.given(COMMENTED).state.last_seq == 2


def test_a_comment_can_be_made_on_a_closed_chat() -> None:
    """T1: what is found out later belongs beside it."""
    assert waiting.given(CLOSED).when(COMMENT).error is None


@pytest.mark.parametrize("words", ["", "  \n"])
def test_a_comment_needs_words(words: str) -> None:
    """T1"""
    waiting.when(c.AddComment(operator_id=ANA, text=words)).then_refused(EmptyMessage)
    edit = c.EditComment(operator_id=ANA, seq=2, text=words)
    waiting.given(COMMENTED).when(edit).then_refused(EmptyMessage)


def test_an_own_comment_can_be_mended() -> None:
    """T1"""
    mended = e.CommentEdited(at=NOW, seq=2, text="já liguei")
    edit = c.EditComment(operator_id=ANA, seq=2, text="já liguei")
    waiting.given(COMMENTED).when(edit).then(mended)


def test_the_comment_of_a_transfer_can_be_mended_by_who_wrote_it() -> None:
    """R9, T1"""
    passed = e.ChatTransferred(at=NOW, seq=2, by_operator=ANA, to_operator=BIA, comment="ok")
    edit = c.EditComment(operator_id=ANA, seq=2, text="cuidado")
    waiting.given(passed).when(edit).then(e.CommentEdited(at=NOW, seq=2, text="cuidado"))


def test_a_comment_of_somebody_else_is_left_alone() -> None:
    """T1"""
    edit = c.EditComment(operator_id=BIA, seq=2, text="não")
    waiting.given(COMMENTED).when(edit).then_refused(NotYours)


@pytest.mark.parametrize("seq", [1, 3])
def test_what_is_no_comment_cannot_be_mended(seq: int) -> None:
    """M7: least of all a message of the client."""
    edit = c.EditComment(operator_id=ANA, seq=seq, text="não")
    waiting.given(COMMENTED).when(edit).then_refused(NotFound)


def test_tags_are_added_and_taken_away_in_one_fact() -> None:
    """T6"""
    talk = opened.given(e.ChatTagged(at=NOW, added=("novo", "vip")))
    command = c.TagChat(add=frozenset({"vip", "nota"}), remove=frozenset({"novo", "frio"}))
    talk.when(command).then(e.ChatTagged(at=NOW, added=("nota",), removed=("novo",)))
    talk.when_twice(command).then_nothing()


def test_a_tag_both_given_and_taken_stays() -> None:
    command = c.TagChat(add=frozenset({"vip"}), remove=frozenset({"vip"}))
    opened.when(command).then(e.ChatTagged(at=NOW, added=("vip",)))
    opened.when_twice(command).then_nothing()


def test_a_priority_is_set_once() -> None:
    """R5"""
    command = c.SetPriority(priority=Priority.URGENT)
    opened.when(command).then(e.PrioritySet(at=NOW, priority=Priority.URGENT))
    opened.when_twice(command).then_nothing()
    opened.when(c.SetPriority(priority=Priority.NORMAL)).then_nothing()


def test_a_chat_sleeps_until_a_time_and_can_be_put_off_further() -> None:
    """T7"""
    command = c.SnoozeChat(until=LATER)
    opened.when(command).then(e.ChatSnoozed(at=NOW, until=LATER))
    opened.when_twice(command).then_nothing()
    further = c.SnoozeChat(until=LATER + timedelta(hours=1))
    assert opened.given(SNOOZED).when(further).events != []


def test_a_chat_wakes_once() -> None:
    """T7"""
    command = c.WakeChat(reason=e.WakeReason.DUE)
    woken = e.ChatWoken(at=LATER, reason=e.WakeReason.DUE)
    opened.given(SNOOZED).when(command, LATER).then(woken)
    opened.given(SNOOZED).when_twice(command, LATER).then_nothing()
    opened.when(command, LATER).then_nothing()


def test_a_timer_that_is_early_wakes_no_chat_and_a_hand_does() -> None:
    """T7: the desk's clock judges."""
    due, by_hand = (c.WakeChat(reason=r) for r in (e.WakeReason.DUE, e.WakeReason.BY_HAND))
    early = LATER - timedelta(microseconds=1)
    opened.given(SNOOZED).when(due, early).then_nothing()
    woken = e.ChatWoken(at=early, reason=e.WakeReason.BY_HAND)
    opened.given(SNOOZED).when(by_hand, early).then(woken)


@pytest.mark.parametrize(
    "command", [c.SnoozeChat(until=LATER), c.WakeChat(reason=e.WakeReason.BY_HAND)]
)
def test_a_closed_chat_neither_sleeps_nor_wakes(command: ChatCommand) -> None:
    """T7"""
    opened.given(CLOSED).when(command).then_refused(ChatIsClosed)


def test_a_chat_is_closed_once_and_then_is_with_nobody() -> None:
    talk = waiting.given(assigned(ANA), SNOOZED)
    closed = e.ChatClosed(at=NOW, operator_id=ANA)
    talk.when(c.CloseChat()).then(closed)
    talk.when_twice(c.CloseChat()).then_nothing()

    state = talk.given(closed).state
    assert (state.is_open, state.operator_id, state.snoozed_until) == (False, None, None)
    assert (state.last_operator, state.closed_at) == (ANA, NOW)


def test_a_closed_chat_is_reopened_once() -> None:
    """R15"""
    command = c.ReopenChat(reason=e.ReopenReason.BY_HAND, operator_id=BIA)
    reopened = e.ChatReopened(at=NOW, reason=e.ReopenReason.BY_HAND, operator_id=BIA)
    talk = waiting.given(assigned(ANA), CLOSED)
    talk.when(command).then(reopened)
    talk.when_twice(command).then_nothing()

    state = talk.given(reopened).state
    assert (state.is_open, state.operator_id, state.closed_at) == (True, BIA, None)


def test_an_open_chat_is_not_reopened() -> None:
    """R15"""
    opened.when(c.ReopenChat(reason=e.ReopenReason.CLIENT_WROTE)).then_nothing()
