"""Hands in what channels say, however it came: called by the provider, or pulled by us."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

import structlog

from adapters.channels.base import RawRequest, unreadable
from adapters.channels.bounding import bounded, bounded_notice, may_be_large
from domain.errors import IdentityReused, LeaseLost, LogIsBusy
from domain.inbound import InboundEvent
from domain.intake import TakeIn, keep_mismatch, take_in
from domain.ports import Act, Receipt
from domain.values import ChannelAccountId, Naming

log = structlog.get_logger()

MOST_KEPT: Final = 3 * 1024 * 1024
"""Bytes of a body that are kept in the log: a webhook's whole, and the beginning of a mail."""


class Desk(Protocol):
    """The desk as this needs it."""

    @property
    def naming(self) -> Naming: ...
    async def submit(self, act: Act) -> Receipt: ...
    async def submit_all(self, acts: Sequence[Act]) -> list[Receipt | BaseException]: ...


class TakingIn:
    """The way in: all of a body is committed, or nothing of it is said to be (M2)."""

    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk

    async def record(
        self,
        request: RawRequest,
        events: Sequence[InboundEvent],
        owner: Callable[[InboundEvent], ChannelAccountId],
    ) -> None:
        """
        Return once all that a request says is committed, each thing once (M1).

        Raises `LogIsBusy` or `LeaseLost`; then the same request is to be taken in again.
        """
        if may_be_large(request.body):
            events = [bounded(event) for event in events]
        acts = [take_in(self._desk.naming, owner(event), event) for event in events]
        if len(acts) == 1:
            await self._record_one(acts[0], request)
        else:
            await self._record_all(acts, request)

    async def _record_one(self, act: TakeIn, request: RawRequest) -> None:
        try:
            await self._desk.submit(act)
        except Exception as error:
            await self._mend(act, error, request)

    async def _record_all(self, acts: list[TakeIn], request: RawRequest) -> None:
        outcomes = await self._desk.submit_all(acts)
        for act, outcome in zip(acts, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                await self._mend(act, outcome, request)

    async def _mend(self, act: TakeIn, error: BaseException, request: RawRequest) -> None:
        """Keep what could not be taken in, so that it does not come back for a week (M4)."""
        if isinstance(error, LogIsBusy | LeaseLost) or not isinstance(error, Exception):
            raise error
        if isinstance(error, IdentityReused):
            raw = bounded_notice(unreadable(_cut(request), "mismatch")).raw
            kept = keep_mismatch(self._desk.naming, act, raw)
        else:
            log.error("inbound.not_taken_in", error=type(error).__name__)
            notice = bounded_notice(unreadable(_cut(request), f"refused:{type(error).__name__}"))
            kept = take_in(self._desk.naming, act.account_id, notice)
        await self._desk.submit(kept)


def _cut(request: RawRequest) -> RawRequest:
    return replace(request, body=request.body[:MOST_KEPT])
