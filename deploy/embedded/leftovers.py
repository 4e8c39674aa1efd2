"""What an earlier run left behind: servers of a parent that was killed."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def processes_in(folder: Path) -> dict[int, str]:
    """
    Return the programs, by process id, whose working directory is `folder`.

    Both servers work in a folder of their own, so this is what tells them from a
    stranger who got their process id. Empty where there is no /proc.
    """
    found: dict[int, str] = {}
    for entry in PROC.glob("[0-9]*"):
        with suppress(OSError):  # ended meanwhile, or another user's
            if (entry / "cwd").readlink() == folder:
                found[int(entry.name)] = (entry / "comm").read_text().strip()
    return found


def can_see_processes() -> bool:
    """Return whether `processes_in` sees what there is."""
    return (PROC / "self" / "cwd").exists()


def end_leftover(
    pid: int, program: str, folder: Path, *steps: tuple[signal.Signals, float]
) -> None:
    """Send each signal and give it its seconds, while `pid` is `program` in `folder`."""
    for step, seconds in steps:
        if processes_in(folder).get(pid) != program:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, step)
        give_up = time.monotonic() + seconds
        while processes_in(folder).get(pid) == program and time.monotonic() < give_up:
            time.sleep(0.05)
