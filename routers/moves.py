"""How the events that move a chat change what is known of it. It mirrors `domain.chat.state`."""

from typing import assert_never

from domain.chat.events import (
    AnswerNotNeeded,
    ChatAssigned,
    ChatBecameWaiting,
    ChatClosed,
    ChatReleased,
    ChatReopened,
    ChatSnoozed,
    ChatTransferred,
    ChatWoken,
    MessageReceived,
    MessageSent,
    MessageSentElsewhere,
    PrioritySet,
)
from domain.values import OperatorId, Timestamp
from routers.records import KnownChat
from routers.state import Routing

Move = (
    MessageReceived
    | MessageSent
    | MessageSentElsewhere
    | AnswerNotNeeded
    | ChatBecameWaiting
    | PrioritySet
    | ChatAssigned
    | ChatReleased
    | ChatTransferred
    | ChatSnoozed
    | ChatWoken
    | ChatClosed
    | ChatReopened
)
"""The events that change where a chat is, or when its turn comes; others only its version."""


def move(state: Routing, chat: KnownChat, event: Move) -> None:
    """Change what is known of a chat; it is for the caller to lift it before and lay it after."""
    match event:
        case MessageReceived(at=at):
            chat.waiting_since = chat.waiting_since or at
            chat.kept = False
        case MessageSent(operator_id=operator_id, at=at):
            if operator_id is not None:
                _answer(chat)
                look_into(state, chat, operator_id)
                state.last_operators.note(chat.client_id, operator_id, at)
        case MessageSentElsewhere() | AnswerNotNeeded():
            _answer(chat)
        case ChatBecameWaiting():
            chat.became_waiting = True
        case PrioritySet(priority=priority):
            chat.priority = priority
        case ChatAssigned(operator_id=operator_id, reason=reason):
            _give(state, chat, operator_id, event.at)
            state.seat(operator_id).known.given_since_online += reason.position > 0
        case ChatReleased():
            _release(state, chat, event)
        case ChatTransferred():
            _transfer(state, chat, event)
        case ChatSnoozed(until=until):
            chat.snoozed_until, chat.unread_since = until, None
        case ChatWoken(at=at):
            chat.snoozed_until = None
            chat.new_since = at if chat.operator_id is None else None
        case ChatClosed():
            _close(state, chat, event)
        case ChatReopened(operator_id=operator_id, at=at):
            chat.is_open, chat.closed_at, chat.left_out = True, None, frozenset()
            chat.new_since = at
            if operator_id is not None:
                _give(state, chat, operator_id, at)
                chat.unread_since = None
        case _:
            assert_never(event)


def _answer(chat: KnownChat) -> None:
    chat.waiting_since, chat.became_waiting = None, False


def look_into(state: Routing, chat: KnownChat, operator_id: OperatorId) -> None:
    """Note that somebody read a chat or answered: its operator need not be reminded (R11)."""
    if chat.operator_id == operator_id:
        chat.unread_since = None
        state.pool(chat.group_id).clocks.unread.discard(chat.id)


def _give(state: Routing, chat: KnownChat, operator_id: OperatorId, at: Timestamp) -> None:
    seat = state.seat(operator_id)
    chat.unread_since = chat.unread_since if chat.operator_id == operator_id else at
    chat.operator_id, chat.left_out = operator_id, frozenset()
    chat.new_since = chat.back_to = None
    chat.kept = seat.is_gone
    seat.known.turn = state.position
    state.last_operators.note(chat.client_id, operator_id, at)


def _release(state: Routing, chat: KnownChat, event: ChatReleased) -> None:
    chat.operator_id = chat.unread_since = None
    chat.new_since, chat.left_out = event.at, frozenset(event.left_out or ())
    chat.back_to = None if event.left_out else event.operator_id
    state.last_operators.note(chat.client_id, event.operator_id, event.at)


def _transfer(state: Routing, chat: KnownChat, event: ChatTransferred) -> None:
    if event.to_operator is not None:
        _give(state, chat, event.to_operator, event.at)
        return
    sender = event.from_operator or event.by_operator
    chat.operator_id, chat.group_id = None, event.to_group
    chat.unread_since = chat.back_to = None
    chat.new_since = event.at
    if sender is not None:
        chat.left_out = frozenset({sender})


def _close(state: Routing, chat: KnownChat, event: ChatClosed) -> None:
    _answer(chat)
    if event.operator_id is not None:
        chat.back_to = event.operator_id
        state.last_operators.note(chat.client_id, event.operator_id, event.at)
    chat.is_open, chat.operator_id, chat.closed_at = False, None, event.at
    chat.snoozed_until = chat.new_since = chat.unread_since = None
    state.remember_closed(chat)
