"""
What the passing of time brings to chats: what is due, and when the next thing will be.

Clocks are kept by when they started. When one is due follows from the settings in force at
the moment of asking, so a change of settings applies at once and costs nothing (V7). The
desk judges each act by its own clock once more, so that nothing happens early or twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.acts import ask_chat
from domain.chat.commands import NoteWaiting, OverflowChat, ReleaseUnread, WakeChat
from domain.chat.events import WakeReason
from domain.passing import PassToOverflow
from domain.ports import Act
from domain.values import ChatId, GroupId, Meta, Timestamp
from routers.clocks import Running
from routers.pool import Pool
from routers.state import Routing


class Kind(StrEnum):
    WAITING = "waiting"
    """A client has gone unanswered for longer than the patience in force (V6)."""
    UNREAD = "unread"
    """An operator has not looked into what he was given (R11)."""
    OVERFLOW = "overflow"
    """Nobody of the chat's group took it (R9)."""
    SNOOZE = "snooze"
    """A chat was put aside until now (T7)."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A chat for which something is due, and what to ask of the desk."""

    kind: Kind
    chat_id: ChatId
    act: Act


def next_due(state: Routing) -> Timestamp | None:
    """Return when the next thing is due; None while no clock runs."""
    dues = [due for pool in state.pools.values() for due in _next_in(pool, state)]
    if (first := state.snoozes.first()) is not None:
        dues.append(first[0])
    return min(dues, default=None)


def _next_in(pool: Pool, state: Routing) -> Iterator[Timestamp]:
    clocks, account = pool.clocks, state.settings
    if (first := clocks.waiting.first()) is not None:
        due = pool.patience(account).due(first[0])
        if due is not None:
            yield due
    within, overflow = pool.answer_within(account), pool.settings.overflow
    if within is not None and (first := clocks.unread.first()) is not None:
        yield first[0] + within
    if overflow is not None and (first := clocks.arrivals.first()) is not None:
        yield first[0] + overflow.after


def take_overdue(state: Routing, now: Timestamp) -> list[Overdue]:
    """Return what is due at `now`, each thing once for each start of its clock."""
    overdue: list[Overdue] = []
    for pool in state.pools.values():
        overdue += _waiting(pool, state, now)
        overdue += _unread(pool, state, now)
        overdue += _overflowing(pool, now)
    for _, chat_id in _taken(state.snoozes, now):
        act = ask_chat(chat_id, WakeChat(reason=WakeReason.DUE), _META)
        overdue.append(Overdue(Kind.SNOOZE, chat_id, act))
    return overdue


def _waiting(pool: Pool, state: Routing, now: Timestamp) -> Iterator[Overdue]:
    if not pool.clocks.waiting:
        return
    patience = pool.patience(state.settings)
    for since, chat_id in _taken(pool.clocks.waiting, patience.latest(now)):
        command = NoteWaiting(since=since, patience=patience.limit, hours=patience.hours)
        yield Overdue(Kind.WAITING, chat_id, ask_chat(chat_id, command, _META))


def _unread(pool: Pool, state: Routing, now: Timestamp) -> Iterator[Overdue]:
    within = pool.answer_within(state.settings)
    if within is None:
        return
    for since, chat_id in _taken(pool.clocks.unread, now - within):
        owner = state.chats[chat_id].operator_id
        if owner is not None:
            command = ReleaseUnread(operator_id=owner, since=since, within=within)
            yield Overdue(Kind.UNREAD, chat_id, ask_chat(chat_id, command, _META))


def _overflowing(pool: Pool, now: Timestamp) -> Iterator[Overdue]:
    overflow = pool.settings.overflow
    if overflow is None or pool.group_id is None:
        return
    for since, chat_id in _taken(pool.clocks.arrivals, now - overflow.after):
        command = _overflow(pool.group_id, overflow.to, since, overflow.after)
        act = PassToOverflow(chat_id=chat_id, command=command, meta=_META)
        yield Overdue(Kind.OVERFLOW, chat_id, act)


def _overflow(
    from_group: GroupId, to_group: GroupId, since: Timestamp, after: timedelta
) -> OverflowChat:
    return OverflowChat(from_group=from_group, to_group=to_group, since=since, after=after)


def _taken(clocks: Running, up_to: Timestamp) -> Iterator[tuple[Timestamp, ChatId]]:
    while (first := clocks.first()) is not None and first[0] <= up_to:
        clocks.discard(first[1])
        yield first


_META = Meta("timer", "timer")


def ask_again(state: Routing, overdue: Overdue) -> None:
    """Have a chat watched again for which nothing was recorded, if its clock still runs."""
    chat = state.chats.get(overdue.chat_id)
    if chat is None:
        return
    state.wind(chat)
    state.queue(chat)
