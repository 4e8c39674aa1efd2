"""The desk by itself: messages handed in by so many callers who each await their commit."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from adapters.storage.desk import LogDesk
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.recorder import LogRecorder
from adapters.storage.sealing.opening import masters_of, ring_of
from deploy.bench import payloads
from deploy.bench.company import CHANNEL
from domain.content import Text
from domain.inbound import MessageArrived, Peer
from domain.intake import TakeIn, take_in
from domain.values import ChannelAccountId, Identity, Naming

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Work:
    """Messages to hand in, numbered from `first` on."""

    url: str
    first: int
    clients: Sequence[int]
    callers: int
    seconds: float
    warm_up: int = 0
    """So many of the messages are handed in before anything is measured."""
    sealing: str | None = None
    """Where the key is that what is personal is sealed with; None leaves it as it is."""


@dataclass(slots=True)
class Done:
    warmed_up: int = 0
    messages: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    used: float = 0.0
    """Seconds of processor time, PostgreSQL's aside."""

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds


def hand_in(work: Work) -> Done:
    """Hand the messages in until the time is over; return what was committed."""
    recorder = LogRecorder.connect(work.url)
    masters = None if work.sealing is None else masters_of(work.url, work.sealing)
    desk = LogDesk(recorder, EventMapper().opening(ring_of(masters)))
    try:
        return asyncio.run(_hand_in(desk, work))
    finally:
        desk.close()
        recorder.close()


async def _hand_in(desk: LogDesk, work: Work) -> Done:
    left, done = acts(desk.naming, work), Done()
    while first := list(islice(left, min(_AT_ONCE, work.warm_up - done.warmed_up))):
        await desk.submit_all(first)
        done.warmed_up += len(first)
    began, before_all = time.monotonic(), time.process_time()
    give_up = began + work.seconds

    async def call() -> None:
        for act in left:
            before = time.monotonic()
            await desk.submit(act)
            done.latencies.append(time.monotonic() - before)
            done.messages += 1
            if time.monotonic() > give_up:
                return

    await asyncio.gather(*(call() for _ in range(work.callers)))
    done.seconds = time.monotonic() - began
    done.used = time.process_time() - before_all
    return done


def acts(naming: Naming, work: Work) -> Iterator[TakeIn]:
    """Yield the act of taking in each message."""
    account_id, now = ChannelAccountId(naming.derive("channel", CHANNEL)), datetime.now(UTC)
    for number, client in enumerate(work.clients, work.first):
        provider_id = f"wamid.b{number}"
        identity = Identity("whatsapp.phone", payloads.phone(client))
        arrived = MessageArrived(
            account=None,
            dedup_key=f"m:{provider_id}",
            occurred_at=now,
            peer=Peer((identity,), payloads.name(client)),
            provider_id=provider_id,
            parts=(Text(text=payloads.text(number)),),
        )
        yield take_in(naming, account_id, arrived)
