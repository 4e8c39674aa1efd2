"""The log's stream as a router hears it: late, again, with holes, and sometimes cut short."""

import asyncio
from collections.abc import Sequence
from random import Random
from types import TracebackType
from typing import Final, Protocol, Self

from adapters.storage.mapper import UnreadableEvent
from domain.event import Recorded
from tests.simulation.climate import Climate, Sometimes
from tests.simulation.loop import VirtualLoop
from tests.simulation.store import Store


class Stream:
    """What the relay has copied: every event up to `last`."""

    def __init__(
        self, loop: VirtualLoop, store: Store, rng: Random, climate: Climate, sometimes: Sometimes
    ) -> None:
        self.last = 0
        self.epoch = 0
        self.relay_is_up = True
        self.climate, self.loop, self.sometimes = climate, loop, sometimes
        self._store, self._rng = store, rng
        self._waiting: Final = list[asyncio.Future[None]]()
        self._is_under_way = False
        store.on_commit.append(self._poke)

    def _poke(self) -> None:
        if not self._is_under_way:
            self._is_under_way = True
            lag = self._rng.random() * self.climate.relay_lag
            self.loop.call_later(lag, self._copy)

    def _copy(self) -> None:
        self._is_under_way = False
        if self.relay_is_up and self.last < self._store.head:
            self.last = self._store.head
            waiting, self._waiting[:] = self._waiting[:], []
            for future in waiting:
                _wake(future)

    def resume(self) -> None:
        """Have the relay run again."""
        self.relay_is_up = True
        self._poke()

    def lose(self, events: int) -> None:
        """Have the stream lose its end, or all of it; the relay fills it again."""
        self.sometimes["stream_cut_short" if events < self.last else "stream_rebuilt"] += 1
        self.last = max(0, self.last - events)
        self.epoch += 1
        self._poke()

    def between(self, after: int, count: int) -> Sequence[Recorded]:
        return self._store.recorded[after : min(after + count, self.last)]

    async def wait(self, seconds: float) -> None:
        """Return when there is more, or after so many seconds."""
        future: asyncio.Future[None] = self.loop.create_future()
        self._waiting.append(future)
        handle = self.loop.call_later(seconds, _wake, future)
        try:
            await future
        finally:
            handle.cancel()
            if future in self._waiting:
                self._waiting.remove(future)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Listener(Protocol):
    """The process that hears a stream."""

    stream: Stream
    rng: Random

    async def breathe(self) -> None: ...


class Hearing:
    """In the place of `routers.hearing.Hearing`; its broker is the process that hears."""

    def __init__(self, broker: Listener, read: object, after: int) -> None:
        self._node, self._stream, self._rng = broker, broker.stream, broker.rng
        self._cursor = after
        self._epoch = self._stream.epoch

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    async def next(self, patience: float) -> list[Recorded]:
        """Return what came, or nothing after `patience` seconds."""
        await self._node.breathe()
        if self._cursor >= self._stream.last:
            await self._stream.wait(patience)
            await self._node.breathe()
        self._misfortunes()
        heard = self._stream.between(self._cursor, self._rng.choice((1, 3, 10, 1000)))
        self._cursor += len(heard)
        if heard and self._rng.random() < self._stream.climate.unreadable_once:
            self._stream.sometimes["unreadable_on_the_stream"] += 1
            raise UnreadableEvent("simulated", heard[0].position, "data")
        return list(heard)

    def _misfortunes(self) -> None:
        """Hear again what was heard, or miss something: both are noticed by position."""
        stream, climate, rng = self._stream, self._stream.climate, self._rng
        if self._epoch != stream.epoch:
            self._epoch = stream.epoch
            self._cursor = rng.choice((0, min(self._cursor, stream.last)))
        if rng.random() < climate.heard_again:
            stream.sometimes["heard_again"] += 1
            self._cursor = max(0, self._cursor - rng.randint(1, 50))
        elif rng.random() < climate.heard_with_gap and self._cursor + 1 < stream.last:
            stream.sometimes["gap_in_the_stream"] += 1
            self._cursor += 1
