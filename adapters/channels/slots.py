"""
Connections to providers, one for each call on its way.

The pool of httpx looks through all its connections, and asks the system about each idle
one, with every call: with 32 at once that cost more than all the rest of sending.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Final, cast

import httpx

IDLE: Final = 64
"""Connections to one host that are kept for the next calls."""
_ONE: Final = httpx.Limits(max_connections=1, max_keepalive_connections=1)

Origin = tuple[str, str, int | None]


class Slots(httpx.AsyncBaseTransport):
    """A transport whose every connection is a pool of its own, of one."""

    def __init__(self) -> None:
        self._verify: Final = httpx.create_ssl_context(trust_env=False)
        self._idle: Final = dict[Origin, list[httpx.AsyncHTTPTransport]]()
        self._busy: Final = set[httpx.AsyncHTTPTransport]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        origin = (request.url.scheme, request.url.host, request.url.port)
        slot = self._taken(origin)
        try:
            response = await slot.handle_async_request(request)
        except BaseException:
            await self._drop(slot)
            raise
        body = cast("httpx.AsyncByteStream", response.stream)
        stream = _Body(body, lambda: self._give_back(origin, slot))
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=stream,
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        idle = [slot for slots in self._idle.values() for slot in slots]
        for slot in [*idle, *self._busy]:
            with suppress(httpx.HTTPError):
                await slot.aclose()
        self._idle.clear()
        self._busy.clear()

    def _taken(self, origin: Origin) -> httpx.AsyncHTTPTransport:
        idle = self._idle.setdefault(origin, [])
        slot = idle.pop() if idle else self._new()
        self._busy.add(slot)
        return slot

    def _new(self) -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(verify=self._verify, limits=_ONE, trust_env=False)

    async def _give_back(self, origin: Origin, slot: httpx.AsyncHTTPTransport) -> None:
        idle = self._idle.get(origin)
        if idle is None or len(idle) >= IDLE:
            await self._drop(slot)
        else:
            self._busy.discard(slot)
            idle.append(slot)

    async def _drop(self, slot: httpx.AsyncHTTPTransport) -> None:
        self._busy.discard(slot)
        with suppress(httpx.HTTPError):
            await slot.aclose()


class _Body(httpx.AsyncByteStream):
    """A response's body, which gives its connection back when it is done with."""

    def __init__(self, body: httpx.AsyncByteStream, done: Callable[[], Awaitable[None]]) -> None:
        self._body: Final = body
        self._done: Final = done

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._body:
            yield chunk

    async def aclose(self) -> None:
        try:
            await self._body.aclose()
        finally:
            await self._done()
