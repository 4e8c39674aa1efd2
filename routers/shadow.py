"""
Another policy that decides on live traffic and does nothing: what it would have done otherwise.

It folds the same events as the router, with a state and a thread of its own. So it decides
on what really was, never on what it would have made of it; and whatever it does, the router
neither waits for it nor hears of it.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from queue import Full, Queue
from typing import Final

import structlog
from prometheus_client import Counter

from domain.chat.events import ChatAssigned, ChatClosed
from domain.event import Recorded
from domain.values import ChatId, OperatorId, split_stream
from routers.fold import ChatIsForgotten
from routers.policies.base import Policy
from routers.records import Snapshot
from routers.rounds import decide_along, decide_round
from routers.state import Routing

log = structlog.get_logger()

MOST_WAITING: Final = 100_000
"""Events; a shadow that is further behind gives up until the router starts again."""
TOLD_EVERY: Final = 1_000
"""Assignments, between two lines of the log that sum up."""

DECISIONS: Final = Counter(
    "recado_shadow_decisions",
    "Automatic assignments, by what the shadow policy would have decided at the same moment",
    ["policy", "outcome"],
)
FAILURES: Final = Counter(
    "recado_shadow_failures", "Rounds in which the shadow policy failed", ["policy"]
)


@dataclass(slots=True)
class ShadowTally:
    alike: int = 0
    different: int = 0
    undecided: int = 0
    """It would have given the chat to nobody at that moment."""
    failures: int = 0

    @property
    def compared(self) -> int:
        return self.alike + self.different + self.undecided


class Comparing:
    """A shadow's state at one position of the log: pure, but for what it counts and logs."""

    def __init__(
        self, start: Snapshot, policy: Policy, names: Mapping[str, Policy], tally: ShadowTally
    ) -> None:
        self._state: Final = Routing(start)
        self._policy: Final = policy
        self._policies: Final = dict.fromkeys(names, policy)
        """It decides whatever the settings say: in its groups and in all others."""
        self._tally: Final = tally
        self._decided: Final[dict[ChatId, tuple[int, OperatorId]]] = {}
        self._failed: Final = set[str]()
        # What waits at the start was decided on by the router, too, when it started.
        if start.at is not None:
            decide_round(self._state, start.at, start.position, self._policies)

    def hear(self, recorded: Recorded) -> None:
        """Compare, where an event is an automatic assignment; then decide on what comes of it."""
        if recorded.position <= self._state.position:
            return
        chat_id = ChatId(split_stream(recorded.stream)[1])
        match recorded.event:
            case ChatAssigned(reason=reason) as given if reason.position > 0:
                self._compare(chat_id, given)
            case ChatClosed():
                self._decided.pop(chat_id, None)
            case _:
                pass
        try:
            round_ = decide_along(self._state, recorded, self._policies)
        except ChatIsForgotten:
            return  # it is not compared; the router reads its history, which takes a while
        for act in round_.acts:
            self._decided[act.chat_id] = self._state.position, act.command.operator_id
        for failure in round_.failures:
            self._note_failure(failure.error)

    def digest(self) -> str:
        """Return a fingerprint of what it knows: the router's is the same at the same position."""
        return self._state.snapshot().digest()

    def _compare(self, chat_id: ChatId, given: ChatAssigned) -> None:
        _, instead = self._decided.pop(chat_id, (0, None))
        if instead == given.operator_id:
            self._tally.alike += 1
            outcome = "alike"
        elif instead is None:
            self._tally.undecided += 1
            outcome = "undecided"
        else:
            self._tally.different += 1
            outcome = "different"
        DECISIONS.labels(self._policy.name, outcome).inc()
        if outcome != "alike":
            log.info(
                "shadow.differs",
                chat_id=chat_id,
                policy=given.reason.policy,
                operator_id=given.operator_id,
                position=given.reason.position,
                shadow_policy=self._policy.name,
                shadow_operator_id=instead,
            )
        if self._tally.compared % TOLD_EVERY == 0:
            self._sum_up()

    def _sum_up(self) -> None:
        log.info(
            "shadow.compared",
            shadow_policy=self._policy.name,
            alike=self._tally.alike,
            different=self._tally.different,
            undecided=self._tally.undecided,
            failures=self._tally.failures,
        )

    def _note_failure(self, error: Exception) -> None:
        self._tally.failures += 1
        FAILURES.labels(self._policy.name).inc()
        if type(error).__name__ not in self._failed:
            self._failed.add(type(error).__name__)
            log.error(
                "shadow.policy_failed", shadow_policy=self._policy.name, error=type(error).__name__
            )


class Shadow:
    """
    The thread beside a router. `start` and `hear` return at once, whatever becomes of it.

    It is a daemon: a policy that never returns does not keep the process from ending.
    """

    def __init__(
        self, policy: Policy, names: Mapping[str, Policy], most_waiting: int = MOST_WAITING
    ) -> None:
        self.tally: Final = ShadowTally()
        self._policy: Final = policy
        self._names: Final = names
        self._waiting: Final = Queue[Snapshot | Recorded | None](most_waiting)
        self._is_off = True
        self._is_over = False
        threading.Thread(target=self._run, name="shadow", daemon=True).start()

    def start(self, snapshot: Snapshot) -> None:
        """Begin anew where the router does."""
        self._is_off = False
        self._put(snapshot)

    def hear(self, recorded: Recorded) -> None:
        """Have an event compared that the router is about to hear."""
        if not self._is_off:
            self._put(recorded)

    def stop(self) -> None:
        """Let the thread end, once its policy lets it."""
        self._is_over = True
        if not self._waiting.full():
            self._put(None)

    def _put(self, what: Snapshot | Recorded | None) -> None:
        try:
            self._waiting.put_nowait(what)
        except Full:
            self._is_off = True
            log.warning("shadow.fell_behind", shadow_policy=self._policy.name)

    def _run(self) -> None:
        comparing: Comparing | None = None
        while (what := self._waiting.get()) is not None and not self._is_over:
            try:
                if isinstance(what, Snapshot):
                    comparing = Comparing(what, self._policy, self._names, self.tally)
                elif comparing is not None:
                    comparing.hear(what)
            except Exception as error:  # nothing that happens here may reach the router
                comparing = None
                log.error(  # noqa: TRY400  (an error's own text may hold what was said)
                    "shadow.stopped", shadow_policy=self._policy.name, error=type(error).__name__
                )
