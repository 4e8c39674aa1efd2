"""
Tells other programs what happens: at least once, of each chat in order.

One process does it at a time. Each webhook goes by itself, so that a slow address keeps no
other one waiting. What fails is tried again for 75 hours, as Standard Webhooks says; then the
webhook is disabled, which is an event like any other.
"""

import asyncio
from contextlib import suppress
from functools import partial
from random import uniform
from time import monotonic
from typing import Final

import structlog

from adapters.http.history import event_item
from adapters.webhooks.queue import Due, WebhookQueue
from adapters.webhooks.register import Registered, WebhookRegister
from adapters.webhooks.sending import Message, Outcome, Sending, message_of
from domain.acts import Ask
from domain.entities import EVENT_TYPES
from domain.errors import RecadoError
from domain.ports import Desk
from domain.values import Meta, stream_of
from domain.webhook import DisableWebhook, kind_of

log = structlog.get_logger()

DELAYS: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds from each failure to the next try: 75 hours and a half in all."""
AT_ONCE: Final = 8
"""Messages on their way to one address."""
ROUND: Final = 64
IDLE: Final = 1.0
TIDY_EVERY: Final = 60.0
META: Final = Meta("webhooks", "dispatcher")


class WebhookSender:
    """Sends what webhooks are to be told, as long as it is the one to do so."""

    def __init__(
        self, register: WebhookRegister, queue: WebhookQueue, desk: Desk, sending: Sending
    ) -> None:
        self._register: Final = register
        self._queue: Final = queue
        self._desk: Final = desk
        self._sending: Final = sending
        self._rounds: Final[dict[str, asyncio.Task[bool]]] = {}
        """What goes on for each webhook."""
        self._tidied_at = monotonic()

    async def run(self, wake: asyncio.Event, lost: asyncio.Event) -> None:
        """Send until another one does; `wake` is set when something was committed."""
        try:
            while not lost.is_set():
                wake.clear()
                await self._begin_rounds(wake)
                with suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), IDLE)
        finally:
            # What has left is to be noted, so that it does not leave twice.
            await asyncio.gather(*self._rounds.values(), return_exceptions=True)

    async def _begin_rounds(self, wake: asyncio.Event) -> None:
        is_time = monotonic() - self._tidied_at > TIDY_EVERY
        for registered in await self._register.all():
            id_ = registered.webhook.id
            if is_time:
                await self._queue.forget_old(id_)
            if registered.webhook.disabled is None and id_ not in self._rounds:
                task = self._rounds[id_] = asyncio.create_task(self._round(registered))
                task.add_done_callback(partial(self._ended, id_, wake))
        if is_time:
            self._tidied_at = monotonic()

    def _ended(self, id_: str, wake: asyncio.Event, ended: asyncio.Task[bool]) -> None:
        self._rounds.pop(id_, None)
        if not ended.cancelled() and ended.exception() is None and ended.result():
            wake.set()

    async def _round(self, registered: Registered) -> bool:
        """Send what is due to one address; return whether there may be more."""
        webhook = registered.webhook
        try:
            topics = [topic for topic in EVENT_TYPES if webhook.wants(topic)]
            read = await self._queue.feed(webhook.id, topics)
            due = await self._queue.due(webhook.id, ROUND)
            room = asyncio.Semaphore(AT_ONCE)
            await asyncio.gather(*(self._tell(registered, one, room) for one in due))
        except Exception as error:
            log.warning("webhooks.failed", webhook=webhook.id, error=type(error).__name__)
            return False
        return bool(read or due)

    async def _tell(self, registered: Registered, due: Due, room: asyncio.Semaphore) -> None:
        webhook, kind = registered.webhook, kind_of(due.topic)
        async with room:
            message = _message(due, kind)
            outcome = await self._sending.send(webhook.url, registered.secrets, message)
        if outcome.arrived:
            await self._queue.delivered(due, kind, outcome)
            return
        delay = delay_after(due.tries, outcome)
        await self._queue.failed(due, kind, outcome, delay)
        if delay is None:
            await self._disable(webhook.id, "gone" if outcome.is_gone else "failing")

    async def _disable(self, webhook_id: str, reason: str) -> None:
        stream = stream_of("webhook", webhook_id)
        act = Ask(stream=stream, command=DisableWebhook(reason=reason), meta=META)
        with suppress(RecadoError):
            await self._desk.submit(act)
            log.warning("webhooks.disabled", webhook=webhook_id, reason=reason)


def delay_after(tries: int, outcome: Outcome) -> float | None:
    """Return the seconds until the next try after so many that failed before; None for never."""
    if outcome.is_gone or tries >= len(DELAYS):
        return None
    jitter = uniform(1.0, 1.1)  # noqa: S311  (no secret)
    return max(DELAYS[tries] * jitter, outcome.retry_after or 0.0)


def _message(due: Due, kind: str) -> Message:
    one = due.recorded
    event = event_item((one.position, one.stream, one.version, due.topic, due.state))
    return message_of(f"msg_{due.webhook_id}_{one.position}", kind, event["at"], event)
