"""What routing knows, folded from the log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chat.state import Chat
from domain.operator import Operator
from domain.values import stream_of
from routers.fold import ChatIsForgotten, OutOfStep, fold, recall
from routers.state import Routing
from tests.routers.company import Company, Desked
from tests.routers.stories import OPERATORS, STORIES, Deed, founded, play


def folded(company: Company, upto: int | None = None) -> Routing:
    state = Routing()
    for recorded in company.desk.log[:upto]:
        fold(state, recorded)
    return state


def told(story: list[Deed]) -> Company:
    company = founded()
    for deed in story:
        play(company, deed)
    return company


@given(STORIES)
def test_routing_knows_what_the_chats_own_rules_know(story: list[Deed]) -> None:
    """R13: the fold mirrors the domain's, field by field."""
    company = told(story)
    state = folded(company)
    for chat in company.desk.chats():
        if chat.is_open:
            assert known(state, chat) == as_told(chat)
    for name in OPERATORS:
        operator = company.desk.state(stream_of("operator", name))
        assert isinstance(operator, Operator)
        seat = state.seats[operator.id].known
        assert (seat.presence, seat.online_since, seat.capacity, seat.active, seat.role) == (
            operator.presence,
            operator.online_since,
            operator.capacity,
            operator.active,
            operator.role,
        )
        assert dict(seat.skills) == dict(operator.skills)
        assert state.seats[operator.id].load == company.desk.loads[name]


def known(state: Routing, chat: Chat) -> tuple[object, ...]:
    own = state.chats[chat.id]
    clock = (own.waiting_since, own.became_waiting)
    return (
        own.version,
        own.operator_id,
        own.group_id,
        own.priority,
        own.snoozed_until,
        *clock,
        own.left_out,
        own.new_since,
        own.unread_since,
        own.client_id,
    )


def as_told(chat: Chat) -> tuple[object, ...]:
    clock = (chat.waiting_since, chat.became_waiting)
    place = (chat.operator_id, chat.group_id, chat.priority, chat.snoozed_until)
    times = (chat.new_since, chat.unread_since)
    return (chat.version, *place, *clock, chat.left_out, *times, chat.client_id)


@given(STORIES, st.integers(0, 200))
def test_a_snapshot_and_what_came_after_is_the_whole_log(story: list[Deed], cut: int) -> None:
    """R13: starting from a snapshot knows what starting from the first event knows."""
    company = told(story)
    cut = min(cut, len(company.desk.log))
    state = Routing(folded(company, cut).snapshot())
    for recorded in company.desk.log[cut:]:
        fold(state, recorded)
    whole = folded(company)
    assert state.snapshot().digest() == whole.snapshot().digest()
    assert Routing(whole.snapshot()).releases == whole.releases
    assert routed(company, state) == routed(company, whole)


def routed(company: Company, state: Routing) -> list[object]:
    state.start_over()
    return [*Desked(company, state).decide(), dict(state.releases)]


@given(STORIES)
def test_another_state_has_another_digest(story: list[Deed]) -> None:
    """R13: the digest notices what a reader of the same log got wrong."""
    state = folded(told(story))
    before = state.snapshot().digest()
    state.seats[next(iter(state.seats))].known.turn += 1
    assert state.snapshot().digest() != before


def test_an_event_left_out_is_noticed() -> None:
    """R6: a message lost on the way must not become a chat that nobody gets."""
    log = founded().desk.log
    state = Routing()
    fold(state, log[0])
    with pytest.raises(OutOfStep):
        fold(state, log[2])
    with pytest.raises(OutOfStep):
        fold(state, log[0])
    fold(state, log[1])


def test_a_chat_that_was_closed_long_ago_is_asked_for_when_it_reopens() -> None:
    """R15: routing forgets closed chats after a day, and starts again from a snapshot."""
    company = founded()
    for number, day in enumerate([0, 2, 4]):
        company.at(day * 86_400)
        play(company, ("writes", number, 0, 1))
        play(company, ("closes", number, 0, 0))
    play(company, ("reopens", 2, 0, 0))
    state = folded(company)
    assert [chat.id for chat in state.chats.values()] == ["chat-2"]
    play(company, ("reopens", 0, 0, 0))
    position = state.position
    with pytest.raises(ChatIsForgotten) as forgotten:
        fold(state, company.desk.log[position])
    history = [each for each in company.desk.log if each.stream == "chat-chat-0"]
    recall(state, history)
    fold(state, company.desk.log[position])
    assert forgotten.value.chat_id == "chat-0"
    chat = company.has("chat-0")
    assert known(state, chat) == as_told(chat)


@given(STORIES)
def test_each_new_chat_waits_in_its_group_and_in_no_other(story: list[Deed]) -> None:
    """V1, R1: New is open, with nobody, and not asleep."""
    company = told(story)
    state = folded(company)
    waiting = {
        (id_, pool.group_id)
        for pool in state.pools.values()
        for id_ in state.chats
        if id_ in pool.queue
    }
    assert waiting == {
        (chat.id, chat.group_id)
        for chat in company.desk.chats()
        if chat.is_open and chat.operator_id is None and chat.snoozed_until is None
    }
