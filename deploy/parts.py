"""The parts of an installation: what each is, and how it starts, is ready and stops."""

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from deploy.embedded.errors import PartFailed
from deploy.embedded.logfile import LogFile
from deploy.embedded.process import Child

POLL = 0.05
READY_FD = "RECADO_READY_FD"

Environment = Mapping[str, str] | Callable[[], Mapping[str, str]]


@dataclass(frozen=True)
class Part:
    """A command, its additions to our environment, and how it is known to be ready."""

    name: str
    argv: Sequence[str]
    env: Environment = field(default_factory=dict)
    """Asked for at every start, when a function: addresses are known by then."""

    ready: Callable[[], Awaitable[bool]] | Literal["line", "end"] | None = None
    """
    A question asked until it says yes; "line": it calls `tell_ready`; "end": it does its
    work once and ends with 0; None: at once.
    """

    patience: float = 60.0
    """Seconds it may take to be ready."""


class Server(Protocol):
    """What an embedded server lets itself be asked, from any thread."""

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int | None: ...
    def start(self) -> object: ...
    def is_alive(self) -> bool: ...
    def abandon(self) -> None: ...
    def stop(self, within: float) -> None: ...


class Watched(Protocol):
    """A part as the supervisor sees it. `start` leaves no process behind when it raises."""

    name: str

    @property
    def pid(self) -> int | None: ...
    async def start(self) -> None: ...
    async def stop(self, within: float) -> None: ...
    def is_alive(self) -> bool: ...
    def is_done(self) -> bool: ...


def tell_ready() -> None:
    """Say to the supervisor that this process is ready; quiet when there is none."""
    fd = os.environ.pop(READY_FD, None)
    if fd is not None:
        with suppress(OSError):
            os.write(int(fd), b"ready\n")
            os.close(int(fd))


class ServerPart:
    """An embedded server: what blocks runs in a thread, and gives up when we do."""

    def __init__(self, server: Server) -> None:
        self.name = server.name
        self._server = server

    @property
    def pid(self) -> int | None:
        return self._server.pid

    async def start(self) -> None:
        starting = asyncio.create_task(asyncio.to_thread(self._server.start))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            self._server.abandon()
            await asyncio.gather(starting, return_exceptions=True)
            raise

    async def stop(self, within: float) -> None:
        await asyncio.to_thread(self._server.stop, within)

    def is_alive(self) -> bool:
        return self._server.is_alive()

    def is_done(self) -> bool:
        return False


class CommandPart:
    """A part's process, of which there is one after the other."""

    def __init__(self, part: Part, logs: Path) -> None:
        self.name = part.name
        self._part = part
        self._log = LogFile(logs / f"{part.name}.log")
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.pid

    async def start(self) -> None:
        offset, line = self._log.size(), _ReadyLine()
        try:
            async with asyncio.timeout(self._part.patience):
                await self._start_until_ready(line)
        except BaseException as error:
            reason = self._why(error)
            if self._child is not None:
                self._child.kill()
            if reason is None:
                raise
            said = self._log.lines_since(offset)[-1:]
            reason = ": ".join([reason, *said])
            raise PartFailed(self.name, reason, self._log.path) from error
        finally:
            line.close()

    async def _start_until_ready(self, line: "_ReadyLine") -> None:
        child = self._child = self._launch(line)
        while True:
            status = child.ended_with()
            if status is not None and (status != 0 or self._part.ready != "end"):
                raise ChildProcessError(f"it ended with {status}")
            if await self._is_ready(line):
                return
            await asyncio.sleep(POLL)

    async def _is_ready(self, line: "_ReadyLine") -> bool:
        match self._part.ready:
            case None:
                return True
            case "line":
                return line.came()
            case "end":
                return not self.is_alive()
            case ask:
                return await ask()

    def _launch(self, line: "_ReadyLine") -> Child:
        program, *arguments = self._part.argv
        added = self._part.env() if callable(self._part.env) else self._part.env
        return Child(
            [shutil.which(program) or program, *arguments],
            log=self._log,
            # A part may wait for its callers before it ends, and nobody would end it then.
            when_orphaned=signal.SIGKILL,
            env={**os.environ, **added, READY_FD: f"{line.tell}"},
            pass_fds=[line.tell],
        )

    def _why(self, error: BaseException) -> str | None:
        match error:
            case TimeoutError():
                return f"not ready in {self._part.patience:.0f} s"
            case OSError():
                return str(error)
            case _:
                return None

    async def stop(self, within: float) -> None:
        if self._child is not None:
            await asyncio.to_thread(self._child.stop, (signal.SIGTERM, within))

    def is_alive(self) -> bool:
        return self._child is not None and self._child.is_alive()

    def is_done(self) -> bool:
        return self._part.ready == "end" and not self.is_alive()


class _ReadyLine:
    """A pipe on which a child says that it is ready."""

    def __init__(self) -> None:
        self._told, self.tell = os.pipe()
        os.set_blocking(self._told, False)

    def came(self) -> bool:
        with suppress(BlockingIOError):
            return b"\n" in os.read(self._told, 64)
        return False

    def close(self) -> None:
        os.close(self._told)
        os.close(self.tell)
