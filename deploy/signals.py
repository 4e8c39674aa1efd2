"""SIGTERM and SIGINT: one way to end, for every process."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn


def stopped_by_signals() -> asyncio.Event:
    """Return an event that is set by SIGTERM or SIGINT."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


class QuietServer(uvicorn.Server):
    """A server that leaves signals alone: it would raise them again, amid our own ending."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
