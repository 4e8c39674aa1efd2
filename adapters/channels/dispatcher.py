"""
Sends what operators wrote, and records what became of it (M6).

One dispatcher works at a time. Messages of one chat leave one after another; different
chats and accounts do not wait for each other. A message is sent again by itself only
where the provider surely did not act on it.
"""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from typing import Final, Protocol, cast

import httpx
import structlog
from psycopg import Error as DatabaseError

from adapters.channels.accounts import Connected, ConnectedChannels
from adapters.channels.base import ErrorKind, HasGroups, Reaction, SendErr, offers
from adapters.channels.delivering import Delivery, Ending, Left, Told
from adapters.channels.files import Files
from adapters.channels.rates import Pace
from adapters.storage.postgres.outbox import Due, Interrupted, Outbox
from domain.acts import Ask
from domain.channel import PauseChannel
from domain.chat.commands import ReportDelivery, SplitMessage
from domain.chat.events import MessageState
from domain.client.commands import NoteConsent
from domain.errors import LeaseLost, LogIsBusy
from domain.intake import LearnIdentity
from domain.ports import Act, Desk
from domain.values import ChannelAccountId, Meta, StreamId, stream_of

log = structlog.get_logger()

AT_ONCE: Final = 32
"""Messages on their way by one account: one that hangs does not keep others waiting."""
MOST_TRIES: Final = 12
MOST_UNCERTAIN_TRIES: Final = 5
"""Of a message whose answer is lost again and again, where a channel may be asked twice."""
LONGEST_DELAY: Final = 300.0
IDLE: Final = 0.25
"""Seconds between two looks at the outbox when nobody tells of anything new."""
BETWEEN: Final = 0.02
"""Seconds between two takes, so that what becomes due together is taken together."""
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
        files: Files | None = None,
    ) -> None:
        self._outbox: Final = outbox
        self._channels: Final = channels
        self._desk: Final = desk
        self._client: Final = client
        self._files: Final = files
        self._paces: Final = dict[str, tuple[Connected, Pace]]()
        self._sending: Final = dict[asyncio.Task[None], str]()
        """Each message on its way, and its account."""

    async def run(self, lease: HeldLease, wake: asyncio.Event, lost: asyncio.Event) -> None:
        """Send until the lease is lost, waking when `wake` is set or a little time has passed."""
        await self._settle_interrupted()
        try:
            while not lost.is_set():
                wake.clear()
                if await self._take_some(lease, wake):
                    await asyncio.sleep(BETWEEN)
                    continue
                with suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), timeout=self._idle())
        finally:
            # What has begun is finished: it has left already, and is to be recorded.
            await asyncio.gather(*self._sending, return_exceptions=True)

    def sending(self) -> list[asyncio.Task[None]]:
        """Return what is on its way now."""
        return list(self._sending)

    async def _take_some(self, lease: HeldLease, wake: asyncio.Event) -> bool:
        await self._channels.refresh()
        room, waiting = self._room()
        taken = await self._outbox.take(room, lease.name, lease.fence, waiting)
        for due in taken:
            pace = self._pace(due.account_id)
            if self._is_in_group(due):
                pace.note_group(due.stream)
            pace.spend(due.stream)
            task = asyncio.create_task(self._send(due))
            self._sending[task] = due.account_id
            task.add_done_callback(self._sending.pop)
            task.add_done_callback(lambda _: wake.set())
        return bool(taken)

    def _is_in_group(self, due: Due) -> bool:
        account = self._channels.by_id(due.account_id)
        if account is None or not offers(type(account.adapter), HasGroups):
            return False
        return cast(HasGroups, account.adapter).is_group(due.address)

    def _room(self) -> tuple[dict[str, int], list[str]]:
        """Return how many messages each account may send now, and whose turn has not come."""
        busy = Counter(self._sending.values())
        room: dict[str, int] = {}
        waiting: list[str] = []
        for id_ in self._channels.ids():
            pace = self._pace(id_)
            room[id_] = min(AT_ONCE - busy[id_], pace.room())
            waiting += pace.waiting()
        return room, waiting

    def _idle(self) -> float:
        """Return how long to wait: until an account that ran out of its pace may send again."""
        waits = [self._pace(id_).wait() for id_ in self._channels.ids()]
        return min([IDLE, *(max(wait, 2 * BETWEEN) for wait in waits if wait > 0)])

    def _pace(self, account_id: str) -> Pace:
        """Return the pace of an account; one that is configured anew starts anew."""
        account = self._channels.by_id(account_id)
        kept, pace = self._paces.get(account_id, (None, None))
        if pace is None or (account is not None and account is not kept):
            if account is None:
                raise LookupError(account_id)
            pace = Pace(account.adapter.capabilities())
            self._paces[account_id] = (account, pace)
        return pace

    async def _settle_interrupted(self) -> None:
        """Say what is known of messages that a crash cut off: nothing, unless they may repeat."""
        await self._channels.refresh()
        for left in await self._outbox.interrupted():
            account = self._channels.by_id(left.account_id)
            if account is not None and account.adapter.capabilities().idempotent_send:
                await self._outbox.put_back(left, 0)
            else:
                reason = f"{ErrorKind.UNKNOWN_OUTCOME}: interrupted while sending"
                await self._record(left, MessageState.UNKNOWN, reason)

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
        pace = self._pace(due.account_id)
        delivery = Delivery(due, account, pace, self._client, self._files)
        ending = await delivery.run(self._told(due))
        if ending.error is not None:
            await self._react(due, account, pace, ending, ending.error)
        elif not ending.is_whole:
            # The rest of a long one waits for its turn, and those behind it wait for the rest.
            await self._put_back(due, 0, counts=False)

    def _told(self, due: Due) -> Told:
        stream = StreamId(due.stream)

        async def split(parts: int) -> None:
            await self._ask(stream, SplitMessage(seq=due.seq, parts=parts))

        async def left(part: Left) -> None:
            command = ReportDelivery(
                seq=due.seq,
                state=MessageState.SENT,
                provider_ids=(part.ok.provider_id,),
                left_at=part.at,
            )
            await self._ask(stream, command)
            if part.ok.learned is not None:
                await self._submit(LearnIdentity(due.client_id, part.ok.learned, META))

        return Told(split, left)

    async def _react(
        self, due: Due, account: Connected, pace: Pace, ending: Ending, error: SendErr
    ) -> None:
        log.info("dispatcher.refused", stream=due.stream, seq=due.seq, kind=error.kind)
        delay = _delay(due.tries, error)
        reason = _reason(ending, error)
        match error.kind.reaction:
            case Reaction.RETRY if error.kind is ErrorKind.RATE_LIMITED and _may_wait(due, error):
                pace.hold(error.scope, due.stream, delay)
                await self._put_back(due, delay, counts=error.retry_after is None)
            case Reaction.RETRY if due.tries < MOST_TRIES:
                await self._put_back(due, delay)
            case Reaction.PAUSE_ACCOUNT:
                # Until the views know of the pause, it would be taken again at once.
                pace.hold("account", due.stream, delay)
                pause = PauseChannel(reason=f"{error.kind}: {error.message}")
                await self._ask(stream_of("channel", due.account_id), pause)
                await self._put_back(due, 0)
            case Reaction.ASK if _may_repeat(due, account):
                await self._put_back(due, delay)
            case Reaction.ASK:
                await self._record(due, MessageState.UNKNOWN, reason)
            case _:
                await self._record(due, MessageState.FAILED, reason)
                await self._note_consent(due, error)

    async def _note_consent(self, due: Due, error: SendErr) -> None:
        """Keep it where the refusal tells that the client wants no messages."""
        if error.consent is not None:
            account_id = ChannelAccountId(due.account_id)
            command = NoteConsent(account_id=account_id, consent=error.consent, scope="all")
            await self._ask(stream_of("client", due.client_id), command)

    async def _put_back(self, due: Due, delay: float, *, counts: bool = True) -> None:
        while True:
            try:
                await self._outbox.put_back(due, delay, counts=counts)
            except DatabaseError:
                await asyncio.sleep(0.5)
            else:
                return

    async def _record(self, marked: Due | Interrupted, state: MessageState, reason: str) -> None:
        command = ReportDelivery(seq=marked.seq, state=state, reason=reason)
        await self._ask(StreamId(marked.stream), command)

    async def _ask(self, stream: StreamId, command: object) -> None:
        await self._submit(Ask(stream=stream, command=command, meta=META))

    async def _submit(self, act: Act) -> None:
        while True:
            try:
                await self._desk.submit(act)
            except LogIsBusy:
                await asyncio.sleep(0.5)
            else:
                return


def _may_wait(due: Due, error: SendErr) -> bool:
    """Return whether to wait for a rate limit: always, where the provider says how long."""
    return error.retry_after is not None or due.tries < MOST_TRIES


def _may_repeat(due: Due, account: Connected) -> bool:
    is_safe = account.adapter.capabilities().idempotent_send
    return is_safe and due.tries < MOST_UNCERTAIN_TRIES


def _reason(ending: Ending, error: SendErr) -> str:
    """Return what the operator reads: the error kind, and what the provider said."""
    partly = f" (after {ending.left} of {ending.parts} parts had left)" if ending.left else ""
    return f"{error.kind}: {error.message}{partly}"


def _delay(tries: int, error: SendErr) -> float:
    """Return the seconds to wait: what the provider asked, or growing, with jitter."""
    if error.retry_after is not None:
        return error.retry_after
    return min(LONGEST_DELAY, 2.0**tries) * random.uniform(0.5, 1.0)  # noqa: S311  (no secret)
