"""Tells providers that a pressed button was seen: after the commit, and as well as it goes."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, cast

import httpx
import structlog

from adapters.channels.accounts import Connected
from adapters.channels.base import Acknowledges, HttpCall, InboundEvent, offers
from adapters.channels.transport import http_client, perform
from adapters.channels.wire import HttpResponse
from adapters.tasks import end

log = structlog.get_logger()

AT_ONCE: Final = 32
"""Calls on their way; of more at once nobody is told, and their buttons stop by themselves."""


class Acknowledging:
    """Makes the calls that nothing waits for, and of which nothing is recorded."""

    def __init__(self) -> None:
        self._calls: Final = set[asyncio.Task[None]]()
        self._client: httpx.AsyncClient | None = None

    def tell(
        self, events: Sequence[InboundEvent], owner: Callable[[InboundEvent], Connected]
    ) -> None:
        """Begin to tell the provider of what is recorded by now; return at once."""
        for event in events:
            call = _call_for(owner(event), event)
            if call is not None and len(self._calls) < AT_ONCE:
                task = asyncio.create_task(self._make(call))
                self._calls.add(task)
                task.add_done_callback(self._calls.discard)

    async def aclose(self) -> None:
        """Leave off what is on its way."""
        await end(self._calls)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _make(self, call: HttpCall) -> None:
        # Few channels need one, and it costs some memory.
        self._client = self._client or http_client()
        result = await perform(self._client, call)
        if not (isinstance(result, HttpResponse) and result.is_success):
            why = result.status if isinstance(result, HttpResponse) else result.value
            log.info("acknowledging.refused", call=call.label, why=why)


def _call_for(account: Connected, event: InboundEvent) -> HttpCall | None:
    if not offers(type(account.adapter), Acknowledges):
        return None
    try:
        return cast("Acknowledges", account.adapter).acknowledge(event)
    except Exception as failure:
        # An adapter from elsewhere may fail in any way, and its words may hold a secret.
        log.warning("acknowledging.failed", kind=account.kind, error=type(failure).__name__)
        return None
