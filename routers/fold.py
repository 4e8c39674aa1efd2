"""How each event changes what routing knows. It mirrors `domain.chat.state` and adds nothing."""

from typing import Final, assert_never

from domain.account import AccountConfigured
from domain.chat.events import (
    AnswerNotNeeded,
    ChatAssigned,
    ChatBecameWaiting,
    ChatClosed,
    ChatOpened,
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
from domain.errors import RecadoError
from domain.event import Event, Recorded
from domain.group import GroupConfigured
from domain.operator import (
    CapacityChanged,
    MembershipChanged,
    OperatorCreated,
    OperatorDeactivated,
    OperatorReactivated,
    PresenceChanged,
    RoleGiven,
)
from domain.values import ChatId, GroupId, OperatorId, Presence, split_stream
from routers.records import KnownChat
from routers.seats import Seat
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


class OutOfStep(RecadoError):
    """What was heard does not follow on what is known: start again from a snapshot."""


def fold(state: Routing, recorded: Recorded) -> None:
    """Bring `state` one event further; raises `OutOfStep` if it is not the next one."""
    if recorded.position != state.position + 1:
        raise OutOfStep(f"after event {state.position} came {recorded.position}")
    state.position = recorded.position
    at = recorded.event.at
    state.at = at if state.at is None else max(state.at, at)
    kind, id_ = split_stream(recorded.stream)
    if kind == "chat":
        _fold_chat(state, ChatId(id_), recorded)
    elif kind == "operator":
        _fold_operator(state, OperatorId(id_), recorded.event)
    else:
        _fold_settings(state, id_, recorded.event)
    state.unpark()


def _fold_settings(state: Routing, id_: str, event: Event) -> None:
    match event:
        case AccountConfigured(settings=settings):
            state.settings = settings
            for pool in state.pools.values():
                pool.forget_order()
            state.wake_all()
        case GroupConfigured(settings=group_settings):
            pool = state.pool(GroupId(id_))
            pool.settings = group_settings
            pool.forget_order()
            state.wake_all()
        case _:
            return


def _fold_chat(state: Routing, id_: ChatId, recorded: Recorded) -> None:
    event = recorded.event
    if isinstance(event, ChatOpened):
        chat = KnownChat(id_, recorded.version, recorded.position, event.group_id)
        state.chats[id_] = chat
        state.lay(chat)
        return
    known = state.chats.get(id_)
    if known is None:
        if isinstance(event, ChatReopened | MessageReceived):
            raise OutOfStep(f"chat {id_} moved at {recorded.position} and is not known")
        return
    # A decision on an older version has been committed by this very event, or is refused (R8).
    state.unexpect(id_)
    known.version = recorded.version
    if isinstance(event, Move):
        state.lift(known)
        _move(state, known, event)
        state.lay(known)
    else:
        state.queue(known)


def _move(state: Routing, chat: KnownChat, event: Move) -> None:
    match event:
        case MessageReceived(at=at):
            chat.waiting_since = chat.waiting_since or at
            chat.kept = False
        case MessageSent(operator_id=operator_id):
            if operator_id is not None:
                _answer(chat)
        case MessageSentElsewhere() | AnswerNotNeeded():
            _answer(chat)
        case ChatBecameWaiting():
            chat.became_waiting = True
        case PrioritySet(priority=priority):
            chat.priority = priority
        case ChatAssigned(operator_id=operator_id, reason=reason):
            _give(state, chat, operator_id)
            state.seat(operator_id).known.given_since_online += reason.position > 0
        case ChatReleased():
            chat.operator_id = None
        case ChatTransferred():
            _transfer(state, chat, event)
        case ChatSnoozed():
            chat.snoozed = True
        case ChatWoken():
            chat.snoozed = False
        case ChatClosed(at=at):
            _answer(chat)
            chat.is_open, chat.operator_id, chat.snoozed, chat.closed_at = False, None, False, at
            state.remember_closed(chat)
        case ChatReopened(operator_id=operator_id):
            chat.is_open, chat.closed_at, chat.left_out = True, None, frozenset()
            if operator_id is not None:
                _give(state, chat, operator_id)
        case _:
            assert_never(event)


def _answer(chat: KnownChat) -> None:
    chat.waiting_since, chat.became_waiting = None, False


def _give(state: Routing, chat: KnownChat, operator_id: OperatorId) -> None:
    seat = state.seat(operator_id)
    chat.operator_id, chat.left_out = operator_id, frozenset()
    chat.kept = seat.is_gone
    seat.known.turn = state.position


def _transfer(state: Routing, chat: KnownChat, event: ChatTransferred) -> None:
    if event.to_operator is not None:
        _give(state, chat, event.to_operator)
        return
    sender = event.from_operator or event.by_operator
    chat.operator_id, chat.group_id = None, event.to_group
    chat.left_out = frozenset(() if sender is None else (sender,))


SEATED: Final = (
    OperatorCreated
    | RoleGiven
    | MembershipChanged
    | CapacityChanged
    | PresenceChanged
    | OperatorDeactivated
    | OperatorReactivated
)


def _fold_operator(state: Routing, id_: OperatorId, event: Event) -> None:
    if not isinstance(event, SEATED):
        return
    seat = state.seat(id_)
    match event:
        case OperatorCreated(role=role) | RoleGiven(role=role):
            state.leave(seat)
            seat.known.role = role
            state.join(seat)
        case MembershipChanged(skills=skills):
            state.leave(seat)
            seat.known.skills = dict(skills)
            state.join(seat)
        case CapacityChanged(capacity=capacity):
            seat.known.capacity = capacity
        case PresenceChanged(presence=presence, lost=lost):
            _appear(state, seat, presence, event)
            seat.known.lost = lost
        case OperatorDeactivated():
            seat.known.active, seat.known.presence, seat.known.lost = False, Presence.OFFLINE, False
        case OperatorReactivated():
            seat.known.active = True
        case _:
            return
    state.touch(seat)
    state.review(seat)
    _look_after_chats(state, seat)


def _appear(state: Routing, seat: Seat, presence: Presence, event: PresenceChanged) -> None:
    known = seat.known
    if presence is Presence.ONLINE and known.presence is not Presence.ONLINE:
        known.online_since, known.given_since_online = event.at, 0
        known.presence = presence
        assert seat.warm_at is not None
        state.warmups.put(seat.id, seat.warm_at)
    known.presence = presence


def _look_after_chats(state: Routing, seat: Seat) -> None:
    for chat_id in seat.chats:
        chat = state.chats[chat_id]
        chat.kept = chat.kept and seat.is_gone
        state.releases.pop(chat_id, None)
        state.judge_release(chat)
