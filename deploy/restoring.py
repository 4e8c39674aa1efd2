"""Erasures that a restored database does not know of are done again before anybody is served."""

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.audit.erasure_places import ErasurePlace, ErasureStream, beside
from adapters.audit.erasures import Erasure, known_keys
from adapters.audit.heads import NoAuditKey, Signer, key_in, log_name
from adapters.audit.publishing import places
from adapters.bus.nats import connect
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.brought_back import brought_back, destroyed
from adapters.storage.desk import LogDesk
from adapters.storage.erasing import Erasing
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.projector import Projector
from adapters.storage.postgres.rebuild import rebuild
from adapters.storage.postgres.recorder import LogRecorder
from adapters.storage.sealing.opening import masters_of, ring_of
from deploy.attachments import AttachmentsPlace
from deploy.attesting import KEY_FILE
from deploy.embedded.directory import Urls, default_data_directory
from deploy.installation import check_log
from deploy.sealing import OpeningMapper
from deploy.settings import Settings
from domain.values import ClientId, Meta

log = structlog.get_logger()

META: Final = Meta("system", "restore")
_OUR_NATS: Final = 2.0
"""Seconds that NATS is waited for; the files are read also without it."""


@dataclass(frozen=True, slots=True)
class ErasureLists:
    """Where lists of erasures are kept besides NATS, and whose signature they may bear."""

    places: str
    pem: str | None
    files: AttachmentsPlace

    @classmethod
    def of(cls, settings: Settings, data: Path | None) -> Self:
        """Return what is set; by default the data directory. Raises `NoPlaceForHeads`."""
        folder = (data or default_data_directory()).expanduser().resolve()
        pem = settings.audit_key
        if pem is None:
            with suppress(NoAuditKey):
                pem = key_in(folder / KEY_FILE, make=False)
        lists = cls(settings.audit_places or f"{folder}", pem, AttachmentsPlace.of(settings, data))
        lists.all_places()
        return lists

    def all_places(self) -> list[ErasurePlace]:
        return beside(places(self.places))


async def erase_again(urls: Urls, lists: ErasureLists) -> int:
    """
    Erase whoever is erased by a list or the vault, and not in this log; return how many.

    When it returns, views, search and files are clean of them, too. A list that cannot be
    read is told in the log. Raises `NotReachable`, `UnknownMaster` and `NoMasterKey`.
    """
    await asyncio.to_thread(check_log, urls.postgres)
    listed = await _listed(urls, lists)
    back = await asyncio.to_thread(_back, urls, lists, listed)
    if not back:
        return 0
    log.warning("restored.erased_clients_are_back", clients=len(back))
    await _erase(urls, lists, back)
    log.warning("restored.erased_again", clients=len(back))
    return len(back)


def erase_again_now(urls: Urls, lists: ErasureLists) -> int:
    """Do as `erase_again`, for callers without an event loop."""
    return asyncio.run(erase_again(urls, lists))


async def _listed(urls: Urls, lists: ErasureLists) -> list[Erasure]:
    found: list[Erasure] = []
    for place in lists.all_places():
        found += await _known(place)
    try:
        nc = await connect(urls.nats, name="recado-restore", patience=_OUR_NATS)
    except ConnectionError as error:
        log.warning("erasures.not_read", place="nats", error=type(error).__name__)
        return found
    try:
        found += await _known(ErasureStream(nc))
    finally:
        await nc.close()
    return found


async def _known(place: ErasurePlace) -> list[Erasure]:
    try:
        return await place.known()
    except Exception as error:
        log.warning("erasures.not_read", place=place.name, error=type(error).__name__)
        return []


def _back(urls: Urls, lists: ErasureLists, listed: list[Erasure]) -> list[ClientId]:
    with psycopg.connect(urls.postgres, autocommit=True) as connection:
        keys, name = known_keys(connection), log_name(connection)
        if lists.pem is not None:
            keys.add(Signer.read(lists.pem).public)
        erased = destroyed(connection)
        ours = [one for one in listed if one.log == name]
        sound = [one for one in ours if one.is_signed_by(keys)]
        unsound = {one.client for one in ours} - {one.client for one in sound}
        if unsound:
            # Whoever can write to a list, but does not have the key, has nobody erased.
            log.error("erasures.not_signed_by_us", clients=len(unsound))
        erased |= {one.client: datetime.fromisoformat(one.at) for one in sound}
        return brought_back(connection, erased)


async def _erase(urls: Urls, lists: ErasureLists, clients: list[ClientId]) -> None:
    masters = await asyncio.to_thread(masters_of, urls.postgres, urls.sealing)
    mapper = EventMapper()
    async with AsyncExitStack() as stack:
        recorder = await asyncio.to_thread(LogRecorder.connect, urls.postgres)
        stack.callback(recorder.close)
        desk = LogDesk(recorder, mapper.opening(ring_of(masters)))
        stack.callback(desk.close)
        pool = AsyncConnectionPool[AsyncConnection[TupleRow]](
            urls.postgres, min_size=1, max_size=2, open=False, kwargs={"autocommit": True}
        )
        await stack.enter_async_context(pool)
        store = AttachmentStore.open(lists.files.url)
        erasing = Erasing(pool, desk, mapper.opening(ring_of(masters)), store)
        position = 0
        for client in clients:
            position = max(position, await erasing.erase_again(client, META))
        await _views_follow(urls, mapper.opening(ring_of(masters)), position)
        await erasing.remove_files()


async def _views_follow(urls: Urls, mapper: EventMapper, position: int) -> None:
    """
    Bring the views up to a position: nobody else does it yet. Where a backup left them out, they
    are made anew, which is quicker than event by event.
    """
    if not await _reached(urls, 1):
        await asyncio.to_thread(rebuild, urls.postgres, mapper=OpeningMapper(urls))
    stop, projector = asyncio.Event(), Projector(urls.postgres, mapper)
    projecting = asyncio.create_task(projector.run(stop))
    try:
        while not await _reached(urls, position):  # noqa: ASYNC110  (views have no event for it)
            await asyncio.sleep(0.05)
    finally:
        stop.set()
        await projecting


async def _reached(urls: Urls, position: int) -> bool:
    query = "SELECT position FROM recado_views.checkpoints WHERE name = 'views'"
    async with await AsyncConnection.connect(urls.postgres, autocommit=True) as connection:
        row = await (await connection.execute(query)).fetchone()
    return row is not None and row[0] >= position
