"""The router's decisions by themselves: a state in memory, no log, no network."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.account import AccountSettings
from domain.acts import Assign
from domain.chat.events import ChatAssigned, ChatClosed
from domain.event import Event, Recorded
from domain.values import ChatId, GroupId, Meta, OperatorId, Presence, Timestamp, stream_of
from routers.escalation import take_overdue
from routers.fold import fold
from routers.records import KnownChat, KnownSeat, Snapshot
from routers.rounds import decide_along, decide_round
from routers.state import Routing

NOW: Final = datetime(2030, 1, 2, 9, tzinfo=UTC)
_META: Final = Meta("bench")
_ROOM: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many chats wait for so many operators, spread evenly over the groups."""

    chats: int
    operators: int
    groups: int

    def group(self, number: int) -> GroupId:
        return GroupId(f"group-{number % self.groups}")

    def operator(self, number: int) -> OperatorId:
        return OperatorId(f"operator-{number:05}")

    def waiting(self, number: int) -> KnownChat:
        """Return the nth chat, New; the first has waited longest."""
        since = NOW - timedelta(seconds=self.chats - number)
        id_ = ChatId(f"waiting-{number}")
        return KnownChat(id_, 2, number + 1, self.group(number), waiting_since=since)

    def state(self, capacity: int, *, full: bool) -> Routing:
        """Return routing with all of them; with `full`, everybody has all he may have."""
        held = self.operators * capacity if full else 0
        chats = [self.waiting(number) for number in range(self.chats)]
        for number in range(held):
            owner = self.operator(number % self.operators)
            group = self.group(number % self.operators)
            opened = self.chats + number + 1
            id_ = ChatId(f"held-{number}")
            chats.append(KnownChat(id_, 3, opened, group, owner, waiting_since=NOW))
        seats = [
            KnownSeat(
                self.operator(number),
                presence=Presence.ONLINE,
                online_since=NOW - timedelta(hours=1),
                capacity=capacity,
                skills={self.group(number): 50},
            )
            for number in range(self.operators)
        ]
        settings = AccountSettings(patience=timedelta(days=365))
        return Routing(Snapshot(self.chats + held, NOW, chats, seats, {}, settings))


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor seconds of this process, which no busy neighbour changes."""

    number: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.number / self.seconds

    @property
    def micros(self) -> float:
        return 1e6 * self.seconds / self.number


def decide_all(crowd: Crowd) -> tuple[Spent, Spent]:
    """Return what deciding for all chats takes, and with folding what the log tells of it."""
    state = crowd.state(_ROOM, full=False)
    acts: list[Assign] = []
    decided = _timed(lambda: acts.extend(decide_round(state, NOW, state.position).acts))

    def hear() -> None:
        for act in acts:
            fold(state, _next(state, act.chat_id, _assigned(act)))

    folded = _timed(hear)
    number = len(acts)
    return Spent(number, decided), Spent(number, decided + folded)


def decide_one_by_one(crowd: Crowd, rounds: int) -> Spent:
    """
    Return what one decision takes while so many wait: somebody ends a chat and gets another.

    That is two events folded, and a round of decisions after each.
    """
    state = crowd.state(5, full=True)
    decide_round(state, NOW, state.position)
    rounds = min(rounds, 5 * crowd.operators, crowd.chats)

    def go_on() -> None:
        for number in range(rounds):
            chat_id = ChatId(f"held-{number}")
            closed = ChatClosed(at=NOW, operator_id=state.chats[chat_id].operator_id)
            (act,) = decide_along(state, _next(state, chat_id, closed)).acts
            decide_along(state, _next(state, act.chat_id, _assigned(act)))

    return Spent(rounds, _timed(go_on))


def find_overdue(crowd: Crowd) -> Spent:
    """Return what it takes to find that all clocks have run out at the same instant."""
    state = crowd.state(1, full=False)
    later: Timestamp = NOW + timedelta(days=366)
    found = list[object]()
    spent = _timed(lambda: found.extend(take_overdue(state, later)))
    return Spent(len(found), spent)


def _next(state: Routing, chat_id: ChatId, event: Event) -> Recorded:
    version = state.chats[chat_id].version + 1
    stream = stream_of("chat", chat_id)
    return Recorded(state.position + 1, stream, version, _META, None, event)


def _assigned(act: Assign) -> ChatAssigned:
    return ChatAssigned(at=NOW, operator_id=act.command.operator_id, reason=act.command.reason)


def _timed(work: Callable[[], object]) -> float:
    """Return processor seconds; what was there before is not looked at by the collector."""
    gc.collect()
    gc.freeze()
    began = time.process_time()
    work()
    spent = time.process_time() - began
    gc.unfreeze()
    return spent
