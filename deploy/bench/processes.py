"""What the system knows of processes: who descends from whom, time and memory used, cores."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PARENT: Final = 1
_USER, _SYSTEM = 11, 12
"""Fields of /proc/PID/stat after the name, which may hold anything."""


def cores() -> tuple[int, int]:
    """Return one core for what is measured, and another one for who measures, if there is."""
    there = sorted(os.sched_getaffinity(0))
    return there[0], there[-1]


def pin(pid: int, core: int) -> None:
    """Keep a process, with all threads that it has now, on one core; 0 is this process."""
    tasks = Path("/proc") / (str(pid) if pid else "self") / "task"
    for task in tasks.iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), {core})


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        if fields := _stat(int(entry.name)):
            children.setdefault(int(fields[_PARENT]), []).append(int(entry.name))

    def below(parent: int) -> Iterator[int]:
        yield parent
        for child in children.get(parent, ()):
            yield from below(child)

    return list(below(pid))


def part_of(pid: int) -> str:
    """Return which part of an installation a process is: `serve`, `work`, `postgres`, …"""
    with suppress(OSError):
        words = (Path("/proc") / str(pid) / "cmdline").read_bytes().split(b"\0")
        if b"deploy.cli" in words:
            return words[words.index(b"deploy.cli") + 1].decode()
        return Path(words[0].decode()).name.split(":")[0]
    return "ended"


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time that processes have used so far."""
    found = filter(None, map(_stat, pids))
    return sum(int(fields[_USER]) + int(fields[_SYSTEM]) for fields in found) / _TICKS


def resident_kib(pid: int) -> int:
    """Return a process's resident memory, what it shares with others in full."""
    return _kib(Path("/proc") / str(pid) / "status", "VmRSS:")


def proportional_kib(pid: int) -> int:
    """Return a process's resident memory, what n processes share counted as an nth of it."""
    return _kib(Path("/proc") / str(pid) / "smaps_rollup", "Pss:")


def _kib(file: Path, name: str) -> int:
    with suppress(OSError):
        for line in file.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return 0


def _stat(pid: int) -> list[str]:
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return []
