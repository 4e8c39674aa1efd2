"""
Starts the parts of an installation in order, keeps them up, and stops them in reverse.

Parts are commands of ours and the embedded servers. Each is started when the one
before it is ready; one that ends later is started again.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from deploy.parts import CommandPart, Part, Server, ServerPart, Watched

log = structlog.get_logger()

POLL = 0.05
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
HEALTHY_AFTER = 10.0
"""Seconds after which a part that ends again is started again without a growing pause."""


@dataclass(slots=True)
class Standing:
    """How a part does, as its supervisor sees it."""

    name: str
    is_up: bool
    since: float
    """Unix time since when it is up, or down."""
    starts: int = 1
    """How often it was started, the first time included."""


class Supervisor:
    """
    Parts that are up together, or not at all.

    `run` for a command: until SIGTERM or SIGINT. `async with` for a program: up inside.
    `logs` takes a file for each command. All stop within `stop_within` seconds.
    """

    def __init__(
        self, parts: Sequence[Part | Server], logs: Path, *, stop_within: float = 10.0
    ) -> None:
        self._parts = [
            CommandPart(p, logs) if isinstance(p, Part) else ServerPart(p) for p in parts
        ]
        self._stop_within = stop_within
        self._started: list[Watched] = []
        self._watches: list[asyncio.Task[None]] = []
        self._standings: dict[str, Standing] = {}
        self._down_until: dict[str, float] = {}

    @property
    def standings(self) -> list[Standing]:
        """Return how the parts do that are to be up, in the order in which they were started."""
        return list(self._standings.values())

    def fell(self, name: str, seconds: float = 0.0) -> None:
        """
        Kill a part as a crash would; it is started again, but not within so many seconds.

        Raises KeyError where no part of that name is to be up.
        """
        if name not in self._standings:
            raise KeyError(name)
        part = next(one for one in self._started if one.name == name)
        self._down_until[name] = time.monotonic() + seconds
        if part.pid is not None:
            log.warning("part.felled", part=name, pid=part.pid, seconds=seconds)
            with suppress(ProcessLookupError):
                os.kill(part.pid, signal.SIGKILL)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def run(self, when_ready: Callable[[], object] = lambda: None) -> None:
        """
        Start all, call `when_ready`, and stop all at SIGTERM or SIGINT, also amid the start.

        Raises CannotBoot's children when a part does not come up.
        """
        loop, asked = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, asked.set)
        starting = asyncio.create_task(self.start())
        waiting = asyncio.create_task(asked.wait())
        try:
            await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                await starting
                when_ready()
                await waiting
        finally:
            starting.cancel()
            waiting.cancel()
            await asyncio.wait({starting, waiting})
            await self.stop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    async def start(self) -> None:
        """Return when all are ready; what had started is stopped when one is not."""
        try:
            for part in self._parts:
                self._started.append(part)
                began = time.monotonic()
                await part.start()
                seconds = round(time.monotonic() - began, 3)
                log.info("part.ready", part=part.name, seconds=seconds)
                if not part.is_done():
                    self._standings[part.name] = Standing(part.name, True, time.time())
                    self._watches.append(asyncio.create_task(self._keep_up(part)))
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Return when all have ended, the last started first."""
        deadline = time.monotonic() + self._stop_within
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        self._watches.clear()
        while self._started:
            part = self._started.pop()
            # A second is kept for each that is still to come, half of one for killing.
            left = deadline - time.monotonic() - len(self._started) - 0.5
            try:
                await part.stop(max(0.5, left))
            except Exception as error:  # the others still have to stop
                log.warning("part.stop_failed", part=part.name, reason=str(error))
            else:
                log.info("part.stopped", part=part.name)

    async def _keep_up(self, part: Watched) -> None:
        pause, standing = FIRST_PAUSE, self._standings[part.name]
        while True:
            began = time.monotonic()
            while part.is_alive():  # noqa: ASYNC110 - the end of a process is no event everywhere
                await asyncio.sleep(POLL)
            standing.is_up, standing.since = False, time.time()
            if time.monotonic() - began > HEALTHY_AFTER:
                pause = FIRST_PAUSE
            wait = max(pause, self._down_until.get(part.name, 0.0) - time.monotonic())
            log.warning("part.ended", part=part.name, again_in=round(wait, 3))
            await asyncio.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                await part.start()
            except Exception as error:  # whatever it was, the next try is the mend
                log.warning("part.restart_failed", part=part.name, reason=str(error))
            else:
                standing.is_up, standing.since = True, time.time()
                standing.starts += 1
                log.info("part.restarted", part=part.name)
