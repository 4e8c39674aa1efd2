"""Router processes: the real one, with its outside simulated; they die, freeze and come back."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any, Final, cast

from domain.acts import Assign
from domain.errors import LeaseLost, LogIsBusy, Refused
from domain.event import Recorded
from domain.ports import Act, Receipt
from domain.values import OperatorId, Presence, Timestamp
from routers.fold import ChatIsForgotten, fold, recall
from routers.ports import Outside
from routers.process import Router, Timing
from routers.records import Snapshot
from routers.state import Routing
from tests.simulation.climate import Climate, Sometimes
from tests.simulation.leases import Claim, LeaseTable
from tests.simulation.loop import VirtualLoop
from tests.simulation.store import Store
from tests.simulation.stream import Stream
from tests.simulation.views import Projector


class Snapshots:
    """Where a router starts: what was kept, which may be old, and the log from there on."""

    def __init__(self, store: Store, rng: Random, climate: Climate, sometimes: Sometimes) -> None:
        self._store, self._rng, self._climate = store, rng, climate
        self._sometimes = sometimes
        self._kept = Snapshot()

    def load(self) -> Snapshot:
        if self._store.is_down:
            raise LogIsBusy("it is away")
        state = Routing(self._kept)
        for recorded in self._store.recorded[state.position :]:
            self._fold(state, recorded)
        snapshot = state.snapshot()
        if self._rng.random() >= self._climate.old_snapshot:
            self._kept = snapshot
        elif self._kept.position:
            self._sometimes["began_with_an_old_snapshot"] += 1
        return snapshot

    def _fold(self, state: Routing, recorded: Recorded) -> None:
        try:
            fold(state, recorded)
        except ChatIsForgotten:
            self._sometimes["forgotten_chat_recalled"] += 1
            recall(state, [r for r in self._store.recorded if r.stream == recorded.stream])
            fold(state, recorded)


class Office:
    """What all processes share."""

    def __init__(
        self, loop: VirtualLoop, rng: Random, climate: Climate, sometimes: Sometimes
    ) -> None:
        self.loop, self.rng, self.climate, self.sometimes = loop, rng, climate, sometimes
        self.store: Final = Store(loop, rng, climate, sometimes)
        self.stream: Final = Stream(loop, self.store, rng, climate, sometimes)
        self.projector: Final = Projector(loop, self.store, rng, climate, sometimes)
        self.leases: Final = LeaseTable(3.0 * climate.pace)
        self.snapshots: Final = Snapshots(self.store, rng, climate, sometimes)
        self.heartbeats: Final = dict[str, Timestamp]()
        self.timing: Final = Timing(
            tick=climate.pace, lease=climate.pace, heartbeats=4 * climate.pace, sweep=30.0
        )


class Node:
    """One router process."""

    def __init__(self, office: Office, name: str) -> None:
        self.name, self.store, self.stream = name, office.store, office.stream
        self.rng, self.alive = office.rng, True
        self._office, self._loop = office, office.loop
        self._frozen_until = 0.0
        self._skew, self._offset = timedelta(0), timedelta(0)
        self._stopped_at: Timestamp | None = None
        self._sound_since: Timestamp | None = None
        self._free_at = 0.0
        self._on_the_way = 0
        self._claim: Final = Claim(office.leases, self)
        outside = Outside(
            desk=self,
            lease=self._claim,
            load_snapshot=self._load_snapshot,
            lost_heartbeats=self._lost_heartbeats,
            read=cast("Any", lambda recorded: recorded),
            clock=self.clock,
        )
        self.router: Final = Router(cast("Any", self), outside, timing=office.timing)
        self._task: Final = self._loop.create_task(self.router.run())

    def die(self) -> None:
        """End at this instant: nothing that it was about to do is done."""
        if self._on_the_way:
            self._office.sometimes["router_died_before_it_appended"] += 1
        self.alive = False
        self._task.cancel()

    def freeze(self, seconds: float) -> None:
        self._frozen_until = self._loop.time() + seconds

    def jump(self, skew: timedelta, *, stops: bool) -> None:
        """Have this machine's clock be wrong, or stand still, until it is jumped again."""
        self._skew = skew
        self._stopped_at = self._loop.now() if stops else None

    def clock(self) -> Timestamp:
        """Return the database's time as last compared with this machine's."""
        return self._own() + self._offset

    def _own(self) -> Timestamp:
        return (self._stopped_at or self._loop.now()) + self._skew

    async def breathe(self) -> None:
        """Go on, unless the process is frozen or dead."""
        if not self.alive:
            raise asyncio.CancelledError
        while self._loop.time() < self._frozen_until:  # noqa: ASYNC110  (it may freeze longer)
            await asyncio.sleep(self._frozen_until - self._loop.time())

    async def submit(self, act: Act) -> Receipt:
        """Do as `LeasedDesk.submit`: in order, and only while the lease is held."""
        fence, now = self._claim.fence, self._loop.time()
        latency = self.rng.random() * self._office.climate.latency
        self._free_at = max(self._free_at, now + latency)
        self._on_the_way += 1
        try:
            await asyncio.sleep(self._free_at - now)
            await self.breathe()
            return self._do(act, fence)
        finally:
            self._on_the_way -= 1

    def _do(self, act: Act, fence: int | None) -> Receipt:
        if not self._office.leases.is_current(fence, self._loop.time()):
            self._office.sometimes["stale_router_refused"] += 1
            raise LeaseLost("router")
        try:
            return self.store.do(act)
        except Refused as error:
            if isinstance(act, Assign):
                self._office.sometimes[f"assigning_refused_{type(error).__name__}"] += 1
            raise

    async def _load_snapshot(self) -> Snapshot:
        await self.breathe()
        return self._office.snapshots.load()

    async def _lost_heartbeats(self, grace: timedelta) -> Sequence[OperatorId]:
        await self.breathe()
        if self.store.is_down:
            self._sound_since = None
            raise LogIsBusy("it is away")
        now = self._loop.now()
        self._offset = now - self._own()
        self._sound_since = self._sound_since or now
        if now - self._sound_since < grace:
            return ()
        beats = self._office.heartbeats
        return [
            row.id
            for row in self._office.projector.tables.operators.values()
            if row.presence is not Presence.OFFLINE
            and row.online_since is not None
            and max(row.online_since, beats.get(row.id, row.online_since)) < now - grace
        ]
