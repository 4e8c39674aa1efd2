"""How far each stage has come on the way from a webhook to the live feed."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import httpx
import psycopg
from nats.js import JetStreamContext
from psycopg.rows import TupleRow

from adapters.bus.nats import connect
from adapters.bus.streams import LOG_STREAM
from deploy.bench.failed import BenchFailed
from deploy.bench.place import Program

STAGES: Final = ("relayed", "projected", "published", "on the feed", "assigned")

_POSITION: Final = re.compile(r"^recado_feed_position (\S+)$", re.MULTILINE)
_POSITIONS: Final = (
    "SELECT (SELECT position FROM recado_head),"
    " (SELECT position FROM recado_views.checkpoints WHERE name = 'views'),"
    " (SELECT position FROM recado_views.checkpoints WHERE name = 'published'),"
    " (SELECT count(*) FROM recado_views.inbox WHERE operator_id IS NULL AND closed_at IS NULL)"
)


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    committed: int
    lags: dict[str, int]
    """Events that each stage is behind the log; for `assigned`, chats that nobody has yet."""


class Stages:
    """Looks at a running installation from outside."""

    def __init__(
        self, program: Program, connection: psycopg.Connection[TupleRow], http: httpx.Client
    ) -> None:
        self._program: Final = program
        self._connection: Final = connection
        self._http: Final = http

    async def samples(self, seconds: float, every: float = 0.25) -> list[Sample]:
        """Return what is seen while so many seconds pass."""
        nc = await connect(self._program.urls.nats, name="recado-bench")
        try:
            give_up, found = time.monotonic() + seconds, []
            while time.monotonic() < give_up:
                found.append(await self._sample(nc.jetstream()))
                await asyncio.sleep(every)
            return found
        finally:
            await nc.close()

    async def caught_up(self, seconds: float) -> float:
        """Return after how many seconds nothing is behind; raise `BenchFailed` when it stays so."""
        began = time.monotonic()
        nc = await connect(self._program.urls.nats, name="recado-bench")
        try:
            while True:
                sample = await self._sample(nc.jetstream())
                behind = [f"{stage} {lag}" for stage, lag in sample.lags.items() if lag]
                if not behind:
                    return time.monotonic() - began
                if time.monotonic() - began > seconds:
                    raise BenchFailed(f"behind after {seconds:.0f} s: {', '.join(behind)}")
                await asyncio.sleep(0.1)
        finally:
            await nc.close()

    async def _sample(self, js: JetStreamContext) -> Sample:
        relayed = (await js.stream_info(LOG_STREAM)).state.last_seq
        fed = _figure(_POSITION, self._metrics())
        row = self._connection.execute(_POSITIONS).fetchone()
        assert row is not None
        committed, projected, published, unassigned = map(int, row)
        reached = dict(zip(STAGES, (relayed, projected, published, fed), strict=False))
        lags = {stage: max(0, committed - position) for stage, position in reached.items()}
        return Sample(time.monotonic(), committed, {**lags, "assigned": unassigned})

    def committed(self) -> int:
        """Return how many events there are."""
        row = self._connection.execute("SELECT position FROM recado_head").fetchone()
        return int(row[0]) if row else 0

    def _metrics(self) -> str:
        return self._http.get("/metrics").raise_for_status().text


@contextmanager
def looking_at(program: Program) -> Iterator[Stages]:
    """Yield what looks at the stages of a running installation."""
    host, port = program.address
    with (
        psycopg.connect(program.urls.postgres, autocommit=True) as connection,
        httpx.Client(base_url=f"http://{host}:{port}", timeout=30) as http,
    ):
        yield Stages(program, connection, http)


def _figure(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return int(float(found[1])) if found else 0
