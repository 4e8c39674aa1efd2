"""Children that do not outlive us."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from deploy.embedded.account import Account
from deploy.embedded.logfile import LogFile

LEASH = Path(__file__).with_name("leash.py")


class Child:
    """
    A process of ours, in a session of its own, so that a terminal's Ctrl-C does not reach it.

    On Linux it gets `when_orphaned` as soon as this process ends, however it ends. Its
    output is appended to `log`. Raises OSError when it cannot be made.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        log: LogFile,
        when_orphaned: signal.Signals,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        account: Account | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        user = f"{account.uid}:{account.gid}" if account else "-"
        leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid())]

        def start() -> subprocess.Popen[bytes]:
            with log.open() as output:
                return subprocess.Popen(  # noqa: S603 - the programs are ours, no shell
                    [*leash, str(when_orphaned.value), user, *argv],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=env,
                    cwd=cwd,
                    start_new_session=True,
                    pass_fds=pass_fds,
                )

        self._process = _spawned(start)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended_with(self) -> int | None:
        """Return the exit status, negative for a signal; None while it lives."""
        return self._process.poll()

    def is_alive(self) -> bool:
        return self.ended_with() is None

    def wait(self, seconds: float) -> bool:
        """Return whether it ended within `seconds`."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, *steps: tuple[signal.Signals, float]) -> None:
        """Send each signal and give it its seconds until the process ends; SIGKILL comes last."""
        for step, seconds in steps:
            self._process.send_signal(step)
            if self.wait(seconds):
                return
        self.kill()

    def kill(self) -> None:
        """End it and its whole group at once."""
        if self.is_alive():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()


class _Order(NamedTuple):
    start: Callable[[], subprocess.Popen[bytes]]
    started: "Future[subprocess.Popen[bytes]]"


_orders: "queue.SimpleQueue[_Order]" = queue.SimpleQueue()
_one_spawner = threading.Lock()
_spawners: list[threading.Thread] = []


def _spawned(start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """
    Return what `start` started, on the one thread that lives as long as this process.

    Linux tells a child of the end of the *thread* that made it: what a pool's thread
    made would be told to die when the pool shrinks.
    """
    with _one_spawner:
        if not any(thread.is_alive() for thread in _spawners):
            _spawners[:] = [threading.Thread(target=_spawn_for_ever, name="spawner", daemon=True)]
            _spawners[0].start()
    order = _Order(start, Future())
    _orders.put(order)
    try:
        return order.started.result()
    except BaseException:
        # Interrupted while waiting: nobody will hold this child, so it must not live.
        order.started.add_done_callback(_kill_unclaimed)
        raise


def _spawn_for_ever() -> None:
    while True:
        start, started = _orders.get()
        try:
            started.set_result(start())
        except BaseException as error:
            started.set_exception(error)
        del start, started


def _kill_unclaimed(started: "Future[subprocess.Popen[bytes]]") -> None:
    if started.exception() is None:
        started.result().kill()
        started.result().wait()
