"""Brings every erasure of the log to the places where the list of them is kept."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.audit.erasure_places import ErasurePlace
from adapters.audit.erasures import Certificate, Erasure, certificates
from adapters.audit.heads import Signer, log_name
from domain.values import ClientId

log = structlog.get_logger()

LOOK_EVERY: Final = 1.0
"""Seconds."""


class ErasureKeeper:
    """
    One works at a time, under a lease; a second one would do no harm.

    Each place is asked once what it has, and gets what it lacks: also what was signed with
    another key only. One that fails holds up no other and is tried again.
    """

    def __init__(
        self,
        url: str,
        signer: Signer,
        places: Sequence[ErasurePlace],
        look_every: float = LOOK_EVERY,
    ) -> None:
        self._url: Final = url
        self._signer: Final = signer
        self._places: Final = places
        self._look_every: Final = look_every
        self._listed: Final[dict[str, set[ClientId]]] = {}
        """By place: the clients that are known to be on its list."""
        self._erased: Final[list[Certificate]] = []

    async def run(self, lost: asyncio.Event) -> None:
        """Work until `lost` is set; raise what the database raises."""
        connection = await asyncio.to_thread(self._connect)
        try:
            name = await asyncio.to_thread(log_name, connection)
            while not lost.is_set():
                await self.step(connection, name)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._look_every):
                        await lost.wait()
        finally:
            connection.close()

    def _connect(self) -> Connection[TupleRow]:
        return psycopg.connect(self._url, autocommit=True)

    async def step(self, connection: Connection[TupleRow], name: str) -> None:
        """Look once at what is new, and give each place what it lacks."""
        after = self._erased[-1].position if self._erased else 0
        self._erased.extend(await asyncio.to_thread(certificates, connection, after))
        if self._erased:
            await asyncio.gather(*(self._bring_to(place, name) for place in self._places))

    async def _bring_to(self, place: ErasurePlace, name: str) -> None:
        try:
            if (listed := self._listed.get(place.name)) is None:
                ours = {self._signer.public}
                listed = {
                    one.client
                    for one in await place.known()
                    if one.log == name and one.is_signed_by(ours)
                }
            new = [one for one in self._erased if one.client not in listed]
            if new:
                await place.add([Erasure.signed(self._signer, name, one) for one in new])
            self._listed[place.name] = listed | {one.client for one in new}
        except Exception as error:
            # Its message may quote the address, which may hold a secret.
            log.warning("erasures.not_kept", place=place.name, error=type(error).__name__)
