"""The connected channel accounts: each with its adapter, as configured now."""

import json
from dataclasses import dataclass
from typing import Final

import structlog
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.channels.base import ChannelAdapter, ChannelError
from adapters.channels.registry import adapter_for
from adapters.public_web import Origin, origins_in
from domain.inbound import AccountRef
from domain.values import ChannelAccountId

log = structlog.get_logger()

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]


@dataclass(frozen=True, slots=True)
class Connected:
    """One account on one channel, ready to be used."""

    id: ChannelAccountId
    name: str
    """The `{account}` of its webhook's path."""
    kind: str
    adapter: ChannelAdapter
    ref: AccountRef
    """How bodies from the provider name it."""
    origins: frozenset[Origin] = frozenset()
    """Where its configuration says that the provider is, wherever that may be."""


class ConnectedChannels:
    """
    What is connected, read again by `refresh` when it may have changed.

    An account that cannot be used (unknown kind, wrong configuration) is left out and
    logged once; it harms no other.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool: Final = pool
        self._raw: dict[str, tuple[str, str, str]] = {}
        self._by_id: dict[str, Connected] = {}
        self._by_name: dict[str, Connected] = {}
        self._by_ref: dict[AccountRef, Connected] = {}

    def by_id(self, id_: str) -> Connected | None:
        return self._by_id.get(id_)

    def ids(self) -> list[str]:
        return list(self._by_id)

    def by_name(self, name: str) -> Connected | None:
        return self._by_name.get(name)

    def by_ref(self, ref: AccountRef) -> Connected | None:
        """Return the account that a provider's body names."""
        return self._by_ref.get(ref)

    async def refresh(self) -> None:
        """Read what is connected; adapters are made anew only where something changed."""
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT account_id, name, kind, config FROM recado_channel_secrets"
            )
            raw = {str(row[0]): (str(row[1]), str(row[2]), str(row[3])) async for row in rows}
        if raw == self._raw:
            return
        connected = {
            id_: self._by_id[id_]
            if self._raw.get(id_) == row and id_ in self._by_id
            else self._connect(id_, *row)
            for id_, row in raw.items()
        }
        self._raw = raw
        self._by_id = {id_: c for id_, c in connected.items() if c is not None}
        self._by_name = {c.name: c for c in self._by_id.values()}
        self._by_ref = {c.ref: c for c in self._by_id.values()}

    def _connect(self, id_: str, name: str, kind: str, config: str) -> Connected | None:
        try:
            values = json.loads(config)
            adapter = adapter_for(kind, values)
            connected = Connected(
                ChannelAccountId(id_),
                name,
                kind,
                adapter,
                adapter.account_ref(),
                origins_in(values.values()),
            )
        except ChannelError as error:
            log.warning("channel.unusable", account=name, error=str(error))
            return None
        except Exception as error:
            # An adapter from elsewhere may fail in any way, and its words may hold a secret.
            log.warning("channel.unusable", account=name, error=type(error).__name__)
            return None
        return connected
