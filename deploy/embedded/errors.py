"""
Why an installation does not come up. Every message is one line for a person.

* CannotBoot
  + DataDirectoryInUse      another process works in this data directory
  + DataDirectoryUnusable   it cannot be made, read, or reached by the server
  + EmbeddedServerFailed    PostgreSQL or NATS did not come up, or cannot write
  + StartAbandoned          a stop was asked for before the start was done
  + PartFailed              a part of Recado ended before it was ready
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CannotBoot(Exception):
    """Recado did not come up; the message says why and what to do."""


class DataDirectoryInUse(CannotBoot):
    def __init__(self, path: Path, pid: int | None) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"{path} is in use by {who}: stop it, or choose another with --data")
        self.path = path
        self.pid = pid


class DataDirectoryUnusable(CannotBoot):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot hold the data: {reason}")
        self.path = path
        self.reason = reason


class EmbeddedServerFailed(CannotBoot):
    def __init__(self, server: str, reason: str, log_tail: str = "") -> None:
        super().__init__(f"{server} did not start: {reason}")
        self.server = server
        self.reason = reason
        self.log_tail = log_tail
        """The server's last lines, without secrets; empty when it never ran."""


class StartAbandoned(CannotBoot):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was told to stop before it was up")
        self.name = name


class PartFailed(CannotBoot):
    def __init__(self, part: str, reason: str, log: Path) -> None:
        super().__init__(f"{part} did not come up: {reason} (see {log})")
        self.part = part
        self.reason = reason
        self.log = log


@contextmanager
def unusable_when_refused(path: Path) -> Iterator[None]:
    """Turn what the file system refuses (full, read-only, forbidden) into one clear line."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename not in (None, str(path)) else ""
        reason = f"{error.strerror or error}{where}"
        raise DataDirectoryUnusable(path, reason) from error
