"""
"There is something new": a word from whoever appended to whoever reads on.

It carries nothing and may be lost: everybody who waits for it also looks by himself, a
little later. It only makes the ordinary case fast.
"""

import asyncio
from typing import Final

from nats.aio.client import Client as Nats

from adapters.bus.subjects import POKE


class Poke:
    """Sends and hears the word, within this process and over NATS."""

    def __init__(self, nc: Nats) -> None:
        self._nc: Final = nc
        self._loop: Final = asyncio.get_running_loop()
        self._waiting: Final[list[asyncio.Event]] = []
        self._is_due = False

    async def start(self) -> None:
        """Begin to hear it from other processes."""

        async def heard(_: object) -> None:
            self._wake()

        await self._nc.subscribe(POKE, cb=heard)

    def event(self) -> asyncio.Event:
        """Return an event that is set whenever the word is heard; whoever waits clears it."""
        event = asyncio.Event()
        self._waiting.append(event)
        return event

    def tell(self, _position: int = 0) -> None:
        """Say that something was appended; from any thread, without waiting."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._say)

    def _say(self) -> None:
        self._wake()
        if not self._is_due and self._nc.is_connected:
            self._is_due = True
            task = self._loop.create_task(self._nc.publish(POKE, b""))
            task.add_done_callback(self._said)

    def _said(self, task: "asyncio.Task[None]") -> None:
        self._is_due = False
        if not task.cancelled():
            # A broken connection is the connection's affair: the others look by themselves.
            task.exception()

    def _wake(self) -> None:
        for event in self._waiting:
            event.set()
