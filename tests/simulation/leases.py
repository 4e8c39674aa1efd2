"""Leases as the database keeps them, and one process's claim (see `routers.ports.Lease`)."""

from typing import Final, Protocol

from domain.errors import LogIsBusy
from tests.simulation.store import Store


class Claimant(Protocol):
    """The process that asks for the lease."""

    name: str
    store: Store

    async def breathe(self) -> None: ...


class LeaseTable:
    """The one lease of routers."""

    def __init__(self, held_for: float) -> None:
        self.holder = ""
        self.fence = 0
        self._held_for: Final = held_for
        self._expires = 0.0

    def is_current(self, fence: int | None, now: float) -> bool:
        """Return what the desk looks at under the write lock (R14)."""
        return fence == self.fence and now < self._expires

    def take(self, holder: str, now: float) -> int | None:
        if now < self._expires:
            return None
        self.holder, self.fence = holder, self.fence + 1
        self._expires = now + self._held_for
        return self.fence

    def renew(self, fence: int | None, now: float) -> int | None:
        if not self.is_current(fence, now):
            return None
        self._expires = now + self._held_for
        return fence

    def give_back(self, fence: int | None, now: float) -> None:
        if self.is_current(fence, now):
            self._expires = now


class Claim:
    """One process's claim; what it believes is what it was told last."""

    def __init__(self, table: LeaseTable, node: Claimant) -> None:
        self.fence: int | None = None
        self._table, self._node = table, node

    @property
    def held(self) -> bool:
        return self.fence is not None

    async def acquire(self) -> bool:
        now = await self._ask()
        self.fence = self._table.take(self._node.name, now)
        return self.held

    async def renew(self) -> bool:
        now = await self._ask()
        self.fence = self._table.renew(self.fence, now)
        return self.held

    async def release(self) -> None:
        self._table.give_back(self.fence, await self._ask())
        self.fence = None

    async def _ask(self) -> float:
        await self._node.breathe()
        if self._node.store.is_down:
            raise LogIsBusy("it is away")
        return self._node.store.seconds
