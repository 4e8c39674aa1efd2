"""
What changed in the views, onto the stream of views, after it is committed.

Its own checkpoint says up to where it is published: after a crash, or when NATS was
away, everything since is published again, as it is by then.
"""

from collections.abc import Iterator
from typing import Final

import orjson
import structlog
from nats.aio.client import Client as Nats
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from adapters.bus.batches import Message, publish_batch
from adapters.bus.streams import VIEWS_STREAM, ensure_streams
from adapters.bus.subjects import view_subject
from adapters.storage.postgres.changes import changed
from adapters.storage.postgres.columns import CHECKPOINTS
from projections.items import Item, without_documents

log = structlog.get_logger()

LARGEST_WINDOW: Final = 2_000
"""Positions whose changes are published in one go."""

_LOCK: Final = (
    SQL("SELECT position FROM {} WHERE name = 'published' FOR UPDATE SKIP LOCKED")
    .format(CHECKPOINTS)
    .as_bytes()
)
_PLACES: Final = (
    SQL(
        "SELECT max(position) FILTER (WHERE name = 'views'),"
        " max(position) FILTER (WHERE name = 'sequence') FROM {}"
    )
    .format(CHECKPOINTS)
    .as_bytes()
)
_MOVE: Final = (
    SQL(
        "UPDATE {} SET position = CASE name WHEN 'published' THEN %(up_to)s ELSE %(sequence)s END"
        " WHERE name IN ('published', 'sequence')"
    )
    .format(CHECKPOINTS)
    .as_bytes()
)

Connection = AsyncConnection[TupleRow]


class Publishing:
    """
    Publishes what changed, one window after the other.

    The stream's last sequence is kept as a fence: a publisher that slept through its
    replacement's work is refused, instead of putting old rows over new ones.
    """

    def __init__(self, nc: Nats) -> None:
        self._nc: Final = nc
        self._last: int | None = None

    async def step(self, connection: Connection) -> bool:
        """
        Publish the changes of one window; return whether there may be more.

        Raises what the connection to NATS raises; the checkpoint stays then.
        """
        async with connection.transaction():
            async with connection.pipeline():
                lock = await connection.execute(_LOCK, prepare=True, binary=True)
                places = await connection.execute(_PLACES, prepare=True, binary=True)
            published, found = await lock.fetchone(), await places.fetchone()
            if published is None or found is None:
                return False
            after, reached, sequence = int(published[0]), int(found[0]), int(found[1])
            if self._last is None:
                self._last = await self._last_sequence()
            if self._last < sequence:
                log.warning("publisher.stream_lost_rows", had=sequence, has=self._last)
                after = 0
            elif reached <= after:
                return False
            up_to = min(reached, after + LARGEST_WINDOW)
            sequence = await self._publish(connection, after, up_to)
            values = {"up_to": up_to, "sequence": sequence}
            await connection.execute(_MOVE, values, prepare=True)
        return up_to < reached

    async def _publish(self, connection: Connection, after: int, up_to: int) -> int:
        messages = [
            Message(view_subject(*subject), orjson.dumps(item))
            for subject, item in await _changed(connection, after, up_to)
        ]
        # Forgotten until it has gone well: after any failure the stream is asked again, and
        # what is then read from the views is newer than what anybody published meanwhile.
        last, self._last = self._last or 0, None
        if messages:
            last = await publish_batch(self._nc, messages, expected_last=last)
        self._last = last
        return last

    async def _last_sequence(self) -> int:
        await ensure_streams(self._nc)
        return (await self._nc.jetstream().stream_info(VIEWS_STREAM)).state.last_seq


async def _changed(
    connection: Connection, after: int, up_to: int
) -> Iterator[tuple[tuple[str, ...], Item]]:
    """
    Return subjects' parts and items of all that changed in between.

    Nobody knows who listens, so that documents are hidden (C2).
    """
    found = await changed(connection, after, up_to)
    if "clients" in found:
        found = {**found, "clients": [without_documents(one) for one in found["clients"]]}
    return (((view, *_key(view, item)), item) for view, items in found.items() for item in items)


def _key(view: str, item: Item) -> tuple[str, ...]:
    match view:
        case "messages":
            return item["chat_id"], f"{item['seq']}"
        case "counts":
            return item["kind"], item["id"] or "none"
        case _:
            return (item["id"],)
