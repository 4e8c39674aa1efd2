"""Whether this router is the one that decides (R14)."""

import asyncio
from typing import Final

import structlog

from routers.ports import Lease
from routers.stopping import asked_to_stop

log = structlog.get_logger()


class Leadership:
    """Keeps asking for the lease, and renewing it once it is held."""

    def __init__(self, lease: Lease, every: float) -> None:
        self._lease: Final = lease
        self._every: Final = every
        self._was_refused = False

    @property
    def leads(self) -> bool:
        return self._lease.held and not self._was_refused

    def end(self) -> None:
        """Stand by: the desk refused the lease. Renewing it will tell whether it is lost."""
        self._was_refused = True

    async def keep(self) -> None:
        while not asked_to_stop():
            await self._ask()
            await asyncio.sleep(self._every)

    async def _ask(self) -> None:
        led = self.leads
        try:
            held = await (self._lease.renew() if self._lease.held else self._lease.acquire())
        except Exception as error:
            # Still ours for all we know; should it run out meanwhile, the desk will refuse.
            log.warning("router.lease_unknown", error=type(error).__name__)
            return
        self._was_refused = self._was_refused and not held
        if led != self.leads:
            log.info("router.leads" if self.leads else "router.stands_by")
