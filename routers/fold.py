"""How each event changes what routing knows. It mirrors `domain.chat.state` and adds nothing."""

from collections.abc import Iterable
from typing import Final

from domain.account import AccountConfigured
from domain.chat.events import (
    ChatOpened,
    ChatRead,
    ChatReopened,
    MessageReceived,
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
from routers.moves import Move, look_into, move
from routers.records import KnownChat
from routers.seats import Seat
from routers.state import Routing


class OutOfStep(RecadoError):
    """What was heard does not follow on what is known: start again from a snapshot."""


class ChatIsForgotten(OutOfStep):
    """A chat moved that was closed too long ago to be remembered: `recall` it first."""

    def __init__(self, chat_id: ChatId, position: int) -> None:
        super().__init__(f"chat {chat_id} moved at {position} and is not known")
        self.chat_id = chat_id
        self.position = position


def recall(state: Routing, history: Iterable[Recorded]) -> None:
    """Have `state` know a closed chat again by all that happened in it, up to where it stands."""
    apart = Routing()
    for recorded in history:
        if recorded.position <= state.position:
            _fold_chat(apart, ChatId(split_stream(recorded.stream)[1]), recorded)
    state.chats.update(apart.chats)


def fold(state: Routing, recorded: Recorded) -> None:
    """Bring `state` one event further; raises `OutOfStep` if it is not the next one."""
    if recorded.position != state.position + 1:
        raise OutOfStep(f"after event {state.position} came {recorded.position}")
    kind, id_ = split_stream(recorded.stream)
    if isinstance(recorded.event, ChatReopened | MessageReceived) and id_ not in state.chats:
        raise ChatIsForgotten(ChatId(id_), recorded.position)
    state.position = recorded.position
    at = recorded.event.at
    state.at = at if state.at is None else max(state.at, at)
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
                pool.standings.forget_order()
            state.wake_all()
        case GroupConfigured(settings=group_settings):
            state.set_up(GroupId(id_), group_settings)
            state.wake_all()
        case _:
            return


def _fold_chat(state: Routing, id_: ChatId, recorded: Recorded) -> None:
    event = recorded.event
    if isinstance(event, ChatOpened):
        chat = KnownChat(
            id_,
            recorded.version,
            recorded.position,
            event.group_id,
            client_id=event.client_id,
            new_since=event.at,
        )
        state.chats[id_] = chat
        state.lay(chat)
        return
    known = state.chats.get(id_)
    if known is None:
        return
    # A decision on an older version has been committed by this very event, or is refused (R8).
    state.unexpect(id_)
    known.version = recorded.version
    if isinstance(event, Move):
        state.lift(known)
        move(state, known, event)
        state.lay(known)
    else:
        if isinstance(event, ChatRead):
            look_into(state, known, event.operator_id)
        state.queue(known)


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
