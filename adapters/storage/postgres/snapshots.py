"""
Where a router starts, so that it need not fold the log from its first event.

A snapshot is a cache: deleting it changes no answer, and one that an older or newer
version wrote is not read.
"""

import asyncio
import json
from hashlib import blake2b
from typing import Final

import psycopg
import structlog
from psycopg.rows import TupleRow
from pydantic import TypeAdapter, ValidationError

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.log import LogReader
from domain.event import Recorded
from routers.fold import ChatIsForgotten, fold, recall
from routers.records import Snapshot
from routers.state import Routing

log = structlog.get_logger()

WORTH_KEEPING: Final = 20_000
"""Events folded since the kept snapshot, from which on a new one is kept."""

_ADAPTER: Final = TypeAdapter(Snapshot)
_SHAPE: Final = blake2b(
    json.dumps(_ADAPTER.json_schema(), sort_keys=True).encode(), digest_size=8
).hexdigest()
"""Another one after each change of what a snapshot holds."""

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS recado_snapshots (
    name text PRIMARY KEY, shape text NOT NULL, position bigint NOT NULL, data bytea NOT NULL
)
"""
_LOAD: Final = "SELECT data FROM recado_snapshots WHERE name = 'routing' AND shape = %s"
_KEEP: Final = """
INSERT INTO recado_snapshots AS s (name, shape, position, data) VALUES ('routing', %s, %s, %s)
ON CONFLICT (name) DO UPDATE SET
    shape = excluded.shape, position = excluded.position, data = excluded.data
WHERE s.position < excluded.position OR s.shape <> excluded.shape
"""


class RoutingSnapshots:
    """Loads where routing stands now, and keeps it for the next start."""

    def __init__(self, url: str, mapper: EventMapper) -> None:
        self._url: Final = url
        self._mapper: Final = mapper

    async def load(self) -> Snapshot:
        """Return what routing knows as of the log's present end."""
        return await asyncio.to_thread(self._load)

    def _load(self) -> Snapshot:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(_TABLE)
            kept = self._kept(connection)
            state = Routing(kept)
            reader = LogReader(self._url, self._mapper)
            try:
                for raw in reader.raw(kept.position):
                    _fold(state, self._mapper.decode(*raw), reader)
            finally:
                reader.close()
            snapshot = state.snapshot()
            if snapshot.position - kept.position >= WORTH_KEEPING:
                data = _ADAPTER.dump_json(snapshot)
                connection.execute(_KEEP, (_SHAPE, snapshot.position, data))
        return snapshot

    def _kept(self, connection: psycopg.Connection[TupleRow]) -> Snapshot:
        row = connection.execute(_LOAD, (_SHAPE,)).fetchone()
        if row is None:
            return Snapshot()
        try:
            return _ADAPTER.validate_json(row[0])
        except ValidationError as error:
            log.warning("router.snapshot_unreadable", faults=error.error_count())
            return Snapshot()


def _fold(state: Routing, recorded: Recorded, reader: LogReader) -> None:
    """Fold one event; a chat that was closed too long ago to be known is looked up (R15)."""
    try:
        fold(state, recorded)
    except ChatIsForgotten:
        recall(state, reader.history(recorded.stream))
        fold(state, recorded)
