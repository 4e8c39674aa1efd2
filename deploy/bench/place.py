"""An installation in a folder of its own: its servers alone, one part with them, or everything."""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from deploy.bench import processes
from deploy.bench.company import SUPERVISOR, come_online, company
from deploy.bench.failed import BenchFailed
from deploy.bench.load import Chats, load
from deploy.commands.access import issue_token
from deploy.commands.records import apply_workspace
from deploy.embedded import DataDirectory, EmbeddedServers, Urls, running
from deploy.embedded.directory import sealing_file
from deploy.embedded.logfile import LogFile
from deploy.embedded.process import Child
from deploy.installation import opened, prepare_database
from deploy.launch import reserved

HOST: Final = "127.0.0.1"
_PATIENCE: Final = 120.0
_FIRST_MESSAGE: Final = 10**10
"""Higher than those in a log that was made at once."""


@dataclass(frozen=True, slots=True)
class Program:
    """What runs now, besides the servers."""

    urls: Urls
    port: int
    token: str
    """Of a supervisor, who sees every chat."""
    pid: int

    @property
    def address(self) -> tuple[str, int]:
        return HOST, self.port

    def parts(self) -> dict[int, str]:
        """Return all processes with the part that each is."""
        return {pid: processes.part_of(pid) for pid in processes.family(self.pid)}


class Place:
    """
    One installation; whatever runs in it ends with the block, and the folder goes.

    Of `servers`, `serving` and `everything` one is there at a time: asking for another
    ends the first, what was recorded stays.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self._folder: Final = Path(tempfile.mkdtemp(prefix="recado-bench-", dir=parent))
        self._directory: Final = DataDirectory(self._folder)
        self._servers: EmbeddedServers | None = None
        self._urls: Urls | None = None
        self._child: Child | None = None
        self._program: Program | None = None
        self._is_everything = False
        self._is_furnished = False
        self._clients = 0
        self._messages = _FIRST_MESSAGE
        self.open_clients: list[int] = []
        """Whose chats are open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def fill(self, chats: int, still_open: int, turns: float = 0) -> int:
        """
        Make so many chats at once, the last of them open; return how many events they are.

        Nothing but the servers runs afterwards, and the views know nothing of it.
        """
        urls = self.servers()
        made = Chats(chats, still_open, self._clients, turns)
        self._clients += chats
        self.open_clients = [*self.open_clients, *made.open_clients]
        with opened(urls) as installation:
            naming = installation.desk.naming
        return load(urls.postgres, made, naming)

    def have_open(self, chats: int) -> None:
        """Make chats until so many are open; what runs goes on if they are there already."""
        missing = chats - len(self.open_clients)
        if missing > 0:
            self.fill(missing, missing)

    def new_clients(self, number: int) -> range:
        """Return so many clients who have not written yet."""
        self._clients += number
        return range(self._clients - number, self._clients)

    def messages(self, number: int) -> int:
        """Return the number of the first of so many messages."""
        self._messages += number
        return self._messages - number

    def servers(self) -> Urls:
        """Return where the servers are, with the company in them and nothing else running."""
        if self._program is not None:
            self.stop()
        if self._urls is None:
            self._directory.acquire()
            self._servers = EmbeddedServers(self._directory)
            sealing = sealing_file(self._folder)
            self._urls = replace(self._servers.start(), sealing=sealing)
            prepare_database(self._urls.postgres)
            self._furnish(self._urls)
        return self._urls

    def serving(self) -> Program:
        """Return one `recado serve`, beside the servers."""
        urls = self.servers()
        with reserved(HOST, 0) as held:
            port = int(held.getsockname()[1])
            where = {
                "RECADO_POSTGRES_URL": urls.postgres,
                "RECADO_NATS_URL": urls.nats,
                "RECADO_SEALING_KEY": urls.sealing or "",
                "RECADO_ATTACHMENTS_URL": f"{self._directory.path / 'attachments'}",
            }
            self._child = self._start(["serve", "--host", HOST, "--port", f"{port}"], where)
            self._wait(lambda: _answers(port, "/livez"))
        return self._now_runs(urls, port)

    def everything(self) -> Program:
        """Return `recado up` as anybody starts it."""
        if self._is_everything and self._program is not None:
            return self._program
        self.servers()
        self.stop()
        self._child = self._start(["up", "--data", str(self._folder), "--port", "0"], {})
        self._wait(lambda: self._ready_line() is not None)
        urls, line = running(self._folder), self._ready_line()
        assert urls is not None
        assert line is not None
        self._is_everything = True
        return self._now_runs(urls, int(line.rpartition(":")[2]))

    def stop(self) -> None:
        """End whatever runs here."""
        if self._child is not None:
            self._child.stop((signal.SIGTERM, 20.0))
        if self._servers is not None:
            self._servers.stop(20.0)
            self._directory.release()
        self._child = self._servers = self._urls = self._program = None
        self._is_everything = False

    def _furnish(self, urls: Urls) -> None:
        if not self._is_furnished:
            apply_workspace(urls, company())
            come_online(urls)
            self._is_furnished = True

    def _now_runs(self, urls: Urls, port: int) -> Program:
        assert self._child is not None
        with opened(urls) as installation:
            token = issue_token(installation, SUPERVISOR)
        self._program = Program(urls, port, token, self._child.pid)
        return self._program

    @property
    def _log(self) -> LogFile:
        return LogFile(self._folder / "logs" / "bench.log")

    def _start(self, arguments: Sequence[str], added: dict[str, str]) -> Child:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("RECADO_")}
        program = [sys.executable, "-m", "deploy.cli", *arguments]
        self._offset = self._log.size()
        # What is measured is the installation, and not the limit on one caller.
        own = {"RECADO_LOG_LEVEL": "warning", "RECADO_REQUESTS_PER_SECOND": "0"}
        env = {**kept, **added, **own}
        return Child(program, log=self._log, when_orphaned=signal.SIGTERM, env=env)

    def _wait(self, is_ready: Callable[[], bool]) -> None:
        give_up = time.monotonic() + _PATIENCE
        while not is_ready():
            assert self._child is not None
            if not self._child.is_alive() or time.monotonic() > give_up:
                said = self._log.lines_since(self._offset)[-1:] or ["it said nothing"]
                raise BenchFailed(f"recado did not start: {said[0]}")
            time.sleep(0.05)

    def _ready_line(self) -> str | None:
        lines = self._log.lines_since(self._offset)
        return next((line for line in lines if line.startswith("ready http")), None)


def _answers(port: int, path: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"http://{HOST}:{port}{path}", timeout=2).is_success
    return False
