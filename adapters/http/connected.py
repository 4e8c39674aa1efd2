"""The table of connected accounts that webhooks are looked up in, kept fresh."""

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Final

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from adapters.channels.accounts import Connected, ConnectedChannels
from domain.errors import LogIsBusy
from domain.inbound import InboundEvent
from domain.values import ChannelAccountId

log = structlog.get_logger()

EVERY: Final = 0.5
"""Seconds between looks, so that a changed configuration is in force within one."""
SOONEST: Final = 0.1
"""Seconds: an unknown name makes it look at once, but not more often than this."""


class FreshAccounts:
    """Connected accounts, looked up in memory; an unknown name makes it look again."""

    def __init__(self, connected: ConnectedChannels) -> None:
        self._connected: Final = connected
        self._looked_at = -SOONEST
        self._has_looked = False
        self._looking: Final = asyncio.Lock()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            with suppress(OperationalError, PoolTimeout):
                await self._look()
            await asyncio.sleep(EVERY)

    async def by_name(self, name: str) -> Connected | None:
        """Return the account of a webhook's path; raise LogIsBusy where that cannot be known."""
        found = self._connected.by_name(name)
        if found is None:
            with suppress(OperationalError, PoolTimeout):
                await self._look()
            found = self._connected.by_name(name)
        if found is None and not self._has_looked:
            raise LogIsBusy("the connected channels cannot be read")
        return found

    def by_ref(self, inbound: InboundEvent) -> Connected | None:
        """Return the account that an inbound value names."""
        return None if inbound.account is None else self._connected.by_ref(inbound.account)

    def by_id(self, id_: ChannelAccountId) -> Connected | None:
        return self._connected.by_id(id_)

    async def _look(self) -> None:
        """Read the table, unless somebody has just done so."""
        asked = monotonic()
        async with self._looking:
            if self._looked_at > asked - SOONEST:
                return
            self._has_looked = False
            try:
                await self._connected.refresh()
                self._has_looked = True
            finally:
                self._looked_at = monotonic()
