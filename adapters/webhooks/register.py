"""Webhooks as the log has them now, and beside it what each is signed with and has come to."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_bytes
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.storage.mapper import EventMapper
from domain.entities import evolve
from domain.values import WebhookId, split_stream, stream_of
from domain.webhook import Webhook

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_KEPT: Final = """
SELECT w.id, w.secret, CASE WHEN w.former_until > clock_timestamp() THEN w.former_secret END,
    w.position, (SELECT count(*) FROM recado_webhook_queue q WHERE q.webhook_id = w.id)
FROM recado_webhooks w ORDER BY w.id
"""
_EVENTS: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE originator_id = ANY(%s) ORDER BY originator_id, originator_version
"""
_ADD: Final = """
INSERT INTO recado_webhooks (id, secret, position)
SELECT %s, %s, position FROM recado_head ON CONFLICT (id) DO UPDATE SET id = excluded.id
RETURNING secret
"""
_REPLACE: Final = """
UPDATE recado_webhooks SET former_secret = secret, secret = %s,
    former_until = clock_timestamp() + interval '24 hours'
WHERE id = %s
"""
_GO_BACK: Final = "UPDATE recado_webhooks SET position = least(position, %s) WHERE id = %s"
_TRY_AGAIN: Final = """
UPDATE recado_webhook_queue SET tries = 0, not_before = '-infinity'
WHERE webhook_id = %s AND tries > 0
"""
_REMOVE: Final = "DELETE FROM recado_webhooks WHERE id = %s"


@dataclass(frozen=True, slots=True)
class Registered:
    """A webhook, and how far it has come."""

    webhook: Webhook
    secrets: tuple[str, ...]
    """What to sign with: the one in force, and for a day the one before it."""
    position: int
    """What it wants up to here is sent or waits."""
    waiting: int
    """Events that are not delivered yet."""


class WebhookRegister:
    """Reads webhooks, and keeps what the log does not hold."""

    def __init__(self, pool: Pool, mapper: EventMapper) -> None:
        self._pool: Final = pool
        self._mapper: Final = mapper

    async def all(self) -> list[Registered]:
        """Return the webhooks that there are, by name."""
        async with self._pool.connection() as connection:
            kept = await (await connection.execute(_KEPT)).fetchall()
            if not kept:
                return []
            streams = [stream_of("webhook", id_) for id_, *_ in kept]
            cursor = connection.cursor(binary=True)
            await cursor.execute(_EVENTS, (streams,))
            states = self._folded(await cursor.fetchall())
        found = [
            Registered(states[id_], tuple(filter(None, (secret, former))), position, waiting)
            for id_, secret, former, position, waiting in kept
            if id_ in states and states[id_].exists
        ]
        return sorted(found, key=lambda one: (one.webhook.name, one.webhook.id))

    async def one(self, id_: str) -> Registered | None:
        """Return a webhook; None where there is none."""
        return next((one for one in await self.all() if one.webhook.id == id_), None)

    async def add(self, id_: str) -> str:
        """Return the secret of a webhook that is about to be; the same one when asked again."""
        row = await self._do(_ADD, (id_, new_secret()))
        assert row is not None
        secret: str = row[0]
        return secret

    async def replace_secret(self, id_: str) -> str:
        """Return a new secret; the former one signs along for a day."""
        secret = new_secret()
        await self._do(_REPLACE, (secret, id_))
        return secret

    async def go_back(self, id_: str, after: int) -> None:
        """Let everything after a position be sent once more."""
        await self._do(_GO_BACK, (after, id_))

    async def try_again(self, id_: str) -> None:
        """Let what failed be tried anew at once."""
        await self._do(_TRY_AGAIN, (id_,))

    async def remove(self, id_: str) -> None:
        """Forget a webhook's secret, and what it was still to be told."""
        await self._do(_REMOVE, (id_,))

    def _folded(self, rows: Sequence[Any]) -> dict[str, Webhook]:
        states: dict[str, Webhook] = {}
        for row in rows:
            recorded = self._mapper.decode(*row)
            id_ = split_stream(recorded.stream)[1]
            before = states.get(id_) or Webhook(WebhookId(id_))
            after = evolve(recorded.stream, before, recorded.event)
            assert isinstance(after, Webhook)
            states[id_] = after
        return states

    async def _do(self, statement: str, values: tuple[object, ...]) -> TupleRow | None:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), values)
            return await cursor.fetchone() if cursor.description else None


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes it."""
    return f"whsec_{b64encode(token_bytes(24)).decode()}"
