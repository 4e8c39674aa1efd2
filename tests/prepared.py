"""A migrated database as the parts of Recado use it: a pool, a desk, a reader."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.desk import LogDesk
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.log import LogReader
from adapters.storage.postgres.recorder import LogRecorder

MAPPER = EventMapper()
Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]


@asynccontextmanager
async def pool_on(url: str, most: int = 8, patience: float = 5) -> AsyncIterator[Pool]:
    pool: Pool = AsyncConnectionPool(
        url,
        min_size=1,
        max_size=most,
        open=False,
        timeout=patience,
        reconnect_timeout=30,
        kwargs={"autocommit": True},
    )
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


def url_of(pool: Pool) -> str:
    assert isinstance(pool.conninfo, str)
    return pool.conninfo


@contextmanager
def desk_on(url: str) -> Iterator[LogDesk]:
    recorder = LogRecorder.connect(url)
    desk = LogDesk(recorder, MAPPER)
    try:
        yield desk
    finally:
        desk.close()
        recorder.close()


@contextmanager
def reader_on(url: str) -> Iterator[LogReader]:
    reader = LogReader(url, MAPPER)
    try:
        yield reader
    finally:
        reader.close()


def run_sql(url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []


async def eventually(
    question: Callable[[], Awaitable[object] | object], seconds: float = 10
) -> None:
    """Return when the answer is yes; fail the test when it is not in time."""
    give_up = time.monotonic() + seconds
    while True:
        answer = question()
        if isinstance(answer, Awaitable):
            answer = await answer
        if answer:
            return
        assert time.monotonic() < give_up, "waited in vain"
        await asyncio.sleep(0.03)
