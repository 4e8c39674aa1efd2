"""
The log as a router hears it: a FastStream subscriber on the log's JetStream stream.

An ordered push consumer: the server sends what comes, at once and in order, nothing is
acknowledged and nothing is remembered there. The cursor is the position of the fold. A
batching pull subscriber would ask the server all the time, and hear each event only when
its batch times out.
"""

import asyncio
from collections import deque
from types import TracebackType
from typing import Any, Final, Self

from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.nats import JStream, NatsBroker, NatsMessage
from nats.js.api import ConsumerConfig, DeliverPolicy

from domain.event import Recorded
from routers.ports import ReadEvent

LOG_STREAM: Final = "RECADO_LOG"
LOG_SUBJECTS: Final = "recado.log.>"

MOST_AT_ONCE: Final = 1_000
"""Events handed out together, so that other work on the loop gets its turn."""
HEARTBEAT: Final = 1.0
"""Seconds of silence after which the server says that it is there; two missed: start anew."""


def log_broker(url: str) -> NatsBroker:
    """Return a broker for `Hearing` that reconnects for ever and logs no message."""
    return NatsBroker(
        [one.strip() for one in url.split(",")],
        apply_types=False,
        logger=None,
        reconnect_time_wait=0.1,  # type: ignore[arg-type]  # slept as it is
        max_reconnect_attempts=-1,
        ping_interval=5,
    )


async def _as_it_came(message: StreamMessage[Any]) -> Any:
    return message


class Hearing:
    """
    The events after a position, in order, while the context is open.

    What NATS repeats or leaves out after a loss is for the caller to notice by position.
    """

    def __init__(self, broker: NatsBroker, read: ReadEvent, after: int) -> None:
        self._read: Final = read
        self._heard: Final = deque[NatsMessage]()
        self._came: Final = asyncio.Event()
        self._subscriber: Final = broker.subscriber(
            LOG_SUBJECTS,
            stream=JStream(LOG_STREAM, declare=False),
            config=ConsumerConfig(opt_start_seq=after + 1),
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            ordered_consumer=True,
            idle_heartbeat=HEARTBEAT,
            ack_policy=AckPolicy.MANUAL,
            decoder=_as_it_came,
            no_reply=True,
            persistent=False,
            title="log",
        )
        self._subscriber(self._hear)

    async def _hear(self, message: NatsMessage) -> None:
        # Reading it here would lose what cannot be read: FastStream swallows what a
        # subscriber raises.
        self._heard.append(message)
        self._came.set()

    async def __aenter__(self) -> Self:
        # Cancelled half-way, it would leave a subscription behind that nobody can end.
        starting = asyncio.ensure_future(self._subscriber.start())
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.gather(starting, return_exceptions=True)
            await self._subscriber.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._subscriber.stop()

    async def next(self, patience: float) -> list[Recorded]:
        """Return what was heard, or nothing after `patience` seconds; raises what `read` does."""
        if not self._heard:
            self._came.clear()
            try:
                async with asyncio.timeout(patience):
                    await self._came.wait()
            except TimeoutError:
                return []
        count = min(len(self._heard), MOST_AT_ONCE)
        return [self._read(self._heard.popleft().raw_message) for _ in range(count)]
