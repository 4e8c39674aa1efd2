"""The data directory: one installation, locked, and how to reach it while it runs."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.embedded.errors import DataDirectoryUnusable, unusable_when_refused
from deploy.embedded.lock import FileLock, holder

LOCK = "recado.lock"
SERVERS = "servers.json"
SEALING_KEY = "sealing.key"


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the servers of one installation are; they hold its secrets."""

    postgres: str
    nats: str
    sealing: str | None = None
    """Where the key is kept that personal data is sealed with."""


def default_data_directory() -> Path:
    """Return where an installation lives when nobody says: a folder that is nobody else's."""
    if os.geteuid() == 0:
        return Path("/var/lib/recado")
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "recado"


def sealing_file(data: Path) -> str:
    """Return where a data directory's key for personal data is kept."""
    return f"file:{data.expanduser().resolve() / SEALING_KEY}"


class DataDirectory:
    """
    A folder that one running installation holds at a time.

    Raises DataDirectoryInUse, or DataDirectoryUnusable when it cannot be made or
    holds something else: its permissions will be narrowed, so it must be ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.logs = self.path / "logs"
        self._lock = FileLock(self.path / LOCK)

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def acquire(self) -> None:
        with unusable_when_refused(self.path):
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._is_ours():
                raise DataDirectoryUnusable(
                    self.path, "there are other files in it; give an empty or a new folder"
                )
            self._lock.acquire()
            (self.path / SERVERS).unlink(missing_ok=True)

    def _is_ours(self) -> bool:
        there = {file.name for file in self.path.iterdir()}
        # A disk of its own, mounted here, brings its lost+found.
        return LOCK in there or there <= {"lost+found"}

    def release(self) -> None:
        self._lock.release()

    def announce(self, urls: Urls) -> None:
        """Tell other commands where the servers are, in a file that only the owner reads."""
        known = {"pid": os.getpid(), **asdict(urls)}
        draft = self.path / f"{SERVERS}.new"
        with unusable_when_refused(self.path):
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
                json.dump(known, out)
            draft.replace(self.path / SERVERS)

    def withdraw(self) -> None:
        (self.path / SERVERS).unlink(missing_ok=True)


def running(data: Path) -> Urls | None:
    """Return where the servers of the installation that runs in `data` are; None if none does."""
    folder = data.expanduser().resolve()
    try:
        known = json.loads((folder / SERVERS).read_text())
    except (OSError, ValueError):
        return None
    # The lock is proof of life: a process id may belong to someone else by now.
    if known["pid"] != holder(folder / LOCK):
        return None
    return Urls(known["postgres"], known["nats"], known.get("sealing"))
