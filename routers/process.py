"""
The router's process: it hears the log, keeps its lease, and watches the clock.

Without the lease it stands by: it folds and does nothing else, so that it can take over
at once (R14).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from faststream.nats import NatsBroker

from routers.assignment import Assignment
from routers.escalation import next_due
from routers.fold import OutOfStep
from routers.hearing import Hearing
from routers.leadership import Leadership
from routers.policies import BUILT_IN
from routers.policies.base import Policy
from routers.ports import Outside
from routers.rounds import next_wakeup
from routers.state import Routing
from routers.stopping import asked_to_stop
from routers.submissions import Submissions
from routers.tally import Tally

log = structlog.get_logger()

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds between the things that a router does by itself."""

    tick: float = 0.25
    """The longest it waits before it looks at clock and lease."""
    lease: float = 1.0
    heartbeats: float = 1.0
    sweep: float = 30.0


class Router:
    """Gives chats to operators, and notes what the passing of time brings, while it runs."""

    def __init__(
        self,
        broker: NatsBroker,
        outside: Outside,
        policies: Mapping[str, Policy] = BUILT_IN,
        timing: Timing | None = None,
    ) -> None:
        self.tally: Final = Tally()
        self._broker: Final = broker
        self._outside: Final = outside
        self._policies: Final = policies
        self._timing: Final = timing or Timing()
        self._leadership: Final = Leadership(outside.lease, self._timing.lease)
        self._submissions: Final = Submissions(outside.desk, self._leadership.end)
        self._now: Assignment | None = None

    @property
    def position(self) -> int:
        """Return how far it has heard the log; 0 before it has started."""
        return 0 if self._now is None else self._now.state.position

    @property
    def leads(self) -> bool:
        return self._leadership.leads

    async def run(self) -> None:
        """Route until cancelled, on a broker that is connected."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._leadership.keep())
                group.create_task(self._watch_heartbeats())
                group.create_task(self._follow_for_ever())
        finally:
            await self._submissions.stop()
            if self._outside.lease.held:
                await self._outside.lease.release()

    async def _follow_for_ever(self) -> None:
        pause = FIRST_PAUSE
        while not asked_to_stop():
            reached = self.position
            try:
                await self._follow()
            except OutOfStep as error:
                log.warning("router.starts_again", why=str(error))
            except Exception as error:
                log.warning("router.cannot_follow", error=type(error).__name__, why=str(error))
            self.tally.started_again += 1
            pause = FIRST_PAUSE if self.position > reached else min(2 * pause, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _follow(self) -> None:
        state = Routing(await self._outside.load_snapshot())
        timing, policies = self._timing, self._policies
        now = Assignment(state, self._submissions, self.tally, policies, timing.sweep)
        self._now = now
        async with Hearing(self._broker, self._outside.read, state.position) as hearing:
            while not asked_to_stop():
                heard = await hearing.next(self._patience(state))
                now.take(heard, self._outside.clock(), leads=self.leads)

    def _patience(self, state: Routing) -> float:
        if not self.leads:
            return self._timing.tick
        clock = self._outside.clock()
        dues = [due for due in (next_wakeup(state), next_due(state)) if due is not None]
        waits = [(due - clock).total_seconds() for due in dues]
        return max(0.0, min([self._timing.tick, *waits]))

    async def _watch_heartbeats(self) -> None:
        while not asked_to_stop():
            await asyncio.sleep(self._timing.heartbeats)
            if self._now is None or not self.leads:
                continue
            try:
                grace = self._now.state.settings.presence_grace
                lost = await self._outside.lost_heartbeats(grace)
            except Exception as error:
                log.warning("router.heartbeats_unknown", error=type(error).__name__)
                continue
            for operator_id in lost:
                self._now.lose(operator_id)
