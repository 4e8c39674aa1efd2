"""Answers of operators on their way out: queued in the log, and sent by a dispatcher."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import uvloop
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.channels.accounts import Connected, ConnectedChannels
from adapters.channels.base import Capabilities, ChannelAdapter, Rate
from adapters.channels.dispatcher import Dispatcher
from adapters.channels.transport import http_client
from adapters.storage.desk import LogDesk
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.leases import Lease
from adapters.storage.postgres.outbox import Outbox
from adapters.storage.postgres.recorder import LogRecorder
from deploy.applying import Secrets, keep_secrets
from domain.acts import Ask
from domain.channel import ConnectChannel
from domain.chat.commands import SendMessage
from domain.content import Text
from domain.inbound import MessageArrived, Peer
from domain.intake import take_in
from domain.ports import Act
from domain.values import ChannelAccountId, Identity, Meta, OperatorId, StreamId, stream_of

META: Final = Meta("bench")
_OFF: Final = Rate(10_000_000, timedelta(seconds=1))
_AT_ONCE: Final = 500

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]


@dataclass(frozen=True, slots=True)
class Account:
    """A WhatsApp number at a provider of ours, and the chats that are to be answered on it."""

    name: str
    base: str
    chats: int


class _Unlimited:
    """An adapter whose channel takes as much as one likes."""

    def __init__(self, adapter: Any) -> None:
        self._adapter: Final = adapter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)

    def capabilities(self) -> Capabilities:
        can: Capabilities = self._adapter.capabilities()
        return replace(can, rate_per_account=_OFF, rate_per_peer=_OFF)


class _Channels(ConnectedChannels):
    def _connect(self, id_: str, name: str, kind: str, config: str) -> Connected | None:
        made = super()._connect(id_, name, kind, config)
        if made is None:
            return None
        return replace(made, adapter=cast("ChannelAdapter", _Unlimited(made.adapter)))


def seconds_to_send(url: str, wanted: Account, *others: Account) -> float:
    """Return how long it takes until all of one account has left, while others send too."""
    recorder = LogRecorder.connect(url)
    desk = LogDesk(recorder, EventMapper())
    try:
        return uvloop.run(_measure(url, desk, wanted, others))
    finally:
        desk.close()
        recorder.close()


async def _measure(url: str, desk: LogDesk, wanted: Account, others: Sequence[Account]) -> float:
    for account in (*others, wanted):
        _connect(url, desk, account)
        await _write(desk, account)
    pool: Pool = AsyncConnectionPool(
        url, min_size=2, max_size=6, open=False, kwargs={"autocommit": True}
    )
    async with pool, http_client() as client:
        lease = Lease(pool, "bench", held_for=600)
        await lease.acquire()
        outbox = Outbox(pool, EventMapper())
        dispatcher = Dispatcher(outbox, _Channels(pool), desk.under(lease), client)
        began = time.monotonic()
        running = asyncio.create_task(dispatcher.run(lease, asyncio.Event(), asyncio.Event()))
        while await _left(pool, _id(desk, wanted)):  # noqa: ASYNC110  (the table has no event)
            await asyncio.sleep(0.02)
        taken = time.monotonic() - began
        # Whatever still hangs is cut off.
        for task in dispatcher.sending():
            task.cancel()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await lease.release()
        async with pool.connection() as connection:
            await connection.execute("DELETE FROM recado_outbox")
    return taken


def _id(desk: LogDesk, account: Account) -> ChannelAccountId:
    return ChannelAccountId(desk.naming.derive("channel", account.name))


def _connect(url: str, desk: LogDesk, account: Account) -> None:
    config = (
        f'{{"phone_number_id": "{account.name}", "app_secret": "s", "verify_token": "v",'
        f' "access_token": "a", "api_base": "{account.base}"}}'
    )
    id_ = _id(desk, account)
    keep_secrets(url, Secrets({}, {id_: (account.name, "whatsapp", config)}))
    command = ConnectChannel(
        name=account.name, channel="whatsapp", group_id=None, fingerprint=account.name
    )
    desk.submit_now(Ask(stream=stream_of("channel", id_), command=command, meta=META))


async def _write(desk: LogDesk, account: Account) -> None:
    """Let so many clients write, and answer each."""
    id_, now = _id(desk, account), datetime.now(UTC)
    arrived: list[Act] = [
        take_in(
            desk.naming,
            id_,
            MessageArrived(
                account=None,
                dedup_key=f"m:{account.name}.{number}",
                occurred_at=now,
                peer=Peer((Identity("whatsapp.phone", f"{account.name}{number:06d}"),)),
                provider_id=f"{account.name}.{number}",
                parts=(Text(text="Oi"),),
            ),
        )
        for number in range(account.chats)
    ]
    chats: list[StreamId] = []
    for first in range(0, len(arrived), _AT_ONCE):
        for receipt in await desk.submit_all(arrived[first : first + _AT_ONCE]):
            if isinstance(receipt, BaseException) or receipt.stream is None:
                raise RuntimeError("a message was not recorded")
            chats.append(receipt.stream)
    answers: list[Act] = [
        Ask(
            stream=chat,
            command=SendMessage(
                message_id=f"{account.name}:{number}",
                operator_id=OperatorId("bench"),
                parts=(Text(text="Bom dia! Já vai."),),
            ),
            meta=META,
        )
        for number, chat in enumerate(chats)
    ]
    for first in range(0, len(answers), _AT_ONCE):
        await desk.submit_all(answers[first : first + _AT_ONCE])


async def _left(pool: Pool, account_id: str) -> int:
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM recado_outbox WHERE account_id = %s", (account_id,)
        )
        row = await cursor.fetchone()
    return int(row[0]) if row else 0
