"""
Sends what operators wrote, and records what became of it (M6).

One dispatcher works at a time. Messages of one chat leave one after another; different
chats and accounts do not wait for each other. A message is sent again by itself only
where the provider surely did not act on it.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Protocol

import httpx
import structlog
from psycopg import Error as DatabaseError

from adapters.channels.accounts import Connected, ConnectedChannels
from adapters.channels.base import (
    CannotBeSent,
    ErrorKind,
    OutboundMessage,
    Reaction,
    SendErr,
    SendOk,
)
from adapters.channels.transport import perform
from adapters.storage.postgres.outbox import Due, Interrupted, Outbox
from domain.acts import Ask
from domain.channel import PauseChannel
from domain.chat.commands import ReportDelivery
from domain.chat.events import MessageState
from domain.errors import LeaseLost, LogIsBusy
from domain.ports import Desk
from domain.values import Meta, StreamId, stream_of

log = structlog.get_logger()

AT_ONCE: Final = 32
"""Messages on their way by one account: one that hangs does not keep others waiting."""
MOST_TRIES: Final = 12
LONGEST_DELAY: Final = 300.0
META: Final = Meta("dispatcher", "dispatcher")


class HeldLease(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def fence(self) -> int | None: ...


class Dispatcher:
    """The one that sends. Run it while its lease is held."""

    def __init__(
        self,
        outbox: Outbox,
        channels: ConnectedChannels,
        desk: Desk,
        client: httpx.AsyncClient,
    ) -> None:
        self._outbox: Final = outbox
        self._channels: Final = channels
        self._desk: Final = desk
        self._client: Final = client
        self._sending: Final = dict[asyncio.Task[None], str]()
        """Each message on its way, and its account."""

    async def run(self, lease: HeldLease, wake: asyncio.Event, lost: asyncio.Event) -> None:
        """Send until the lease is lost, waking when `wake` is set or a little time has passed."""
        await self._settle_interrupted()
        try:
            while not lost.is_set():
                wake.clear()
                if not await self._take_some(lease):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(wake.wait(), timeout=0.25)
        finally:
            # What has begun is finished: it has left already, and is to be recorded.
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def _take_some(self, lease: HeldLease) -> bool:
        await self._channels.refresh()
        busy = Counter(self._sending.values())
        room = {id_: AT_ONCE - busy[id_] for id_ in self._channels.ids()}
        taken = await self._outbox.take(room, lease.name, lease.fence)
        for due in taken:
            task = asyncio.create_task(self._send(due))
            self._sending[task] = due.account_id
            task.add_done_callback(self._sending.pop)
        return bool(taken)

    async def _settle_interrupted(self) -> None:
        """Say what is known of messages that a crash cut off: nothing, unless they may repeat."""
        await self._channels.refresh()
        for left in await self._outbox.interrupted():
            account = self._channels.by_id(left.account_id)
            if account is not None and account.adapter.capabilities().idempotent_send:
                await self._outbox.put_back(left, 0)
            else:
                await self._record_unknown(left, "interrupted while sending")

    async def _send(self, due: Due) -> None:
        try:
            await self._send_once(due)
        except LeaseLost:
            log.warning("dispatcher.lease_lost", stream=due.stream, seq=due.seq)
        except Exception as failure:
            # Not even that can be recorded: it stays marked, and is settled at the next start.
            log.exception("dispatcher.failed", stream=due.stream, error=type(failure).__name__)

    async def _send_once(self, due: Due) -> None:
        account = self._channels.by_id(due.account_id)
        if account is None:
            await self._put_back(due, LONGEST_DELAY)
            return
        try:
            accepted, error = await self._deliver(account, due, due.address)
            if error is not None and error.moved_to is not None and not accepted:
                accepted, error = await self._deliver(account, due, error.moved_to)
        except Exception as failure:
            # An adapter from elsewhere may fail in any way, and its words may hold a secret.
            log.warning(
                "dispatcher.adapter_failed", kind=account.kind, error=type(failure).__name__
            )
            await self._record_unknown(due, f"the {account.kind} adapter failed")
            return
        await self._note(due, accepted, error)

    async def _deliver(
        self, account: Connected, due: Due, address: str
    ) -> tuple[list[str], SendErr | None]:
        """Return the provider's ids of what it took, and the error that ended it, if any."""
        message = OutboundMessage(
            due.sent.message_id, address, due.sent.parts, due.reply_to_provider_id
        )
        accepted: list[str] = []
        try:
            calls = account.adapter.build(message)
        except CannotBeSent as error:
            return accepted, SendErr(ErrorKind.CONTENT, "cannot-be-sent", str(error))
        for call in calls:
            result = await perform(self._client, call)
            match account.adapter.classify(call, result):
                case SendOk(provider_id=id_):
                    accepted.append(id_)
                case SendErr() as refusal:
                    return accepted, refusal
        return accepted, None

    async def _note(self, due: Due, accepted: Sequence[str], error: SendErr | None) -> None:
        if error is None:
            await self._record(due.stream, due.seq, MessageState.SENT, accepted, None)
            return
        reason = f"{error.kind}: {error.message}"
        log.info("dispatcher.refused", stream=due.stream, seq=due.seq, kind=error.kind)
        match error.kind.reaction:
            case Reaction.RETRY if not accepted and due.tries < MOST_TRIES:
                await self._put_back(due, _delay(due.tries, error))
            case Reaction.PAUSE_ACCOUNT if not accepted:
                await self._pause(due.account_id, reason)
                # Until the views know of the pause, it would be taken again at once.
                await self._put_back(due, _delay(due.tries, error))
            case Reaction.ASK:
                await self._record(due.stream, due.seq, MessageState.UNKNOWN, accepted, reason)
            case _:
                part = f" (after {len(accepted)} parts had left)" if accepted else ""
                failed = MessageState.FAILED
                await self._record(due.stream, due.seq, failed, accepted, reason + part)

    async def _pause(self, account_id: str, reason: str) -> None:
        stream = stream_of("channel", account_id)
        await self._submit(Ask(stream=stream, command=PauseChannel(reason=reason), meta=META))

    async def _put_back(self, due: Due, delay: float) -> None:
        while True:
            try:
                await self._outbox.put_back(due, delay)
            except DatabaseError:
                await asyncio.sleep(0.5)
            else:
                return

    async def _record_unknown(self, marked: Due | Interrupted, why: str) -> None:
        reason = f"{ErrorKind.UNKNOWN_OUTCOME}: {why}"
        await self._record(marked.stream, marked.seq, MessageState.UNKNOWN, (), reason)

    async def _record(
        self,
        stream: str,
        seq: int,
        state: MessageState,
        provider_ids: Sequence[str],
        reason: str | None,
    ) -> None:
        command = ReportDelivery(
            seq=seq, state=state, provider_ids=tuple(provider_ids), reason=reason
        )
        await self._submit(Ask(stream=StreamId(stream), command=command, meta=META))

    async def _submit(self, act: Ask) -> None:
        while True:
            try:
                await self._desk.submit(act)
            except LogIsBusy:
                await asyncio.sleep(0.5)
            else:
                return


def _delay(tries: int, error: SendErr) -> float:
    """Return the seconds to wait: what the provider asked, or growing, with jitter."""
    if error.retry_after is not None:
        return error.retry_after
    return min(LONGEST_DELAY, 2.0**tries) * random.uniform(0.5, 1.0)  # noqa: S311  (no secret)
