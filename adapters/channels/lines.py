"""
Connections to other machines, by asyncio alone, with the patience and the errors of httpx.

httpx's own go through two more libraries, which took as long as all else in a call.
"""

import asyncio
import select
import ssl
from typing import Final, cast

import httpx

_MOST_UNREAD: Final = 256 * 1024
"""Bytes that wait here to be read; beyond it the other side waits."""


async def connected(
    host: str, port: int, tls: ssl.SSLContext | None, patience: float | None
) -> "Line":
    """Return a line to a host. Raises `httpx.ConnectTimeout` and `httpx.ConnectError`."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(patience):
            _, line = await loop.create_connection(Line, host, port, ssl=tls)
    except TimeoutError as error:
        raise httpx.ConnectTimeout("no connection") from error
    except OSError as error:
        raise httpx.ConnectError(str(error)) from error
    return line


class Line(asyncio.Protocol):
    """One connection, read and written by one task at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._unread: Final = bytearray()
        self._ended = False
        self._failure: Exception | None = None
        self._news: Final = asyncio.Event()
        self._room: Final = asyncio.Event()
        self._room.set()

    async def read(self, patience: float | None) -> bytes:
        """Return what came, empty at the end. Raises `httpx.ReadTimeout` and `httpx.ReadError`."""
        if not self._unread and not self._ended:
            self._news.clear()
            try:
                async with asyncio.timeout(patience):
                    await self._news.wait()
            except TimeoutError as error:
                raise httpx.ReadTimeout("no answer") from error
        if not self._unread and self._failure is not None:
            raise httpx.ReadError(str(self._failure)) from self._failure
        content = bytes(self._unread)
        self._unread.clear()
        if self._transport is not None and not self._ended:
            self._transport.resume_reading()
        return content

    async def write(self, content: bytes, patience: float | None) -> None:
        """
        Hand bytes over, and wait until nearly all have left.

        Raises `httpx.WriteTimeout`, and `httpx.WriteError` where the other side has hung up;
        what it said before it did is there to be read.
        """
        if self._transport is None or self._ended:
            if not self._unread:
                raise httpx.WriteError("it hung up")
            return
        self._transport.write(content)
        if self._room.is_set():
            return
        try:
            async with asyncio.timeout(patience):
                await self._room.wait()
        except TimeoutError as error:
            raise httpx.WriteTimeout("it is not taken") from error

    def is_quiet(self) -> bool:
        """Return whether nothing came that nobody asked for: an end, most of all."""
        if self._transport is None or self._ended or self._unread:
            return False
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket"), select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._unread.extend(data)
        if len(self._unread) > _MOST_UNREAD and self._transport is not None:
            self._transport.pause_reading()
        self._news.set()

    def eof_received(self) -> None:
        self._ended = True
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._failure = exc
        self._news.set()
        self._room.set()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()
