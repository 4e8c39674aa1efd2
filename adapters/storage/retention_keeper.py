"""Erases who is older than the company keeps, now and then."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from adapters.storage.retaining import Retaining

EVERY: Final = 3600.0
"""Seconds between two sweeps."""


class RetentionKeeper:
    """One works at a time, under a lease; a second one would find nothing to do."""

    def __init__(self, retaining: Retaining) -> None:
        self._retaining: Final = retaining

    async def run(self, lost: asyncio.Event) -> None:
        """Work until `lost` is set; raise what the database raises."""
        while not lost.is_set():
            await self._retaining.sweep(datetime.now(UTC))
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await lost.wait()
