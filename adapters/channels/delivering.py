"""Hands one message to its channel: its files first, then part after part, as far as it may."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

import httpx
import structlog

from adapters.channels.accounts import Connected
from adapters.channels.base import (
    CannotBeSent,
    ErrorKind,
    HttpCall,
    OutboundMessage,
    OutFile,
    SendErr,
    SendOk,
    Sends,
    Uploaded,
    UploadsMedia,
    offers,
)
from adapters.channels.files import Files
from adapters.channels.rates import Pace
from adapters.channels.transport import perform
from adapters.channels.wire import HttpResponse, TransportFailure
from adapters.storage.postgres.outbox import Due
from domain.content import Media
from domain.values import Timestamp

log = structlog.get_logger()

MOST_STEPS: Final = 100
"""Calls that handing over one file may take: a large one goes in pieces."""


@dataclass(frozen=True, slots=True)
class Left:
    """A part that the provider took, and when it was handed over."""

    ok: SendOk
    at: Timestamp


@dataclass(frozen=True, slots=True)
class Told:
    """Where it is recorded how a message comes along, before it goes on."""

    split: Callable[[int], Awaitable[None]]
    """It will leave in so many parts."""
    left: Callable[[Left], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a delivery ended."""

    error: SendErr | None = None
    parts: int = 1
    left: int = 0
    """Parts that the provider has, also from earlier tries."""

    @property
    def is_whole(self) -> bool:
        return self.error is None and self.left == self.parts


class Delivery:
    """One message on its way by one account."""

    def __init__(
        self,
        due: Due,
        account: Connected,
        pace: Pace,
        client: httpx.AsyncClient,
        files: Files | None,
    ) -> None:
        self._due: Final = due
        self._account: Final = account
        self._adapter: Final = account.adapter
        self._pace: Final = pace
        self._client: Final = client
        self._files: Final = files

    async def run(self, told: Told) -> Ending:
        """Return why it ended; each part that left has been told of before the next one did."""
        ending = await self._to(self._due.address, told)
        moved_to = ending.error.moved_to if ending.error else None
        if moved_to is not None and not ending.left:
            ending = await self._to(moved_to, told)
        return ending

    async def _to(self, address: str, told: Told) -> Ending:
        message = await self._message(address)
        if isinstance(message, SendErr):
            return Ending(message)
        if offers(type(self._adapter), Sends):
            return await self._by_itself(cast(Sends, self._adapter), message, told)
        calls = self._calls(message)
        if isinstance(calls, SendErr):
            return Ending(calls)
        return await self._make(calls, told)

    def _calls(self, message: OutboundMessage) -> list[HttpCall] | SendErr:
        try:
            calls = self._adapter.build(message)
        except CannotBeSent as error:
            return SendErr(ErrorKind.CONTENT, "cannot-be-sent", str(error))
        except Exception as failure:
            return self._fault(failure, ErrorKind.PERMANENT)
        split = self._due.split
        if split is not None and split.states and split.parts != len(calls):
            return SendErr(ErrorKind.CONTENT, "split-anew", "the channel's limits changed midway")
        return calls

    async def _make(self, calls: list[HttpCall], told: Told) -> Ending:
        parts = len(calls)
        done = 0 if self._due.split is None else len(self._due.split.states)
        if parts > 1:
            await told.split(parts)
        for number, call in enumerate(calls[done:], done):
            if number > done:
                # The first was counted when the message was taken.
                if not self._pace.allows(self._due.stream):
                    return Ending(None, parts, number)
                self._pace.spend(self._due.stream)
            at = datetime.now(UTC)
            answer = await self._answer(call)
            if isinstance(answer, SendErr):
                return Ending(answer, parts, number)
            await told.left(Left(answer, at))
        return Ending(None, parts, parts)

    async def _answer(self, call: HttpCall) -> SendOk | SendErr:
        result = await perform(self._client, call)
        try:
            return self._adapter.classify(call, result)
        except Exception as failure:
            return self._fault(failure, ErrorKind.UNKNOWN_OUTCOME)

    async def _by_itself(self, adapter: Sends, message: OutboundMessage, told: Told) -> Ending:
        at = datetime.now(UTC)
        try:
            answer = await adapter.send(message)
        except Exception as failure:
            return Ending(self._fault(failure, ErrorKind.UNKNOWN_OUTCOME))
        if isinstance(answer, SendErr):
            return Ending(answer)
        await told.left(Left(answer, at))
        return Ending(None, 1, 1)

    async def _message(self, address: str) -> OutboundMessage | SendErr:
        due = self._due
        files: dict[str, OutFile] = {}
        for part in due.sent.parts:
            if isinstance(part, Media) and part.sha256 is not None:
                file = None if self._files is None else await self._files.read(part.sha256)
                if file is None:
                    return SendErr(ErrorKind.CONTENT, "no-file", "the attachment is not there")
                files[part.sha256] = file
        handles: dict[str, str] = {}
        if files and offers(type(self._adapter), UploadsMedia):
            for sha256, file in files.items():
                handle = await self._hand_over(cast(UploadsMedia, self._adapter), file)
                if isinstance(handle, SendErr):
                    return handle
                handles[sha256] = handle
        said = due.last_received
        return OutboundMessage(
            message_id=due.sent.message_id,
            address=address,
            parts=due.sent.parts,
            reply_to_provider_id=due.reply_to_provider_id,
            files=files,
            handles=handles,
            subject=None if said is None else said.subject,
            last_received_id=None if said is None else said.provider_id,
        )

    async def _hand_over(self, adapter: UploadsMedia, file: OutFile) -> str | SendErr:
        """Return what the provider calls a file; done twice, it harms nobody."""
        answers: list[HttpResponse | TransportFailure] = []
        while len(answers) < MOST_STEPS:
            try:
                step = adapter.upload(file, answers)
            except Exception as failure:
                return self._fault(failure, ErrorKind.PERMANENT)
            match step:
                case HttpCall():
                    answers.append(await perform(self._client, step))
                case Uploaded(handle=handle):
                    return handle
                case SendErr(kind=ErrorKind.UNKNOWN_OUTCOME):
                    return SendErr(ErrorKind.TRANSIENT, step.code, step.message)
                case SendErr():
                    return step
        return SendErr(ErrorKind.PERMANENT, "upload", "handing over the file comes to no end")

    def _fault(self, failure: Exception, kind: ErrorKind) -> SendErr:
        """Return the error of an adapter that fails: any way, and with secrets in its words."""
        what = self._account.kind
        log.warning("dispatcher.adapter_failed", kind=what, error=type(failure).__name__)
        return SendErr(kind, "adapter-failed", f"the {what} adapter failed")
