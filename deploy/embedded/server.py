"""What PostgreSQL and NATS have in common: one child, one log, one port, one holder."""

import errno
import os
import secrets
import shutil
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from deploy.embedded.errors import (
    EmbeddedServerFailed,
    StartAbandoned,
    unusable_when_refused,
)
from deploy.embedded.lock import FileLock
from deploy.embedded.logfile import LogFile
from deploy.embedded.ports import KeptPort
from deploy.embedded.process import Child

POLL = 0.01
STALE_PATIENCE = 10.0
"""Seconds to go on trying while what an earlier run left behind is dying."""

FULL = 1024 * 1024
"""Bytes free below which a failure is put down to the disk: the log then stops, too."""

FULL_SAYS = os.strerror(errno.ENOSPC)

READY_PATIENCE = 120.0
"""Seconds a living server may take to be ready: recovery after a power cut reads a lot."""


class EmbeddedServer(ABC):
    """
    A server in `data`, a child of this process that ends with it.

    `start` blocks until it answers and may be called again after a crash: the address
    stays the same. Any thread may call; `abandon` makes a start in another thread give up.
    """

    name: str
    folder: ClassVar[str]
    transient: ClassVar[tuple[str, ...]]
    """What its log says of a start that may work in a moment."""

    def __init__(self, data: Path) -> None:
        self.data = data.expanduser().resolve()
        self.home = self.data / self.folder
        self.log = LogFile(self.data / "logs" / f"{self.folder}.log")
        self._secret_file = self.home / "secret"
        self._port = KeptPort(self.home / "port")
        self._lock = FileLock(self.data / f"{self.folder}.lock")
        self._child: Child | None = None
        self._url: str | None = None
        self._busy = threading.RLock()
        self._abandoned = threading.Event()

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def is_alive(self) -> bool:
        return self._child is not None and self._child.is_alive()

    def start(self) -> str:
        """
        Return the URL once the server answers; at once if it already does.

        Raises CannotBoot's children; whatever is raised, no process is left behind.
        """
        with self._busy:
            if self._url is not None and self.is_alive():
                return self._url
            self._give_up_if_abandoned()
            try:
                with unusable_when_refused(self.data):
                    self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
                    self._lock.acquire()
                    self._prepare()
                    self._url = self._start_until_ready()
            except BaseException:
                self._end_child()
                self._lock.release()
                raise
            return self._url

    def abandon(self) -> None:
        """Make a start that is under way in another thread raise StartAbandoned, soon."""
        self._abandoned.set()

    def stop(self, within: float = 5.0) -> None:
        """End the server, in good order if it can within so many seconds."""
        self.abandon()
        with self._busy:
            try:
                if self._child is not None:
                    self._stop_child(self._child, within)
            finally:
                self._end_child()
                self._lock.release()
                self._abandoned.clear()

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.kill()
        self._child = None
        self._url = None

    @abstractmethod
    def _prepare(self) -> None:
        """Make what the server needs to exist, and end what an earlier run left behind."""

    @abstractmethod
    def _launch(self, port: int) -> Child:
        """Return the server, just started."""

    @abstractmethod
    def _url_when_ready(self, child: Child, port: int) -> str | None:
        """Return the URL if the server answers by now."""

    @abstractmethod
    def _stop_child(self, child: Child, within: float) -> None: ...

    @abstractmethod
    def _reason(self, lines: list[str]) -> str | None:
        """Return the line among the log's that says why it ended."""

    def _start_until_ready(self) -> str:
        give_up = time.monotonic() + STALE_PATIENCE
        while True:
            offset = self.log.size()
            port = self._port.choose()
            self._child = self._launch(port)
            url = self._wait_for(self._child, partial(self._url_when_ready, self._child, port))
            if url is not None:
                return url
            lines = self.log.lines_since(offset)
            passing = any(sign in line for line in lines for sign in self.transient)
            if not passing or time.monotonic() > give_up:
                raise self._failure(lines)
            self._abandoned.wait(0.1)

    def _wait_for(self, child: Child, answer: Callable[[], str | None]) -> str | None:
        """Return the answer as soon as there is one; None when the child ended without."""
        give_up = time.monotonic() + READY_PATIENCE
        while True:
            self._give_up_if_abandoned()
            alive = child.is_alive()
            found = answer() if alive else None
            if found is not None or not alive:
                return found
            if time.monotonic() > give_up:
                raise EmbeddedServerFailed(
                    self.name, f"no answer in {READY_PATIENCE:.0f} s, see {self.log.path}"
                )
            time.sleep(POLL)

    def _give_up_if_abandoned(self) -> None:
        if self._abandoned.is_set():
            raise StartAbandoned(self.name)

    def _failure(self, lines: list[str]) -> EmbeddedServerFailed:
        said = [line.replace(self._secret(), "…") for line in lines]
        reason = self._reason(said) or next(reversed(said), "it ended without a word")
        if shutil.disk_usage(self.data).free < FULL and FULL_SAYS not in reason:
            reason = f"{FULL_SAYS}: {reason}"
        return EmbeddedServerFailed(
            self.name, f"{reason} (see {self.log.path})", log_tail="\n".join(said[-20:])
        )

    def _secret(self) -> str:
        """Return the server's password or token, made at the first start."""
        if not self._secret_file.exists():
            self._write_secretly(self._secret_file, secrets.token_urlsafe(32))
        return self._secret_file.read_text()

    def _write_secretly(self, file: Path, text: str) -> None:
        """Write a file that only its owner reads, whole or not at all."""
        draft = file.with_name(f"{file.name}.new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
            out.write(text)
        draft.replace(file)
