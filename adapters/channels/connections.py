"""
Connections to providers: aiohttp behind httpx's interface, with httpx's errors.

httpx's own pool looks through all its connections with every call, and each call goes through
locks and scopes of two libraries: with 32 at once that cost more than all the rest of sending.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import aiohttp
import httpx
from yarl import URL

_IDLE_FOR: Final = 5.0
"""Seconds; then a provider may have forgotten a connection without a word."""
_PIECE: Final = 64 * 1024
"""Bytes that leave at once; a body of no more has left with the head of its request."""


class Connections(httpx.AsyncBaseTransport):
    """A transport that keeps the connections of finished calls for the next ones."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        patience = request.extensions.get("timeout", {})
        body = _Leaving(await request.aread(), patience.get("write"))
        with _as_httpx():
            async with body.in_time():
                response = await self._opened().request(
                    request.method,
                    URL(str(request.url), encoded=True),
                    headers=request.headers.multi_items(),
                    data=body.content(),
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(
                        sock_connect=patience.get("connect"), sock_read=patience.get("read")
                    ),
                )
        return httpx.Response(
            response.status, headers=response.raw_headers, stream=_Answer(response)
        )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            tls = httpx.create_ssl_context(trust_env=False)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_FOR, ssl=tls),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session


class _Leaving:
    """A request's body on its way out: after a failure it matters whether all of it had left."""

    def __init__(self, content: bytes, patience: float | None) -> None:
        self._content: Final = content
        self._patience: Final = patience
        self._limit: asyncio.Timeout | None = None

    def content(self) -> bytes | AsyncIterator[bytes] | None:
        return self._pieces() if len(self._content) > _PIECE else self._content or None

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Raise `httpx.WriteTimeout` where a piece is not taken for as long as one waits."""
        try:
            async with asyncio.timeout(None) as self._limit:
                yield
        except TimeoutError as error:
            if self._limit is None or not self._limit.expired():
                raise
            raise httpx.WriteTimeout("it is not taken") from error
        finally:
            self._limit = None

    async def _pieces(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._content), _PIECE):
            self._wait(self._patience)
            yield self._content[start : start + _PIECE]
        self._wait(None)

    def _wait(self, patience: float | None) -> None:
        if self._limit is not None:
            now = asyncio.get_running_loop().time()
            self._limit.reschedule(None if patience is None else now + patience)


class _Answer(httpx.AsyncByteStream):
    """A response's body; closing it gives the connection back, or ends it amid the body."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response: Final = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for piece in self._response.content.iter_any():
                yield piece

    async def aclose(self) -> None:
        self._response.release()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Raise httpx's errors; what is not known to be from before the body left is from after it."""
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx.ConnectTimeout("no connection") from error
    except aiohttp.ClientConnectorError as error:
        raise httpx.ConnectError("no connection") from error
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise httpx.UnsupportedProtocol("no call goes there") from error
    except aiohttp.SocketTimeoutError as error:
        raise httpx.ReadTimeout("no answer") from error
    except (aiohttp.ClientError, OSError) as error:
        raise httpx.ReadError("no whole answer") from error
    except ValueError as error:
        raise httpx.LocalProtocolError("it cannot be written down") from error
