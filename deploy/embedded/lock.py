"""A lock that the kernel gives back when its holder ends, however it ends."""

import fcntl
import os
import time
from pathlib import Path

from deploy.embedded.errors import DataDirectoryInUse

PATIENCE = 0.3
"""Seconds to try for: someone asking `holder` holds the lock for microseconds."""


class FileLock:
    """One holder at a time; the file says which process it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock, or raise DataDirectoryInUse; taking it twice is taking it once."""
        if self._file is not None:
            return
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._take(file)
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            os.close(file)
            raise
        self._file = file

    def _take(self, file: int) -> None:
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > give_up:
                    raise DataDirectoryInUse(self.path.parent, _pid_in(file)) from None
                time.sleep(0.02)
            else:
                return

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def holder(path: Path) -> int | None:
    """Return the process that holds the lock in `path`; None when it is free or not ours to see."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid_in(file)
    else:
        return None
    finally:
        os.close(file)


def _pid_in(file: int) -> int | None:
    words = os.pread(file, 32, 0).split()
    return int(words[0]) if words and words[0].isdigit() else None
