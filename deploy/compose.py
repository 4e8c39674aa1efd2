"""
The composition root: what every process is made of.

`deploy.serving` answers HTTP and may run many times; `deploy.working` plays one or more of
the parts of which one works at a time. They are modules of their own so that a command
imports only what it runs.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from nats.aio.client import Client as Nats
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.bus.nats import connect
from adapters.bus.poke import Poke
from adapters.spare_memory import give_back_for_ever
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.links import PublicLinks
from adapters.storage.attachments.store import AttachmentStore, AttachmentsUnusable
from adapters.storage.desk import LogDesk
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.files import FileRegister
from adapters.storage.postgres.recorder import LogRecorder
from adapters.storage.sealing.masters import Masters
from adapters.storage.sealing.opening import masters_of, ring_of
from adapters.tasks import end
from deploy.attachments import AttachmentsPlace
from deploy.embedded.directory import Urls
from deploy.embedded.errors import CannotBoot
from deploy.installation import check_postgres

_OPTIONS: Final = (
    "-c statement_timeout=60s"
    # Lists and changes are read at the end of an index, which a generic plan cannot know.
    " -c plan_cache_mode=force_custom_plan -c max_parallel_workers_per_gather=0"
    # Compiling a statement takes longer than any list or count may run.
    " -c jit=off"
)

_SWITCH_AFTER: Final = 0.0005
"""
Seconds after which a thread that computes lets another one go on. The desk's thread comes
back from the database several times a commit, and waited a tenth as long each time with
this as with Python's default.
"""

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]


@dataclass(frozen=True, slots=True)
class Base:
    """What every process has: its connections, and a desk."""

    urls: Urls
    pool: Pool
    nc: Nats
    mapper: EventMapper
    """Reads what is not personal, which is all that most readers need."""
    masters: Masters | None
    desk: LogDesk
    poke: Poke
    files: AttachmentsPlace

    def opening(self) -> EventMapper:
        """Return a mapper that also reads what is sealed, for one reader."""
        return self.mapper.opening(ring_of(self.masters))


@asynccontextmanager
async def connected(
    urls: Urls, name: str, connections: int, files: AttachmentsPlace
) -> AsyncIterator[Base]:
    """Yield the connections of a process; raise one clear line for what is not there."""
    _collect_rarely()
    sys.setswitchinterval(_SWITCH_AFTER)
    check_postgres(urls.postgres)
    nc = await connect(urls.nats, name=name)
    mapper, masters = EventMapper(), masters_of(urls.postgres, urls.sealing)
    recorder = await asyncio.to_thread(LogRecorder.connect, urls.postgres)
    poke = Poke(nc)
    pool: Pool = AsyncConnectionPool(
        urls.postgres,
        min_size=2,
        max_size=connections,
        open=False,
        timeout=5,
        kwargs={"autocommit": True, "options": _OPTIONS},
    )
    desk: LogDesk | None = None
    spare: asyncio.Task[None] | None = None
    try:
        await pool.open()
        sealing = mapper.opening(ring_of(masters))
        desk = await asyncio.to_thread(LogDesk, recorder, sealing, poke.tell)
        await poke.start()
        spare = asyncio.create_task(give_back_for_ever())
        yield Base(urls, pool, nc, mapper, masters, desk, poke, files)
    finally:
        if spare is not None:
            await end([spare])
        if desk is not None:
            await asyncio.to_thread(desk.close)
        await pool.close()
        recorder.close()
        with suppress(Exception):
            await nc.close()


class AttachmentsCannotBeKept(CannotBoot):
    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; mend it, or set RECADO_ATTACHMENTS_URL")


def attachments_of(base: Base) -> Attachments:
    """Return the installation's files; raise `AttachmentsCannotBeKept` where there is no place."""
    try:
        store = AttachmentStore.open(base.files.url)
    except AttachmentsUnusable as error:
        raise AttachmentsCannotBeKept(str(error)) from None
    return Attachments(store, FileRegister(base.pool), base.files.largest)


def links_of(base: Base) -> PublicLinks | None:
    """Return what makes links for providers that fetch; None where they cannot reach us."""
    public = base.files.public_url
    return None if public is None else PublicLinks(public, base.desk.naming.salt)


def _collect_rarely() -> None:
    """
    Let the garbage collector look at young objects less often, and at modules never again.

    States that are kept live long and hold no cycles; looking through them again and again
    took an eighth of a busy process's time.
    """
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
