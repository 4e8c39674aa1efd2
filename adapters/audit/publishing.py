"""Where signed heads go, so that whoever rewrites the log would have to reach all of them."""

import asyncio
import os
from pathlib import Path
from typing import Final, Protocol

import httpx
from nats.aio.client import Client as Nats

from adapters.audit.heads import Head
from adapters.bus.growing import GrowingStream
from adapters.public_web import PublicWeb, origins_in
from domain.errors import RecadoError

FILE: Final = "recado-heads.jsonl"
STREAM: Final = "RECADO_HEADS"
SUBJECT: Final = "recado.heads"
ANSWER_WITHIN: Final = 10.0
"""Seconds."""

_STREAM: Final = GrowingStream(
    STREAM, SUBJECT, "Signed heads of the log, one after the other; none is ever removed."
)


class NoPlaceForHeads(RecadoError):
    def __init__(self, text: str) -> None:
        super().__init__(f"heads cannot be published to {text!r}: give a folder or an https URL")


class HeadRefused(Exception):
    """A place that answered, but did not take a head."""


class Place(Protocol):
    """Takes heads in order, each at least once."""

    @property
    def name(self) -> str: ...
    async def take(self, head: Head) -> None: ...


class Folder:
    """A file that only grows, in a folder: a mounted share, a disk that is written once."""

    def __init__(self, folder: Path) -> None:
        self.name: Final = f"{folder}"
        self.folder: Final = folder
        self._file: Final = folder / FILE

    async def take(self, head: Head) -> None:
        await asyncio.to_thread(self._append, head.line())

    def _append(self, line: bytes) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._file.open("a+b") as out:
            out.seek(max(0, out.seek(0, os.SEEK_END) - len(line)))
            if out.read() != line:
                out.write(line)
                out.flush()
                os.fsync(out.fileno())


class Web:
    """Whoever takes a head by POST and answers with success. No redirect is followed."""

    def __init__(self, url: str) -> None:
        self.name: Final = httpx.URL(url).host
        self.url: Final = url
        self._web: Final = PublicWeb()

    async def take(self, head: Head) -> None:
        # Whoever runs the installation names the place; it may be in his own network.
        async with self._web.client(origins_in([self.url])) as client:
            answer = await client.post(self.url, json=head.as_json(), timeout=ANSWER_WITHIN)
        if not answer.is_success:
            raise HeadRefused(f"{self.name} answered {answer.status_code}")


class Bus:
    """A stream of its own on NATS."""

    name = "nats"

    def __init__(self, nc: Nats) -> None:
        self._nc: Final = nc

    async def take(self, head: Head) -> None:
        known_by = f"{head.log}-{head.size}-{head.signature.hex()[:16]}"
        await _STREAM.add(self._nc, [(known_by, head.line())], ANSWER_WITHIN)


def places(text: str) -> list[Place]:
    """Return the places of a comma-separated list; raise `NoPlaceForHeads`."""
    return [_place(one.strip()) for one in text.split(",") if one.strip()]


def _place(text: str) -> Place:
    if text.startswith("https://"):
        try:
            return Web(text)
        except httpx.InvalidURL:
            raise NoPlaceForHeads(text) from None
    path = Path(text).expanduser()
    if "://" in text or not path.is_absolute():
        raise NoPlaceForHeads(text)
    return Folder(path)
