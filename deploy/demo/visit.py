"""Where the demo's own process is asked by the one that answers HTTP, and by nobody else."""

import os
import secrets
import socket
from dataclasses import dataclass, field
from typing import Final, Self

import httpx

PATH: Final = "/controls"
_URL: Final = "LOJA_IPE_CONTROLS"
_SECRET: Final = "LOJA_IPE_SECRET"  # noqa: S105  (the name of a variable)
PATIENCE: Final = 180.0
"""Seconds that an answer may take: verifying reads the whole log."""


@dataclass(frozen=True, slots=True)
class Visit:
    """An address on this machine, and the word by which one is let in."""

    url: str
    secret: str = field(repr=False)

    @classmethod
    def by(cls, providers: socket.socket) -> Self:
        """Return a new one, beside the fake providers."""
        port = providers.getsockname()[1]
        return cls(f"http://127.0.0.1:{port}{PATH}", secrets.token_urlsafe(24))

    @classmethod
    def told(cls) -> Self:
        """Return the one that this process was started with."""
        return cls(os.environ[_URL], os.environ[_SECRET])

    def environment(self) -> dict[str, str]:
        return {_URL: self.url, _SECRET: self.secret}

    def caller(self) -> httpx.AsyncClient:
        """Return what asks there."""
        return httpx.AsyncClient(
            base_url=self.url,
            headers={"authorization": f"Bearer {self.secret}"},
            timeout=PATIENCE,
            trust_env=False,
        )
