"""What must hold of a world at its end: nothing lost, nothing left undone, views as replayed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from domain.account import AccountConfigured, AccountSettings
from domain.chat.events import MessageReceived
from domain.group import GroupConfigured, GroupSettings
from domain.values import GroupId, Presence, Role
from routers.seats import WARMUP_TIME
from tests.scenarios.log_state import Chat, Seat
from tests.simulation.views import VIEWS, replayed
from tests.simulation.world import World

SLACK: Final = timedelta(seconds=10)
"""How long something may be due, in a healthy world, times its pace."""


def verdict(world: World) -> list[str]:
    """Return what is wrong with a world, a line each."""
    return [
        *world.office.store.judge.broken,
        *_lost_or_invented(world),
        *_too_early(world),
        *_Liveness(world).faults(),
        *_views(world),
        *_sweeps(world),
    ]


def _lost_or_invented(world: World) -> Iterator[str]:
    """M1, M2: what the provider was told is there, and nothing that nobody sent."""
    chats = world.office.store.judge.chats
    there = {
        f"{chats[recorded.stream.partition('-')[2]].account} {recorded.event.provider_id}"
        for recorded in world.office.store.recorded
        if isinstance(recorded.event, MessageReceived)
    }
    for id_ in sorted(world.traffic.acknowledged - there):
        yield f"M2 acknowledged and not there: {id_}"
    for id_ in sorted(there - set(world.traffic.sent)):
        yield f"M1 nobody sent it: {id_}"


def _too_early(world: World) -> Iterator[str]:
    """R9, R11: not even the shortest time ever set had passed."""
    shortest = world.administration.shortest
    least = {"R11": shortest.answer_within, "R9": shortest.overflow_after}
    for rule, position, waited in world.office.store.judge.waited:
        if waited < least[rule]:
            yield f"{rule} not before its time: position {position}"


class _Liveness:
    """Judged by what the log says, with none of the router's own code but a constant."""

    def __init__(self, world: World) -> None:
        office = world.office
        self._judge = office.store.judge
        self._now = office.loop.now()
        self._late = self._now - SLACK * world.climate.pace
        self._account = AccountSettings()
        self._groups: dict[str | None, GroupSettings] = {}
        for recorded in office.store.recorded:
            match recorded.event:
                case AccountConfigured(settings=account):
                    self._account = account
                case GroupConfigured(settings=group):
                    self._groups[recorded.stream.partition("-")[2]] = group
                case _:
                    pass

    def faults(self) -> Iterator[str]:
        for id_, chat in self._judge.chats.items():
            if not chat.closed:
                for what in self._undone(chat):
                    yield f"{what}: {id_} {chat}"

    def _undone(self, chat: Chat) -> Iterator[str]:
        group = self._groups.get(chat.group, GroupSettings())
        if chat.snoozed and chat.until is not None and chat.until < self._late:
            yield "T7 it should have woken"
        if chat.clock is not None and chat.noted != chat.clock:
            due = group.patience_in(self._account).due(chat.clock)
            if due is not None and due < self._late:
                yield "V6 it should have become waiting"
        if chat.owner is None and not chat.snoozed:
            yield from self._left_in_new(chat, group)
        if chat.owner is not None:
            yield from self._left_with(chat, chat.owner, group)

    def _left_in_new(self, chat: Chat, group: GroupSettings) -> Iterator[str]:
        assert chat.new_since is not None
        overflow = group.overflow
        if overflow is not None and chat.new_since + overflow.after < self._late:
            yield "R9 it should have overflowed"
        closed = group.hours is not None and not group.hours.is_open(self._late)
        just_opened = group.hours is not None and not group.hours.is_open(self._now)
        if closed or just_opened or not self._account.auto_assign or chat.new_since > self._late:
            return
        able = [id_ for id_, seat in self._judge.seats.items() if self._can_take(id_, seat, chat)]
        if able:
            yield f"R1 it waits, and {', '.join(able)} could take it"

    def _can_take(self, id_: str, seat: Seat, chat: Chat) -> bool:
        came = seat.online_since
        is_warm = came is not None and self._late > came + WARMUP_TIME
        has_long_stood_so = seat.changed_at is not None and seat.changed_at < self._late
        return (
            seat.online
            and seat.active
            and seat.role is not Role.AUDITOR
            and (chat.group is None or chat.group in seat.groups)
            and self._judge.load(id_) < seat.capacity
            and id_ not in chat.left_out
            and is_warm
            and has_long_stood_so
        )

    def _left_with(self, chat: Chat, owner: str, group: GroupSettings) -> Iterator[str]:
        own, unread = group.answer_within, chat.unread_since
        within = self._account.answer_within if own is None else own
        if within is not None and unread is not None and unread + within < self._late:
            yield "R11 it should have been taken from who did not read it"
        is_gone = self._judge.seats[owner].presence is Presence.OFFLINE
        if is_gone and chat.clock is not None and not self._judge.is_kept(chat):
            yield "R10 its operator is gone and a client waits"


def _views(world: World) -> Iterator[str]:
    """V12: kept bit by bit or folded in one piece, the views say the same, and what is so."""
    kept, again = world.office.projector.tables, replayed(world.office.store.recorded)
    for view in VIEWS:
        rows, others = kept.rows(view), again.rows(view)
        for key in sorted({*rows, *others}):
            if rows.get(key) != others.get(key):
                yield f"V12 {view} {key}: {rows.get(key)} is not {others.get(key)}"
    for id_, chat in world.office.store.judge.chats.items():
        if (said := _shown(kept.inbox.get((id_,)))) != _is(chat):
            yield f"V1 the views say {said} of {id_}, the log {_is(chat)}"
    judge = world.office.store.judge
    for operator in judge.seats:
        seat = kept.seats.get((operator,))
        loads = (judge.load(operator), world.office.store.desk.load(operator))
        shown = 0 if seat is None else seat.load
        if loads != (shown, shown):
            yield f"R3 {operator} has {loads[0]}, the desk counts {loads[1]}, the views {shown}"


def _shown(row: Any) -> tuple[Any, ...] | None:
    if row is None:
        return None
    return (row.operator_id, row.group_id, not row.is_open, row.waiting_since, row.snoozed_until)


def _is(chat: Chat) -> tuple[GroupId | Any, ...]:
    return (chat.owner, chat.group, chat.closed, chat.clock, chat.until)


def _sweeps(world: World) -> Iterator[str]:
    """
    R6: the slow sweep finds nothing that failed to wake the router.

    But where its clock was an hour ahead: it took the next opening of a group for past.
    """
    found = world.sometimes["router_sweeps_found_work"]
    if found and not world.climate.clocks_jump:
        yield f"R6 the sweep found {found} chats that nobody had woken the router for"
