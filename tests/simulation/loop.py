"""
An event loop without a clock: when nothing is left to do, it is the time of the next call.

The product's own coroutines run in it as they are. Calls happen in the order of their
time, and those of the same time in an order that depends on nothing but what came before.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from domain.values import Timestamp

START: Final = datetime(2030, 1, 2, 9, 0, tzinfo=UTC)
"""A Wednesday."""


class _NoFiles:
    """What the loop waits on: it lets the time pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("everybody waits, and for nothing")
        self.now += timeout
        return []

    def close(self) -> None:
        pass


class VirtualLoop(asyncio.BaseEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self._selector = _NoFiles()
        self._failures: Final = list[BaseException]()

    def time(self) -> float:
        """Return the seconds since the start."""
        return self._selector.now

    def now(self) -> Timestamp:
        return START + timedelta(seconds=self.time())

    def run_for(self, seconds: float) -> None:
        """Run what is due within so many seconds; raise what nobody else caught."""
        self.call_later(seconds, self.stop)
        self.run_forever()
        if self._failures:
            raise self._failures[0]

    def call_exception_handler(self, context: Any) -> None:
        """Keep what went wrong, for `run_for` to raise."""
        self._failures.append(context.get("exception") or RuntimeError(context["message"]))
        self.stop()

    def every(self, pause: Callable[[], float], do: Callable[[], Any]) -> None:
        """Call `do` again and again after pauses, until it returns False."""

        def once() -> None:
            if do() is not False:
                self.call_later(pause(), once)

        self.call_later(pause(), once)

    def _process_events(self, event_list: list[Any]) -> None:
        """Do nothing: there are no files."""

    def _write_to_self(self) -> None:
        """Do nothing: there is one thread."""
