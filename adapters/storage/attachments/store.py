"""
Files by the SHA-256 of their content, in a folder or in an object store.

What lies at an address is always the whole content that hashes to it: it is put there in
one step, and never changed. So the same file is kept once however often it comes, and a
crash leaves either nothing or something that is right.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

if TYPE_CHECKING:
    # It has no place at run time.
    from obstore.store import RetryConfig

CHUNK: Final = 256 * 1024
AT_ONCE: Final = 2
"""Pieces of five megabytes of one file that are in memory on their way to its place."""
_FAILURES: Final = (BaseError, OSError)
_ADDRESS: Final = re.compile(r"[0-9a-f]{64}")


_PATIENCE: Final["RetryConfig"] = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
"""With an object store that does not answer; whoever asks tries again later."""


class AttachmentsUnusable(Exception):
    """The place for attachments cannot be used, or not now. The message says why."""


class AttachmentStore:
    """
    Objects by their SHA-256, 64 hexadecimal digits in lower case.

    All methods raise `AttachmentsUnusable` where the place does not do what it should.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects: Final = objects

    @classmethod
    def open(cls, place: str) -> "AttachmentStore":
        """
        Return the store at a URL (`s3://bucket/prefix`, `file:///…`) or in a folder.

        Keys of object stores are read from their usual variables (`AWS_ACCESS_KEY_ID` …).
        Raises `AttachmentsUnusable`.
        """
        try:
            if "://" not in place:
                place = Path(place).expanduser().resolve().as_uri()
            if place.startswith("file:"):
                return cls(_folder(place))
            return cls(from_url(place, retry_config=_PATIENCE))
        except (ValueError, *_FAILURES) as error:
            shown = place.partition("?")[0]
            raise AttachmentsUnusable(f"attachments at {shown}: {error}") from None

    async def holds(self, sha256: str) -> bool:
        return await self.size(sha256) is not None

    async def size(self, sha256: str) -> int | None:
        """Return a file's size in bytes; None where there is none."""
        path = _path(sha256)
        with _told_in_one_way(), suppress(FileNotFoundError):
            return (await obstore.head_async(self._objects, path))["size"]
        return None

    async def put(self, sha256: str, content: IO[bytes] | bytes) -> None:
        """Put a whole file in its place; the caller has hashed it."""
        if await self.holds(sha256):
            return
        path = _path(sha256)
        with _told_in_one_way():
            await obstore.put_async(self._objects, path, content, max_concurrency=AT_ONCE)
            if isinstance(self._objects, LocalStore) and self._objects.prefix is not None:
                # What is recorded as copied must be there after a power cut, too.
                await asyncio.to_thread(_settle, self._objects.prefix / path)

    async def remove(self, sha256: str) -> None:
        """Remove a file, whether it is there or not."""
        path = _path(sha256)
        with _told_in_one_way(), suppress(FileNotFoundError):
            await obstore.delete_async(self._objects, path)

    async def read(self, sha256: str) -> bytes | None:
        """Return a whole file; None where there is none."""
        path = _path(sha256)
        with _told_in_one_way(), suppress(FileNotFoundError):
            return bytes(await (await obstore.get_async(self._objects, path)).bytes_async())
        return None

    async def stream(self, sha256: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to before `end` of a file that is there."""
        if start >= end:
            return
        path = _path(sha256)
        with _told_in_one_way():
            found = await obstore.get_async(self._objects, path, options={"range": (start, end)})
            async for chunk in found.stream(CHUNK):
                yield bytes(chunk)


@contextmanager
def _told_in_one_way() -> Iterator[None]:
    """Raise `AttachmentsUnusable` for whatever goes wrong with a place."""
    try:
        yield
    except _FAILURES as error:
        # The library's own words hold addresses of the store.
        raise AttachmentsUnusable(f"the store failed: {type(error).__name__}") from None


def is_address(text: str) -> bool:
    """Return whether a text is the address of some file."""
    return _ADDRESS.fullmatch(text) is not None


def _path(sha256: str) -> str:
    if not is_address(sha256):
        raise ValueError("a file's address is 64 hexadecimal digits")
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _folder(url: str) -> LocalStore:
    folder = LocalStore.from_url(url, mkdir=True)
    if folder.prefix is not None:
        folder.prefix.chmod(0o700)
    return folder


def _settle(path: Path) -> None:
    """Return once a file and its name are on the disk."""
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
