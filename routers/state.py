"""
What routing knows: the queue, the seats, the clocks, and what it decided but has not yet seen
in the log. `routers.fold` changes it by events, `routers.rounds` by decisions.

Mutable, for speed: a change costs O(log n). The same events give the same state, folded
from the first one or from a snapshot; nothing depends on the order of a set.
"""

from collections import deque
from collections.abc import Collection
from copy import copy
from dataclasses import replace
from typing import Final

from domain.account import AccountSettings
from domain.chat.events import ReleaseReason
from domain.group import GroupSettings
from domain.values import ChatId, GroupId, OperatorId, Timestamp
from routers.last_operators import LastOperators
from routers.ordering import Ordered
from routers.pool import Pool, queue_key
from routers.records import KEPT_CLOSED, Expected, KnownChat, KnownSeat, Snapshot
from routers.seats import Filter, Seat

_AFTER_THE_LOG: Final = 1 << 62
"""Turns of what is decided but not in the log yet: later than every position in it."""


class Routing:
    """Everything routing knows at one position of the log."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        snapshot = snapshot or Snapshot()
        self.position = snapshot.position
        self.at = snapshot.at
        """The log's clock: when the latest event happened; None for an empty log."""
        self.settings: AccountSettings = snapshot.settings
        self.chats: dict[ChatId, KnownChat] = {}
        self.seats: dict[OperatorId, Seat] = {}
        self.pools: dict[GroupId | None, Pool] = {None: Pool(None)}
        self.expected: dict[ChatId, Expected] = {}
        self.releases: dict[ChatId, ReleaseReason] = {}
        """Chats that their operator left behind unanswered, to go back to routing (R10)."""
        self.warmups: Ordered[OperatorId, Timestamp] = Ordered()
        """When an operator's first minute online ends (R7)."""
        self.openings: Ordered[GroupId, Timestamp] = Ordered()
        """When a group with business hours opens next (R6)."""
        self.snoozes: Ordered[ChatId, Timestamp] = Ordered()
        """When a sleeping chat is to wake (T7)."""
        self.last_operators = LastOperators(snapshot.last_operators)
        self._awake: dict[GroupId | None, Pool] = {}
        self._parked: dict[ChatId, None] = {}
        self._closed: deque[tuple[Timestamp, ChatId]] = deque()
        self._turn = _AFTER_THE_LOG
        self._load(snapshot)

    def _load(self, snapshot: Snapshot) -> None:
        for group_id, settings in snapshot.groups.items():
            self.set_up(group_id, settings)
        for seat in snapshot.seats:
            self.add_seat(copy(seat))
        for chat in sorted(snapshot.chats, key=lambda chat: chat.opened):
            self.chats[chat.id] = known = copy(chat)
            self.lay(known)
        closed = [c for c in self.chats.values() if c.closed_at is not None]
        self._closed.extend(sorted((c.closed_at, c.id) for c in closed if c.closed_at))
        self.wake_all()

    def pool(self, group_id: GroupId | None) -> Pool:
        pool = self.pools.get(group_id)
        if pool is None:
            pool = self.pools[group_id] = Pool(group_id)
        return pool

    def set_up(self, group_id: GroupId, settings: GroupSettings) -> None:
        """Have a group's settings in force from now on."""
        pool = self.pool(group_id)
        pool.settings = settings
        pool.standings.forget_order()
        self.openings.discard(group_id)
        self.note_opening(pool, self.at)

    def note_opening(self, pool: Pool, after: Timestamp | None) -> None:
        """Have a group with business hours looked at when it opens next."""
        opens = None if after is None else pool.next_opening(after)
        if opens is not None and pool.group_id is not None:
            self.openings.put(pool.group_id, opens)

    def seat(self, operator_id: OperatorId) -> Seat:
        """Return an operator's seat; of one never heard of, one that is offline."""
        return self.seats.get(operator_id) or self.add_seat(KnownSeat(operator_id))

    def add_seat(self, known: KnownSeat) -> Seat:
        seat = self.seats[known.operator_id] = Seat(known)
        self.join(seat)
        if (warm_at := seat.warm_at) is not None:
            self.warmups.put(seat.id, warm_at)
        return seat

    def join(self, seat: Seat) -> None:
        """Have an operator in the pools of his groups, and in the one of no group."""
        for pool in self._pools_of(seat):
            pool.standings.join(seat.id)

    def leave(self, seat: Seat) -> None:
        for pool in self._pools_of(seat):
            pool.standings.leave(seat.id)

    def _pools_of(self, seat: Seat) -> list[Pool]:
        if not seat.is_candidate:
            return []
        return [self.pool(None), *map(self.pool, seat.known.skills)]

    def touch(self, seat: Seat) -> None:
        """Have an operator looked at again; wake his groups if he may take a chat (R6)."""
        why = None if self.at is None else seat.excluded_by(self.at, self.settings.warmup)
        is_free = why is None
        if why is Filter.WARMING_UP:
            self.note_warmup(seat)
        for pool in self._pools_of(seat):
            pool.standings.note_change(seat.id)
            if is_free:
                self._awake[pool.group_id] = pool

    def note_warmup(self, seat: Seat) -> None:
        """
        Have an operator looked at again when his first minute online ends (R7).

        What is heard of late may come after that minute was looked at as over.
        """
        if seat.warm_at is not None:
            self.warmups.put(seat.id, seat.warm_at)

    def lift(self, chat: KnownChat) -> None:
        """Take a chat out of every order, before something about it changes."""
        pool = self.pool(chat.group_id)
        pool.queue.discard(chat.id)
        pool.clocks.stop(chat.id)
        self.snoozes.discard(chat.id)
        self.releases.pop(chat.id, None)
        if chat.operator_id is not None:
            seat = self.seat(chat.operator_id)
            if seat.chats.pop(chat.id, False):
                seat.load -= 1
                self.touch(seat)

    def lay(self, chat: KnownChat) -> None:
        """Put a chat where it belongs by what is known of it now."""
        if not chat.is_open:
            return
        if chat.operator_id is not None:
            seat = self.seat(chat.operator_id)
            seat.chats[chat.id] = counts = not chat.snoozed
            seat.load += counts
            self.touch(seat)
            self.review(seat)
        self.queue(chat)
        self.wind(chat)
        self.judge_release(chat)

    def queue(self, chat: KnownChat) -> None:
        """Have a chat wait for an operator if it is New and none was decided for it."""
        if chat.is_new and chat.id not in self.expected and chat.id not in self._parked:
            pool = self.pool(chat.group_id)
            pool.queue.put(chat.id, queue_key(chat))
            if chat.new_since is not None:
                pool.clocks.arrivals.put(chat.id, chat.new_since)
            self._awake[pool.group_id] = pool

    def wind(self, chat: KnownChat) -> None:
        """Have a chat's running clocks watched until what they lead to is in the log (V6)."""
        self.pool(chat.group_id).clocks.start(chat)
        if chat.is_open and chat.snoozed_until is not None:
            self.snoozes.put(chat.id, chat.snoozed_until)

    def judge_release(self, chat: KnownChat) -> None:
        """Note whether a chat's operator left it behind unanswered (R10)."""
        if not chat.is_open or chat.operator_id is None or chat.waiting_since is None or chat.kept:
            return
        seat = self.seat(chat.operator_id)
        if seat.is_gone:
            lost = seat.known.lost
            reason = ReleaseReason.LOST_HEARTBEAT if lost else ReleaseReason.OFFLINE
            self.releases[chat.id] = reason

    def remember_closed(self, chat: KnownChat) -> None:
        """Note when a chat was closed, and forget those that were closed long before."""
        assert chat.closed_at is not None
        self._closed.append((chat.closed_at, chat.id))
        while self._closed and self._closed[0][0] < chat.closed_at - KEPT_CLOSED:
            closed_at, id_ = self._closed.popleft()
            if (old := self.chats.get(id_)) is not None and old.closed_at == closed_at:
                del self.chats[id_]

    def wake_all(self) -> None:
        self._awake = dict(self.pools)

    def take_awake(self) -> list[Pool]:
        """Return the pools in which something happened since they were last asked for."""
        awake = list(self._awake.values())
        self._awake.clear()
        return awake

    def pass_time(self, now: Timestamp) -> None:
        """Look again at whose first minute online is over at `now`, and which groups opened."""
        while (first := self.warmups.first()) is not None and first[0] <= now:
            self.warmups.discard(first[1])
            seat = self.seats[first[1]]
            for pool in self._pools_of(seat):
                pool.standings.note_change(seat.id)
                self._awake[pool.group_id] = pool
        while (opening := self.openings.first()) is not None and opening[0] <= now:
            self.openings.discard(opening[1])
            pool = self._awake[opening[1]] = self.pool(opening[1])
            self.note_opening(pool, now)

    def expect(self, chat: KnownChat, operator_id: OperatorId) -> None:
        """Count a chat for an operator from its decision on, until the log tells."""
        self._turn += 1
        self.expected[chat.id] = Expected(operator_id, chat.version)
        own = self.pool(chat.group_id)
        own.queue.discard(chat.id)
        own.clocks.arrivals.discard(chat.id)
        seat = self.seat(operator_id)
        seat.expected[chat.id] = self._turn
        for pool in self._pools_of(seat):
            pool.standings.note_change(operator_id)

    def unexpect(self, chat_id: ChatId) -> None:
        """Count a chat for nobody any more; it is for the caller to queue it again."""
        expected = self.expected.pop(chat_id, None)
        if expected is not None:
            seat = self.seat(expected.operator_id)
            del seat.expected[chat_id]
            self.touch(seat)

    def review(self, seat: Seat) -> None:
        """
        Drop what the desk can no longer agree to: it refuses what he has no room for.

        The latest decision is dropped first, since the desk takes them in their order.
        """
        left = [id_ for id_ in seat.expected if not seat.is_in(self.chats[id_].group_id)]
        while left or (seat.expected and not seat.holds_what_is_expected()):
            chat_id = left.pop() if left else next(reversed(seat.expected))
            self.unexpect(chat_id)
            self.queue(self.chats[chat_id])

    def refuse(self, chat_id: ChatId, expected: Expected, *, for_operator: bool) -> None:
        """
        Note that the desk said no: something is in the log that has not been heard yet.

        Refused for the chat's sake, it waits for the chat's next event; for the operator's
        sake, for any. Until then the same decision would be refused again.
        """
        if self.expected.get(chat_id) != expected:
            return
        self.unexpect(chat_id)
        if for_operator:
            self._parked[chat_id] = None

    def unpark(self) -> None:
        while self._parked:
            chat_id, _ = self._parked.popitem()
            if (chat := self.chats.get(chat_id)) is not None:
                self.queue(chat)

    def start_over(self, unsettled: Collection[ChatId] = ()) -> None:
        """Forget what was decided, but for `unsettled`, and look at everything again."""
        for chat_id in [id_ for id_ in self.expected if id_ not in unsettled]:
            self.unexpect(chat_id)
        self.unpark()
        for chat in self.chats.values():
            if chat.id not in unsettled:
                self.queue(chat)
                self.wind(chat)
                self.judge_release(chat)
        self.wake_all()

    def snapshot(self) -> Snapshot:
        """Return what the log has told so far, to start another one from."""
        groups = {
            id_: pool.settings
            for id_, pool in self.pools.items()
            if id_ is not None and pool.settings != GroupSettings()
        }
        return Snapshot(
            position=self.position,
            at=self.at,
            chats=[replace(chat) for chat in self.chats.values()],
            seats=[replace(seat.known) for seat in self.seats.values()],
            groups=groups,
            settings=self.settings,
            last_operators=self.last_operators.told(),
        )
