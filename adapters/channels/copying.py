"""
Copies the files that clients send from their provider into the attachment store (M8).

It works beside the dispatcher, under the same lease. A provider's links end, so it begins
at once and tries again until the shortest of their lives is over; then the file is told to
be lost. Beginning again is safe at every point: what is in the store is found there, and
what is recorded is not recorded twice.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Final, Protocol

import structlog
from psycopg import Error as DatabaseError

from adapters.channels.accounts import Connected, ConnectedChannels
from adapters.channels.fetching import NotFetched, body_of, downloading, find_download
from adapters.channels.files import FetchesMedia, HoldsFiles, Unavailable
from adapters.public_web import PublicWeb
from adapters.storage.attachments.keeping import Attachments, OtherContent
from adapters.storage.attachments.names import safe_name
from adapters.storage.attachments.spool import TooLarge
from adapters.storage.postgres.files import KnownFile
from adapters.storage.postgres.media_queue import MediaQueue, Wanted
from domain.acts import Ask
from domain.chat.commands import NoteMediaCopied, NoteMediaLost
from domain.content import Media
from domain.errors import LeaseLost, LogIsBusy, Refused
from domain.ports import Desk
from domain.values import Meta, StreamId

log = structlog.get_logger()

AT_ONCE: Final = 4
"""Files on their way from one account: a slow provider keeps no other waiting."""
EVERY: Final = 0.5
"""Seconds between looks at what is wanted."""
GIVE_UP_AFTER: Final = timedelta(days=6)
"""The shortest life of a file at a provider that is documented is seven days."""
MOST_TRIES_OF_GONE: Final = 5
LONGEST_DELAY: Final = 3600.0
META: Final = Meta("copier", "dispatcher")


class HeldLease(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def fence(self) -> int | None: ...


class MediaCopier:
    """The one that copies. Run it while its lease is held."""

    def __init__(
        self,
        queue: MediaQueue,
        channels: ConnectedChannels,
        desk: Desk,
        attachments: Attachments,
        web: PublicWeb,
    ) -> None:
        self._queue: Final = queue
        self._channels: Final = channels
        self._desk: Final = desk
        self._attachments: Final = attachments
        self._web: Final = web
        self._copying: Final = dict[asyncio.Task[None], str]()
        """Each file on its way, and its account."""

    async def run(self, lease: HeldLease, lost: asyncio.Event) -> None:
        """Copy until the lease is lost."""
        await self._queue.begin_again()
        try:
            while not lost.is_set():
                if not await self._take_some(lease):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(lost.wait(), timeout=EVERY)
        finally:
            # What is cut off here is begun again by whoever copies next.
            for task in self._copying:
                task.cancel()
            await asyncio.gather(*self._copying, return_exceptions=True)

    async def _take_some(self, lease: HeldLease) -> bool:
        await self._channels.refresh()
        busy = Counter(self._copying.values())
        room = {id_: AT_ONCE - busy[id_] for id_ in self._channels.ids()}
        taken = await self._queue.take(room, GIVE_UP_AFTER, lease.name, lease.fence)
        for wanted in taken:
            task = asyncio.create_task(self._copy(wanted))
            self._copying[task] = wanted.account_id
            task.add_done_callback(self._copying.pop)
        return bool(taken)

    async def _copy(self, wanted: Wanted) -> None:
        try:
            await self._copy_once(wanted)
        except NotFetched as failure:
            await self._settle_failure(wanted, failure)
        except LeaseLost:
            log.warning("copier.lease_lost", stream=wanted.stream, seq=wanted.seq)
        except Exception as failure:
            # An adapter from elsewhere may fail in any way, and its words may hold a secret.
            kind = type(failure).__name__
            log.warning("copier.failed", stream=wanted.stream, seq=wanted.seq, error=kind)
            unknown = NotFetched(f"copying failed: {kind}", for_good=False)
            await self._settle_failure(wanted, unknown)

    async def _copy_once(self, wanted: Wanted) -> None:
        media, account = wanted.media, self._channels.by_id(wanted.account_id)
        if media is None or media.reference is None:
            await self._queue.settle(wanted)
            return
        if account is None:
            raise NotFetched("its channel is not connected", for_good=False)
        known = await self._fetched(account, media, media.reference)
        command = NoteMediaCopied(
            seq=wanted.seq,
            part=wanted.part,
            reference=media.reference,
            sha256=known.sha256,
            mime=known.mime,
            size=known.size,
            name=safe_name(media.name, known.mime),
            thumbnail=known.thumbnail,
        )
        await self._record(wanted, command)
        log.info("copier.copied", stream=wanted.stream, seq=wanted.seq, size=known.size)

    async def _fetched(self, account: Connected, media: Media, reference: str) -> KnownFile:
        """Return the file, which lies in the store now. Raises `NotFetched`."""
        # What came within the message is here already.
        known = None if media.sha256 is None else await self._attachments.find(media.sha256)
        if known is not None:
            return known
        adapter = account.adapter
        if isinstance(adapter, HoldsFiles):
            return await self._held(adapter, media, reference)
        if not isinstance(adapter, FetchesMedia):
            raise NotFetched(f"{account.kind} gives no files out", for_good=False)
        async with self._web.client(trusted=account.origins) as client:
            download = await find_download(adapter, reference, client)
            async with downloading(client, download.call) as response:
                declared = media.mime or response.headers.get("content-type")
                try:
                    return await self._attachments.keep(
                        body_of(response), declared, download.sha256
                    )
                except TooLarge as error:
                    raise NotFetched(f"{error}", for_good=True) from None
                except OtherContent:
                    why = "it is not what the provider said"
                    raise NotFetched(why, for_good=False, is_gone=True) from None

    async def _held(self, adapter: HoldsFiles, media: Media, reference: str) -> KnownFile:
        content = await adapter.file(reference)
        if isinstance(content, Unavailable):
            raise NotFetched(content.why, for_good=content.for_good)
        try:
            return await self._attachments.keep(_whole(content), media.mime, media.sha256)
        except TooLarge as error:
            raise NotFetched(f"{error}", for_good=True) from None
        except OtherContent:
            raise NotFetched("it is another file by now", for_good=True) from None

    async def _settle_failure(self, wanted: Wanted, failure: NotFetched) -> None:
        """Try again later, or say that the file is lost."""
        is_gone = failure.is_gone and wanted.tries >= MOST_TRIES_OF_GONE
        try:
            if not failure.for_good and not is_gone and wanted.age < GIVE_UP_AFTER:
                await self._queue.put_back(wanted, _delay(wanted.tries))
                return
            reference = None if wanted.media is None else wanted.media.reference
            command = NoteMediaLost(
                seq=wanted.seq, part=wanted.part, reference=reference, why=failure.why
            )
            await self._record(wanted, command)
        except (DatabaseError, LeaseLost) as error:
            # It stays marked, and is begun again by whoever copies next.
            log.warning("copier.not_settled", stream=wanted.stream, error=type(error).__name__)
        else:
            log.info("copier.lost", stream=wanted.stream, seq=wanted.seq, why=failure.why)

    async def _record(self, wanted: Wanted, command: NoteMediaCopied | NoteMediaLost) -> None:
        act = Ask(stream=StreamId(wanted.stream), command=command, meta=META)
        while True:
            try:
                await self._desk.submit(act)
            except LogIsBusy:
                await asyncio.sleep(EVERY)
            except Refused as refused:
                # The message says something else by now, which is wanted by itself.
                log.info("copier.refused", stream=wanted.stream, error=type(refused).__name__)
                break
            else:
                break
        await self._queue.settle(wanted)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _delay(tries: int) -> float:
    """Return the seconds to wait: two, then growing to an hour, with jitter."""
    return min(LONGEST_DELAY, 2.0 ** min(tries, 12)) * random.uniform(0.5, 1.0)  # noqa: S311  (no secret)
