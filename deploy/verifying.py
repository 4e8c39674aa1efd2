"""Whether everything that can be derived from the log still follows from it."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

import psycopg
from psycopg.sql import SQL

from adapters.audit.checking import TreeCheck
from adapters.bus import compare
from adapters.bus.log_pages import LogPages
from adapters.bus.nats import connect
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.checks import LogCheck
from adapters.storage.postgres.columns import CHECKPOINTS
from adapters.storage.postgres.differences import differences
from adapters.storage.postgres.keyframes import KeyframeCheck
from adapters.storage.postgres.recorder import LogRecorder
from deploy.embedded.directory import Urls
from deploy.sealing import OpeningMapper
from domain.values import Naming

_AHEAD: Final = SQL("""
SELECT c.name, c.position, h.position FROM {} AS c, recado_head AS h
WHERE c.name IN ('views', 'published') AND c.position > h.position
""").format(CHECKPOINTS)


async def faults(urls: Urls) -> AsyncIterator[str]:
    """
    Yield a line for each fault: in the log and the tables beside it, in a view, in the stream.

    The installation may run meanwhile: what is still on its way is waited for.
    """
    opening = OpeningMapper(urls)
    for fault in log_faults(urls):
        yield fault
    for fault in TreeCheck(urls.postgres).faults():
        yield fault
    for fault in KeyframeCheck(urls.postgres, EventMapper()).faults():
        yield fault
    for fault in checkpoints_ahead(urls.postgres):
        yield fault
    for difference in differences(urls.postgres, mapper=opening):
        yield f"views: {difference}"
    nc = await connect(urls.nats, name="recado-verify")
    try:
        async with LogPages(urls.postgres) as pages:
            async for difference in compare.differences(nc, pages.to_the_end()):
                yield f"stream: {difference}"
    finally:
        await nc.close()


def log_faults(urls: Urls) -> Iterator[str]:
    """Yield a line for each fault in the log and the tables that are kept in step with it."""
    mapper, recorder = OpeningMapper(urls)(), LogRecorder.connect(urls.postgres)
    try:
        naming = Naming(recorder.salt(mapper.ring))
    finally:
        recorder.close()
    yield from LogCheck(urls.postgres, mapper, naming).faults()


def checkpoints_ahead(url: str) -> Iterator[str]:
    """Yield a line for each checkpoint beyond the log's end: what comes next would be missed."""
    with psycopg.connect(url) as connection:
        for name, position, head in connection.execute(_AHEAD):
            yield f"views: the checkpoint {name} is at {position}, the log ends at {head}"
