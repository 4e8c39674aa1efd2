"""Forgets looks when their time is over."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final

import psycopg
import structlog

from adapters.storage.postgres.looks import LookKind, forget

log = structlog.get_logger()

EVERY: Final = 3600.0
"""Seconds between two goes."""


class LookKeeper:
    """Deletes what is older than is to be kept of its kind."""

    def __init__(self, url: str, keep: Mapping[LookKind, timedelta]) -> None:
        self._url: Final = url
        self._keep: Final = keep

    async def run(self, lost: asyncio.Event) -> None:
        """Work until `lost` is set; raise what the database raises."""
        while not lost.is_set():
            gone = await asyncio.to_thread(self._forget)
            if gone:
                log.info("looks.forgotten", looks=gone)
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await lost.wait()

    def _forget(self) -> int:
        with psycopg.connect(self._url, autocommit=True) as connection:
            return forget(connection, self._keep)
