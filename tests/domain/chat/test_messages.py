"""What a chat takes in and what goes out (M1, M6, M9, M10)."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from domain.chat import commands as c
from domain.chat import events as e
from domain.chat.delivery import DELIVERY_ORDER
from domain.chat.events import MessageState
from domain.chat.state import FOLLOWED_DELIVERIES
from domain.content import Location, Parts
from domain.errors import (
    ChatIsClosed,
    EmptyMessage,
    NotFound,
    NothingToRetry,
    ReplyWindowIsClosed,
)
from tests.domain.chat.given import (
    ANA,
    CLOSED,
    EARLIER,
    OPENED,
    SALES,
    SNOOZED,
    became,
    nothing,
    opened,
    received,
    sent,
    text,
    waiting,
)
from tests.spec import NOW

OPEN = c.OpenChat(
    account_id=OPENED.account_id,
    channel="whatsapp",
    client_id=OPENED.client_id,
    thread="thread-1",
    address=OPENED.address,
    episode=1,
    group_id=SALES,
)
RECEIVE = c.ReceiveMessage(provider_id="wamid.1", parts=text("Oi"), sent_at=EARLIER)
SEND = c.SendMessage(message_id="sent-2", operator_id=ANA, parts=text("Bom dia"))


def test_a_chat_is_opened_with_all_that_the_channel_knows() -> None:
    nothing.when(OPEN).then(replace(OPENED, at=NOW))


def test_a_chat_is_opened_once() -> None:
    """S1: whoever comes second finds it open."""
    nothing.when_twice(OPEN).then_nothing()


def test_nothing_can_be_asked_of_a_chat_that_was_never_opened() -> None:
    refusal = nothing.when(RECEIVE).then_refused(NotFound)
    assert (refusal.kind, refusal.id) == ("chat", "chat-1")


def test_a_message_gets_the_next_seq() -> None:
    asked = waiting.when(replace(RECEIVE, provider_id="wamid.2", reply_to="wamid.1"))
    asked.then(
        e.MessageReceived(
            at=NOW,
            seq=2,
            provider_id="wamid.2",
            parts=text("Oi"),
            sent_at=EARLIER,
            reply_to="wamid.1",
        )
    )


def test_a_closed_chat_takes_no_message() -> None:
    """R15: whoever takes it in reopens the chat first, or opens another."""
    opened.given(CLOSED).when(RECEIVE).then_refused(ChatIsClosed)


def test_a_message_wakes_a_snoozed_chat() -> None:
    """T7"""
    woken = e.ChatWoken(at=NOW, reason=e.WakeReason.CLIENT_WROTE)
    message = replace(received(), at=NOW)
    opened.given(SNOOZED).when(RECEIVE).then(message, woken)


def test_an_answer_is_recorded_before_it_is_sent() -> None:
    """M6: it starts out queued."""
    asked = waiting.when(SEND)
    asked.then(replace(sent(), at=NOW))
    assert waiting.given(*asked.events).state.deliveries == {2: MessageState.QUEUED}


def test_a_closed_chat_takes_no_answer() -> None:
    opened.given(CLOSED).when(SEND).then_refused(ChatIsClosed)


@pytest.mark.parametrize("parts", [(), text(""), text(" \n"), text("") + text(" ")])
def test_an_answer_without_words_or_files_is_refused(parts: Parts) -> None:
    waiting.when(replace(SEND, parts=parts)).then_refused(EmptyMessage)


def test_an_answer_may_be_something_without_words() -> None:
    place: Parts = (Location(latitude=-23.5, longitude=-46.6),)
    (event,) = waiting.when(replace(SEND, parts=place)).events
    assert isinstance(event, e.MessageSent)
    assert event.parts == place


def test_the_reply_window_counts_from_the_last_message_of_the_client() -> None:
    """M10"""
    day = timedelta(hours=24)
    talk = waiting.given(sent(), received(3, minutes=10))
    last = received(3, minutes=10).at
    command = replace(SEND, window=day)
    assert talk.when(command, at=last + day).error is None
    talk.when(command, at=last + day + timedelta(seconds=1)).then_refused(ReplyWindowIsClosed)


def test_who_never_wrote_has_no_reply_window() -> None:
    """M10"""
    command = replace(SEND, window=timedelta(hours=24))
    opened.when(command).then_refused(ReplyWindowIsClosed)


def test_an_answer_given_in_the_providers_own_app_is_noted() -> None:
    command = c.NoteSentElsewhere(provider_id="wamid.9", parts=text("Já vai"), sent_at=EARLIER)
    waiting.when(command).then(
        e.MessageSentElsewhere(
            at=NOW, seq=2, provider_id="wamid.9", parts=text("Já vai"), sent_at=EARLIER
        )
    )


@pytest.mark.parametrize(("known", "told"), [*product(DELIVERY_ORDER, MessageState)])
def test_reports_come_in_any_order_and_the_highest_stands(
    known: MessageState, told: MessageState
) -> None:
    """M6: `failed` beats `sent`, and what proves that it came beats `failed`."""
    asked = waiting.given(sent(), became(known)).when(c.ReportDelivery(seq=2, state=told))
    is_news = DELIVERY_ORDER.index(told) > DELIVERY_ORDER.index(known)
    news = e.MessageStateChanged(at=NOW, seq=2, state=told)
    asked.then(*([news] if is_news else []))


def test_the_lattice_of_reports() -> None:
    """M6: this order is what operators see; it is written here once more on purpose."""
    names = [state.value for state in DELIVERY_ORDER]
    assert names == ["queued", "unknown", "sent", "failed", "delivered", "read", "played"]
    assert {*DELIVERY_ORDER} == {*MessageState}


def test_a_report_keeps_the_providers_ids_and_reason() -> None:
    command = c.ReportDelivery(
        seq=2, state=MessageState.FAILED, provider_ids=("w.1", "w.2"), reason="blocked: no"
    )
    waiting.given(sent()).when(command).then(
        e.MessageStateChanged(
            at=NOW,
            seq=2,
            state=MessageState.FAILED,
            provider_ids=("w.1", "w.2"),
            reason="blocked: no",
        )
    )


def test_a_report_about_a_message_of_the_client_changes_nothing() -> None:
    waiting.when(c.ReportDelivery(seq=1, state=MessageState.READ)).then_nothing()


def test_a_report_comes_in_for_a_closed_chat_too() -> None:
    asked = waiting.given(sent(), CLOSED).when(c.ReportDelivery(seq=2, state=MessageState.READ))
    asked.then(replace(became(MessageState.READ), at=NOW))


@pytest.mark.parametrize("state", [MessageState.FAILED, MessageState.UNKNOWN])
def test_what_failed_or_is_unknown_can_be_tried_again(state: MessageState) -> None:
    """M6"""
    queued = replace(became(MessageState.QUEUED), at=NOW)
    waiting.given(sent(), became(state)).when(c.RetryMessage(seq=2)).then(queued)


def test_trying_again_twice_queues_once() -> None:
    failed = waiting.given(sent(), became(MessageState.FAILED))
    failed.when_twice(c.RetryMessage(seq=2)).then_nothing()


@pytest.mark.parametrize("state", [MessageState.SENT, MessageState.DELIVERED, MessageState.READ])
def test_what_arrived_is_not_sent_again(state: MessageState) -> None:
    """M6"""
    talk = waiting.given(sent(), became(state))
    talk.when(c.RetryMessage(seq=2)).then_refused(NothingToRetry)


def test_a_message_of_the_client_cannot_be_tried_again() -> None:
    waiting.when(c.RetryMessage(seq=1)).then_refused(NothingToRetry)


def test_the_states_of_a_bounded_number_of_messages_are_followed() -> None:
    """The oldest are given up first, so that a chat's state stays small."""
    talk = opened.given(*(sent(seq) for seq in range(1, FOLLOWED_DELIVERIES + 3)))
    assert len(talk.state.deliveries) == FOLLOWED_DELIVERIES
    assert min(talk.state.deliveries) == 3


def test_edits_deletions_and_reactions_of_the_client_are_facts_of_their_own() -> None:
    """M9: what was first written stays in the history."""
    edit = c.EditReceived(seq=1, parts=text("Olá"), sent_at=EARLIER)
    edited = e.MessageEdited(at=NOW, seq=1, parts=text("Olá"), sent_at=EARLIER)
    waiting.when(edit).then(edited)
    deleted = e.MessageDeleted(at=NOW, seq=1, sent_at=EARLIER)
    waiting.when(c.DeleteReceived(seq=1, sent_at=EARLIER)).then(deleted)
    waiting.when(c.React(seq=1, emoji="👍")).then(e.ReactionChanged(at=NOW, seq=1, emoji="👍"))
    waiting.when(c.React(seq=1, emoji=None)).then(e.ReactionChanged(at=NOW, seq=1))


def test_edits_deletions_and_reactions_use_up_no_seq() -> None:
    """M9"""
    talk = waiting.given(
        e.MessageEdited(at=NOW, seq=1, parts=text("Olá"), sent_at=EARLIER),
        e.MessageDeleted(at=NOW, seq=1, sent_at=EARLIER),
        e.ReactionChanged(at=NOW, seq=1, emoji="👍"),
    )
    assert (talk.state.last_seq, talk.state.version) == (1, 5)
