"""Ports that stay: who talked to a server finds it again where it was."""

import socket
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class KeptPort:
    """A port chosen once and remembered in a file, as long as nobody else takes it."""

    file: Path

    def choose(self) -> int:
        """Return the remembered port if it is free, else a free one, remembered from now on."""
        port = self._remembered()
        if port is None or not _is_free(port):
            port = _free_port()
            self.file.write_text(f"{port}\n")
        return port

    def _remembered(self) -> int | None:
        try:
            word = self.file.read_text().strip()
        except FileNotFoundError:
            return None
        return int(word) if word.isdecimal() else None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do, so that connections of the server that died do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
