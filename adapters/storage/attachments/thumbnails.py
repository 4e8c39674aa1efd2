"""Small pictures of pictures, made where a harmful one can do no harm."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import structlog

log = structlog.get_logger()

MIME: Final = "image/webp"
PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
LARGEST: Final = 20 * 1024 * 1024
"""Bytes of a picture that is made smaller."""

_LARGEST_RESULT: Final = 256 * 1024
_PATIENCE: Final = 15.0
_AT_ONCE: Final = 2
_CHILD: Final = Path(__file__).with_name("thumbnail_child.py")


class Thumbnails:
    """Makes small pictures, a few at a time, each in a process that may do nothing else."""

    def __init__(self) -> None:
        self._room: Final = asyncio.Semaphore(_AT_ONCE)

    async def of(self, picture: IO[bytes], mime: str, size: int) -> bytes | None:
        """Return a small WebP of a picture; None for what is none, or none that can be read."""
        if mime not in PICTURES or not 0 < size <= LARGEST:
            return None
        async with self._room:
            picture.seek(0)
            content = picture.read()
            picture.seek(0)
            return await _made(content)


async def _made(content: bytes) -> bytes | None:
    # -I: it takes nothing from the environment or from the folder it is started in.
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(_CHILD),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={},
        cwd="/",
    )
    try:
        async with asyncio.timeout(_PATIENCE):
            result, _ = await asyncio.gather(_result(child), _feed(child, content))
            await child.wait()
    except TimeoutError:
        result = b""
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode != 0 or not 0 < len(result) <= _LARGEST_RESULT:
        log.info("thumbnail.not_made", status=child.returncode)
        return None
    return result


async def _feed(child: Process, content: bytes) -> None:
    assert child.stdin is not None
    # It may have ended before it read all: its status says so.
    with suppress(BrokenPipeError, ConnectionResetError):
        child.stdin.write(content)
        await child.stdin.drain()
    child.stdin.close()


async def _result(child: Process) -> bytes:
    """Return what the child says, and never much more of it than a small picture has."""
    assert child.stdout is not None
    try:
        said = await child.stdout.readexactly(_LARGEST_RESULT + 1)
    except asyncio.IncompleteReadError as all_of_it:
        return all_of_it.partial
    child.kill()
    return said
