"""The `recado` command, run as its users run it."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from tests.scenarios.processes import free_port
from tests.scenarios.waiting import until

PROGRAM = [sys.executable, "-m", "deploy.cli"]
PATIENCE = 120.0
"""Seconds that anything may take to start: machines that run tests are busy."""
ROOT = Path(__file__).parents[2]

Said = subprocess.CompletedProcess[str]


def run(
    *words: object, environment: Mapping[str, str] | None = None, seconds: float = PATIENCE
) -> Said:
    """Return what a command said, and its status."""
    return subprocess.run(
        [*PROGRAM, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=seconds,
        env=os.environ | dict(environment or {}),
        stdin=subprocess.DEVNULL,
    )


@contextmanager
def beside(part: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Run a `serve` or a `work` of its own; yield the address of a `serve`."""
    port = free_port()
    listen = ["--port", f"{port}"] if part == "serve" else []
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*PROGRAM, part, *listen],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=ROOT,
            env=os.environ | dict(environment),
        )
        try:
            address = f"http://127.0.0.1:{port}"
            if part == "serve":
                until(lambda: is_ready(address), PATIENCE)
            yield address
            process.terminate()
            # A worker may be told to end before it has come as far as to hear of it.
            assert process.wait(10) in {0, -signal.SIGTERM}
        finally:
            process.kill()
            process.wait()


def is_ready(address: str) -> bool:
    """Return whether an installation says that it is well."""
    try:
        with urlopen(f"{address}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
