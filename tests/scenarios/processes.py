"""What runs on this machine, as far as an installation's tests have to know."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
PARTS = ("serve", "work", "postgres", "nats-server")


def children_of(parent: int) -> Iterator[int]:
    """Yield the ids of a process's children."""
    for entry in PROC.glob("[0-9]*"):
        with suppress(OSError):
            # The name, in brackets, may hold anything: the fields after it are numbers.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent and fields[0] != "Z":
                yield int(entry.name)


def part_of(pid: int) -> str | None:
    """Return which part of an installation a process is; None for none of them."""
    with suppress(OSError):
        name = (PROC / f"{pid}" / "comm").read_text().strip()
        if name in PARTS:
            return name
        _, *words = (PROC / f"{pid}" / "cmdline").read_bytes().decode().split("\0")
        if words[:2] == ["-m", "deploy.cli"] and words[2] in PARTS:
            return words[2]
    return None


def left_behind(mark: str, folder: Path) -> list[str]:
    """Return who lives on with a mark in his environment, or works below a folder."""
    found = []
    for entry in PROC.glob("[0-9]*"):
        with suppress(OSError):
            if int(entry.name) == os.getpid() or is_dead(int(entry.name)):
                continue
            marked = mark.encode() in (entry / "environ").read_bytes()
            if marked or (entry / "cwd").readlink().is_relative_to(folder):
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found.append(f"{entry.name} {words}")
    return found


def is_dead(pid: int) -> bool:
    """Return whether a process is gone, or only not yet taken note of by its parent."""
    try:
        state = (PROC / f"{pid}" / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
