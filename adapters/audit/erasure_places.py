"""Where the list of erasures is kept, and read from after a restore."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Protocol

from nats.aio.client import Client as Nats
from nats.js.errors import NotFoundError

from adapters.audit.erasures import Erasure, lines_in
from adapters.audit.publishing import ANSWER_WITHIN, Folder, Place, Web
from adapters.bus.growing import GrowingStream
from adapters.bus.streams import reading
from adapters.public_web import PublicWeb, origins_in

FILE: Final = "recado-erasures.jsonl"
STREAM: Final = "RECADO_ERASURES"
SUBJECT: Final = "recado.erasures"

_STREAM: Final = GrowingStream(
    STREAM, SUBJECT, "Who was erased, to be erased again after a restore; none is ever removed."
)


class ErasurePlace(Protocol):
    """Takes erasures, each at least once, and tells which it has."""

    @property
    def name(self) -> str: ...
    async def known(self) -> list[Erasure]: ...
    async def add(self, erasures: Sequence[Erasure]) -> None: ...


class ErasureFile:
    """A file that only grows, beside the heads."""

    def __init__(self, folder: Path) -> None:
        self.name: Final = f"{folder}"
        self._file: Final = folder / FILE

    async def known(self) -> list[Erasure]:
        return await asyncio.to_thread(self._read)

    async def add(self, erasures: Sequence[Erasure]) -> None:
        await asyncio.to_thread(self._append, erasures)

    def _read(self) -> list[Erasure]:
        try:
            with self._file.open("rb") as lines:
                return list(lines_in(lines))
        except FileNotFoundError:
            return []

    def _append(self, erasures: Sequence[Erasure]) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._file.open("a+b") as out:
            length = out.seek(0, os.SEEK_END)
            out.seek(max(0, length - 1))
            # A line that a power cut tore ends here, and spoils none after it.
            begin = b"" if out.read() in {b"", b"\n"} else b"\n"
            out.write(begin + b"".join(one.line() for one in erasures))
            out.flush()
            os.fsync(out.fileno())


class ErasureStream:
    """A stream of its own on NATS."""

    name = "nats"

    def __init__(self, nc: Nats) -> None:
        self._nc: Final = nc

    async def known(self) -> list[Erasure]:
        found: list[Erasure] = []
        try:
            async with reading(self._nc, stream=STREAM) as reader:
                while block := await reader.block():
                    found.extend(lines_in(message.data for message in block))
        except NotFoundError:
            return []
        return found

    async def add(self, erasures: Sequence[Erasure]) -> None:
        told = [(one.signature.hex(), one.line()) for one in erasures]
        await _STREAM.add(self._nc, told, ANSWER_WITHIN)


class ErasureWeb:
    """Whoever takes each by POST; he is not asked, and gives a file back when it is needed."""

    def __init__(self, url: str, name: str) -> None:
        self.name: Final = name
        self._url: Final = url
        self._told: Final[list[Erasure]] = []

    async def known(self) -> list[Erasure]:
        """Return what was told since the process began: whoever is told twice knows it twice."""
        return list(self._told)

    async def add(self, erasures: Sequence[Erasure]) -> None:
        async with PublicWeb().client(origins_in([self._url])) as client:
            for one in erasures:
                answer = await client.post(self._url, json=one.as_json(), timeout=ANSWER_WITHIN)
                answer.raise_for_status()
                self._told.append(one)


def beside(heads: Iterable[Place]) -> list[ErasurePlace]:
    """Return where erasures are kept, beside where heads go."""
    found: list[ErasurePlace] = []
    for place in heads:
        match place:
            case Folder():
                found.append(ErasureFile(place.folder))
            case Web():
                found.append(ErasureWeb(place.url, place.name))
    return found
