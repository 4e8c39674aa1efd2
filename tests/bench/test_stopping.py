"""Whoever stops a run half-way finds nothing left behind."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.fixtures_servers import processes_below, wait_until


def test_sigterm_ends_all_servers_and_removes_the_folder(data: Path) -> None:
    data.chmod(0o711)
    program = [sys.executable, "-m", "deploy.cli", "bench", "rebuild", "--in", str(data)]
    with subprocess.Popen(program, stdout=subprocess.DEVNULL) as run:
        try:
            wait_until(lambda: list(data.glob("*/postgres/cluster/postmaster.pid")), 60)
            run.send_signal(signal.SIGTERM)
            assert run.wait(30) == 128 + signal.SIGTERM
        finally:
            run.kill()
    assert list(data.iterdir()) == []
    assert processes_below(data) == []
