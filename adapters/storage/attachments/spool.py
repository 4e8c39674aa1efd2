"""A file on its way in: counted and hashed while it comes, and never longer than allowed."""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO, Final

IN_MEMORY: Final = 1024 * 1024
"""Bytes; what is longer lies in a nameless file until it has a place."""
HEAD: Final = 8192
"""Bytes at the beginning that tell what a file is."""


class TooLarge(Exception):
    def __init__(self, limit: int) -> None:
        super().__init__(f"the file is larger than {limit} bytes")
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Spooled:
    """A whole file that has no place yet; it is gone when its context ends."""

    file: IO[bytes]
    sha256: str
    size: int
    head: bytes


@asynccontextmanager
async def spooled(chunks: AsyncIterable[bytes], limit: int) -> AsyncIterator[Spooled]:
    """
    Yield what comes, once all of it has come.

    Raises `TooLarge` as soon as more than `limit` bytes have come; nothing is read after that.
    """
    digest, size, head = sha256(), 0, b""
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise TooLarge(limit)
            if len(head) < HEAD:
                head += chunk[: HEAD - len(head)]
            digest.update(chunk)
            file.write(chunk)
        file.seek(0)
        yield Spooled(file, digest.hexdigest(), size, head)
