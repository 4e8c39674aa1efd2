"""The file a child writes to: appended to, kept small, and read back when a start fails."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

LIMIT = 20 * 1024 * 1024
"""Bytes after which a log starts anew, at the next start of its program."""

TAIL = 16 * 1024


@dataclass(frozen=True, slots=True)
class LogFile:
    path: Path

    def open(self) -> BinaryIO:
        """Return the file, for appending; readable by its owner only, as logs tell who did what."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.size() > LIMIT:
            os.truncate(self.path, 0)
        return os.fdopen(os.open(self.path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600), "ab")

    def size(self) -> int:
        """Return its length in bytes; 0 while there is none."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def lines_since(self, offset: int) -> list[str]:
        """Return the last lines written after `offset`, at most 16 kB of them."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(min(offset, self.size()), self.size() - TAIL))
                return file.read().decode(errors="replace").splitlines()
        except FileNotFoundError:
            return []
