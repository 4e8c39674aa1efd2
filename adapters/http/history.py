"""What happened in a chat or to a client, read from the log."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.mapper import EventMapper
from adapters.storage.sealing.vault import learn_soon
from domain.chat.events import ChatAssigned
from domain.values import stream_of

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]
Json = dict[str, Any]

LARGEST_PAGE: Final = 500

_HISTORY: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE originator_id = %s AND originator_version > %s ORDER BY originator_version LIMIT %s
"""
_ASSIGNMENTS: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE originator_id = %s AND topic = %s ORDER BY originator_version
"""


class History:
    """Events of streams, as the outside gets them."""

    def __init__(self, pool: Pool, mapper: EventMapper) -> None:
        self._pool: Final = pool
        self._mapper: Final = mapper

    async def events(self, chat_id: str, after: int = 0, limit: int = LARGEST_PAGE) -> list[Json]:
        """Return a chat's events after a version, in order."""
        return await self.of(stream_of("chat", chat_id), after, limit)

    async def of(self, stream: str, after: int = 0, limit: int = LARGEST_PAGE) -> list[Json]:
        """Return a stream's events after a version, in order."""
        return await self._read(_HISTORY, (stream, after, limit))

    async def assignments(self, chat_id: str, names: Mapping[str, str | None]) -> list[Json]:
        """Return whom a chat was given to and why, with every candidate (R12)."""
        given = await self._read(_ASSIGNMENTS, (stream_of("chat", chat_id), ChatAssigned.TOPIC))
        return [_assignment(event, names) for event in given]

    async def _read(self, statement: str, values: tuple[object, ...]) -> list[Json]:
        async with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(statement.encode(), values)
            rows = await cursor.fetchall()
            mapper = self._mapper.fresh()
            await learn_soon(connection, mapper.ring, rows)
        return [event_item((*row[:4], mapper.opened(*row)[0])) for row in rows]


def event_item(row: tuple[Any, ...]) -> Json:
    """Return a stored event as the outside gets it."""
    position, stream, version, topic, state = row
    stored: Json = orjson.loads(state)
    data: Json = stored["data"]
    return {
        "position": position,
        "stream": stream,
        "version": version,
        "topic": topic,
        "at": data.pop("at", None),
        "actor": stored["actor"],
        "via": stored["via"],
        "cause": stored.get("cause"),
        "data": data,
    }


def _assignment(event: Json, names: Mapping[str, str | None]) -> Json:
    def named(id_: str) -> Json:
        return {"id": id_, "name": names.get(id_)}

    data = event["data"]
    reason = data["reason"]
    return {
        "at": event["at"],
        "version": event["version"],
        "actor": event["actor"],
        "operator": named(data["operator_id"]),
        "policy": reason["policy"],
        "policy_version": reason.get("policy_version", 1),
        "position": reason.get("position", 0),
        "candidates": [
            {
                "operator": named(candidate["operator_id"]),
                "load": candidate["load"],
                "capacity": candidate["capacity"],
                "skill": candidate.get("skill"),
                "excluded_by": candidate.get("excluded_by"),
            }
            for candidate in reason.get("candidates", ())
        ],
        "not_listed": reason.get("not_listed", {}),
    }
