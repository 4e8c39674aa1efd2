"""The machine that figures were measured on: without it they mean nothing."""

import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.embedded.binaries import nats_server, postgres_programs


@dataclass(frozen=True, slots=True)
class Machine:
    cores: int
    model: str
    memory_gib: float
    kernel: str
    python: str
    postgres: str
    nats: str
    load: float
    """Load average of the last minute, as the run began."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def line(self) -> str:
        """Return all of it in one line."""
        return (
            f"{self.cores} x {self.model}, {self.memory_gib:.0f} GiB, {self.kernel},"
            f" Python {self.python}, {self.postgres}, {self.nats}, load {self.load:.1f}"
        )


def this_machine() -> Machine:
    """Return what this machine is, and how busy it was just now."""
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        model=_line_of("/proc/cpuinfo", "model name") or platform.machine(),
        memory_gib=int(_line_of("/proc/meminfo", "MemTotal").split()[0]) / 2**20,
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        postgres=_version([str(postgres_programs(None, Path()) / "postgres"), "--version"]),
        nats=_version([str(nats_server()), "--version"]),
        load=os.getloadavg()[0],
    )


def _line_of(file: str, name: str) -> str:
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _version(command: list[str]) -> str:
    said = subprocess.run(  # noqa: S603 - programs of our own wheels, no shell
        command, capture_output=True, text=True, check=True
    )
    return said.stdout.strip()
