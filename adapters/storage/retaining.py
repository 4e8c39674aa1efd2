"""
Retention: clients of whom nothing was heard for as long as the company keeps them are erased.

It is an erasure as any other, with its certificate; who is held stays. A client goes as a
whole, when each of his chats is closed and older than its channel allows: his key is one.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from adapters.storage.erasing import Erasing, ViewsDoNotFollow
from adapters.storage.postgres.queries import Pool, Queries
from domain.errors import RecadoError
from domain.values import ERASED, ClientId, Meta

log = structlog.get_logger()

META: Final = Meta("timer", "retention")
ALL: Final = "*"
"""Channels that nothing else is said of."""
PACE: Final = 0.01
"""Seconds between two erasures: there may be many at once, and others work meanwhile."""

_IDLE: Final = """
SELECT coalesce(c.merged_into, c.id), count(*), max(i.last_activity_at)
FROM recado_views.inbox AS i JOIN recado_views.clients AS c ON c.id = i.client_id
LEFT JOIN unnest(%(accounts)s::text[], %(days)s::integer[]) AS k(account, days)
    ON k.account = i.account_id
WHERE c.given_name IS DISTINCT FROM %(erased)s
GROUP BY 1
HAVING bool_and(coalesce(
    i.closed_at IS NOT NULL AND i.last_activity_at < %(now)s - make_interval(days => k.days), false
))
ORDER BY 3, 1
"""
_HELD: Final = """
SELECT coalesce(c.merged_into, c.id) FROM recado_views.clients AS c
CROSS JOIN LATERAL (
    SELECT topic FROM recado_events AS e WHERE e.originator_id = 'client-' || c.id
    AND topic IN ('client-held.v1', 'client-hold-ended.v1') ORDER BY originator_version DESC LIMIT 1
) AS last
WHERE (c.id = ANY(%(clients)s) OR c.merged_into = ANY(%(clients)s))
AND last.topic = 'client-held.v1'
"""


@dataclass(frozen=True, slots=True)
class Idle:
    """A client of whom nothing was heard for longer than he is kept."""

    client: ClientId
    chats: int
    last_at: datetime
    """When something happened in one of his chats last."""
    held: bool
    """Whether he must not be erased: then he stays."""


class Retaining:
    """What is too old, and its end."""

    def __init__(self, pool: Pool, erasing: Erasing) -> None:
        self._pool: Final = pool
        self._queries: Final = Queries(pool)
        self._erasing: Final = erasing

    async def due(self, now: datetime) -> list[Idle]:
        """Return who is to go, the longest unheard first; nobody where nothing is set."""
        kept = (await self._queries.settings())["retention"]
        if not kept:
            return []
        accounts = _days((await self._queries.channels()).items, kept)
        values = {
            "accounts": list(accounts),
            "days": list(accounts.values()),
            "now": now,
            "erased": ERASED,
        }
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(_IDLE, values)).fetchall()
            clients = {"clients": [row[0] for row in rows]}
            held = {row[0] for row in await (await connection.execute(_HELD, clients)).fetchall()}
        return [Idle(id_, chats, at, id_ in held) for id_, chats, at in rows]

    async def sweep(self, now: datetime) -> int:
        """Erase who is to go and may; return how many. Done twice, the second time it is nobody."""
        erased, position = 0, 0
        for one in await self.due(now):
            if one.held:
                continue
            try:
                reached = await self._erasing.expire(one.client, META)
            except RecadoError as error:
                # Held or merged since it was looked at; the next sweep looks again.
                log.info("retention.not_erased", error=type(error).__name__)
                continue
            erased += reached > 0
            position = max(position, reached)
            await asyncio.sleep(PACE)
        if erased:
            log.info("retention.erased", clients=erased)
            try:
                await self._erasing.settle(position)
            except ViewsDoNotFollow:
                log.warning("retention.views_lag", position=position)
        return erased


def _days(channels: Iterable[dict[str, Any]], kept: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Return how long chats of each channel account are kept, where it is said: by its name
    first, then by its kind, then for all.
    """
    said = {one["channel"]: one["days"] for one in kept}
    found = {}
    for channel in channels:
        for word in (channel["name"], channel["kind"], ALL):
            if word in said:
                found[channel["id"]] = said[word]
                break
    return found
