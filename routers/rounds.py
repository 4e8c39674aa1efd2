"""Who gets which chat: pure decisions on what routing knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from domain.acts import Assign
from domain.chat.commands import AssignChat
from domain.event import Recorded
from domain.routing import Reason
from domain.values import ChatId, GroupId, Meta, OperatorId, Timestamp
from routers.fold import fold
from routers.policies import BUILT_IN
from routers.policies.base import Policy
from routers.pool import Pool, QueueKey
from routers.records import KnownChat
from routers.state import Routing
from routers.sticky import NAME as STICKY
from routers.sticky import VERSION as STICKY_VERSION
from routers.sticky import sticky


@dataclass(frozen=True, slots=True)
class PolicyFailed:
    """A group's policy raised, or is not there: its chats stay in New, others are served."""

    group_id: GroupId | None
    policy: str
    error: Exception


@dataclass(slots=True)
class Round:
    """What was decided, in the order in which it is to be committed."""

    acts: list[Assign] = field(default_factory=list)
    failures: list[PolicyFailed] = field(default_factory=list)

    def add(self, other: "Round") -> None:
        self.acts += other.acts
        self.failures += other.failures


def next_wakeup(state: Routing) -> Timestamp | None:
    """Return when a round must be held though nothing happens; None for never (R6, R7)."""
    firsts = (state.warmups.first(), state.openings.first())
    return min((first[0] for first in firsts if first is not None), default=None)


def decide_round(
    state: Routing, now: Timestamp, position: int, policies: Mapping[str, Policy] = BUILT_IN
) -> Round:
    """
    Give every New chat that somebody may take to whom its group's policy says (R1 to R5).

    Only groups in which something happened since the last round are looked at (R6). Each
    decision counts in `state` at once, so that the next one neither doubles nor exceeds it.
    """
    state.pass_time(now)
    if not state.settings.auto_assign:
        return Round()
    return _Deciding(state, now, position, policies).decide(state.take_awake())


def decide_along(
    state: Routing, recorded: Recorded, policies: Mapping[str, Policy] = BUILT_IN
) -> Round:
    """
    Fold one event; return what was due before it came, and what follows from it.

    The log's own clock is the clock, and there is a round after each event, however many
    are heard at once: so the same log gives the same decisions, live and replayed (R13).
    """
    round_ = decide_due(state, recorded.event.at, policies)
    fold(state, recorded)
    round_.add(decide_round(state, state.at or recorded.event.at, state.position, policies))
    return round_


def decide_due(
    state: Routing, until: Timestamp, policies: Mapping[str, Policy] = BUILT_IN
) -> Round:
    """Return what the passing of time made possible, each thing at its own moment."""
    round_ = Round()
    while (due := next_wakeup(state)) is not None and due <= until:
        round_.add(decide_round(state, due, state.position, policies))
    return round_


@dataclass(slots=True)
class _Deciding:
    state: Routing
    now: Timestamp
    position: int
    policies: Mapping[str, Policy]
    round: Round = field(default_factory=Round)
    set_aside: list[tuple[Pool, ChatId, QueueKey]] = field(default_factory=list)

    def decide(self, pools: list[Pool]) -> Round:
        """Serve the oldest chat of all the pools again and again, until nobody is left."""
        heads = [
            (first, pool)
            for pool in pools
            if (first := pool.queue.first()) is not None and self._is_open(pool)
        ]
        heapify(heads)
        while heads:
            pool = heappop(heads)[1]
            if self._serve(pool) and (first := pool.queue.first()) is not None:
                heappush(heads, (first, pool))
        for pool, chat_id, key in self.set_aside:
            pool.queue.put(chat_id, key)
        return self.round

    def _is_open(self, pool: Pool) -> bool:
        if pool.is_open(self.now):
            return True
        # What is heard of late may come after the opening was looked at as past.
        self.state.note_opening(pool, self.now)
        return False

    def _serve(self, pool: Pool) -> bool:
        """Serve a pool's oldest chat; return whether the next one is worth a try."""
        name = pool.policy_name(self.state.settings)
        try:
            policy = self.policies[name]
            warmup = self.state.settings.warmup
            seats = self.state.seats
            for operator_id in pool.standings.look_again(policy, seats, self.now, warmup):
                self.state.note_warmup(seats[operator_id])
            return self._give_first(pool, policy)
        except Exception as error:  # a policy may be anybody's
            pool.standings.forget_order()
            self.round.failures.append(PolicyFailed(pool.group_id, name, error))
            return False

    def _give_first(self, pool: Pool, policy: Policy) -> bool:
        first = pool.queue.first()
        if first is None or not pool.standings.has_somebody:
            return False
        key, chat_id = first
        chat = self.state.chats[chat_id]
        operator_id = sticky(self.state, chat, self.now)
        by = (policy.name, policy.version)
        if operator_id is not None:
            by = (STICKY, STICKY_VERSION)
        else:
            operator_id = pool.standings.choose(chat.left_out)
        if operator_id is None:
            self.set_aside.append((pool, chat_id, key))
            pool.queue.discard(chat_id)
            return True
        self.round.acts.append(self._assign(chat, operator_id, pool, by))
        self.state.expect(chat, operator_id)
        return True

    def _assign(
        self, chat: KnownChat, operator_id: OperatorId, pool: Pool, by: tuple[str, int]
    ) -> Assign:
        candidates, more = pool.standings.candidates(chat.left_out, operator_id)
        reason = Reason(*by, self.position, candidates, more or None)
        return Assign(
            chat_id=chat.id,
            command=AssignChat(operator_id=operator_id, reason=reason, seen_version=chat.version),
            meta=Meta("router", "router", str(self.position)),
        )
