"""
Connections to providers, one for each call on its way, in HTTP/1.1.

The pool of httpx looks through all its connections with every call, and each call goes
through locks and scopes of two libraries: with 32 at once that cost more than all the rest
of sending.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final, cast

import h11
import httpx

from adapters.channels.lines import Line, connected

IDLE: Final = 64
"""Connections to one host that are kept for the next calls."""
_IDLE_FOR: Final = 5.0
"""Seconds; then a provider may have forgotten it without a word."""
_LONGEST_HEAD: Final = 100 * 1024
_PORTS: Final = {"http": 80, "https": 443}
_AT_ONCE: Final = 64 * 1024
"""Bytes of a request that are gathered before they leave."""

Origin = tuple[str, str, int]


class Slot:
    """A connection that one call at a time goes over."""

    def __init__(self, line: Line) -> None:
        self._line: Final = line
        self._http: Final = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self._idle_since = monotonic()

    async def ask(self, request: httpx.Request) -> h11.Response:
        """Return how the answer to a request begins. Raises errors of httpx."""
        wanted = request.extensions.get("timeout", {})
        with _as_httpx():
            await self._say(request, wanted.get("write"))
            while True:
                event = await self._next(wanted.get("read"))
                if isinstance(event, h11.Response):
                    return event
                if not isinstance(event, h11.InformationalResponse):
                    raise httpx.RemoteProtocolError("it hung up without an answer")

    async def body(self, request: httpx.Request) -> AsyncIterator[bytes]:
        timeout = request.extensions.get("timeout", {}).get("read")
        with _as_httpx():
            while isinstance(event := await self._next(timeout), h11.Data):
                yield bytes(event.data)

    def is_fresh(self) -> bool:
        """Return whether another call may go over it."""
        return monotonic() - self._idle_since < _IDLE_FOR and self._line.is_quiet()

    def renew(self) -> bool:
        """Make it ready for the next call; False: it is good for no other one."""
        if (self._http.our_state, self._http.their_state) != (h11.DONE, h11.DONE):
            return False
        self._http.start_next_cycle()
        self._idle_since = monotonic()
        return True

    def close(self) -> None:
        self._line.close()

    async def _say(self, request: httpx.Request, patience: float | None) -> None:
        head = h11.Request(
            method=request.method, target=request.url.raw_path, headers=request.headers.raw
        )
        pending = bytearray(self._http.send(head) or b"")
        async for chunk in cast("httpx.AsyncByteStream", request.stream):
            pending += self._http.send(h11.Data(data=chunk)) or b""
            if len(pending) >= _AT_ONCE:
                await self._line.write(bytes(pending), patience)
                pending.clear()
        pending += self._http.send(h11.EndOfMessage()) or b""
        await self._line.write(bytes(pending), patience)

    async def _next(self, patience: float | None) -> h11.Event | type[h11.PAUSED]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._line.read(patience))
        return cast("h11.Event | type[h11.PAUSED]", event)


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error)) from error
    except h11.RemoteProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error


class Slots(httpx.AsyncBaseTransport):
    """A transport that keeps the connections of finished calls for the next ones."""

    def __init__(self) -> None:
        self._tls: Final = httpx.create_ssl_context(trust_env=False)
        self._idle: Final = dict[Origin, list[Slot]]()
        self._busy: Final = set[Slot]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        origin = _origin_of(request.url)
        slot = self._kept(origin) or await self._new(origin, request)
        self._busy.add(slot)
        try:
            began = await slot.ask(request)
        except BaseException:
            self._drop(slot)
            raise
        return httpx.Response(
            began.status_code,
            headers=began.headers.raw_items(),
            stream=_Body(slot.body(request), lambda: self._give_back(origin, slot)),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": bytes(began.reason)},
        )

    async def aclose(self) -> None:
        for slot in [*self._busy, *(slot for slots in self._idle.values() for slot in slots)]:
            slot.close()
        self._idle.clear()
        self._busy.clear()

    def _kept(self, origin: Origin) -> Slot | None:
        """Return the connection that was used last, if it is still good."""
        idle = self._idle.get(origin, [])
        while idle:
            slot = idle.pop()
            if slot.is_fresh():
                return slot
            slot.close()
        return None

    async def _new(self, origin: Origin, request: httpx.Request) -> Slot:
        scheme, host, port = origin
        timeout = request.extensions.get("timeout", {}).get("connect")
        return Slot(await connected(host, port, self._tls if scheme == "https" else None, timeout))

    def _give_back(self, origin: Origin, slot: Slot) -> None:
        idle = self._idle.setdefault(origin, [])
        if slot not in self._busy or len(idle) >= IDLE or not slot.renew():
            self._drop(slot)
            return
        self._busy.discard(slot)
        idle.append(slot)

    def _drop(self, slot: Slot) -> None:
        self._busy.discard(slot)
        slot.close()


def _origin_of(url: httpx.URL) -> Origin:
    """Return where a request goes. Raises `httpx.UnsupportedProtocol`."""
    if url.scheme not in _PORTS or not url.host:
        raise httpx.UnsupportedProtocol(f"no call goes by {url.scheme!r}")
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]


class _Body(httpx.AsyncByteStream):
    """A response's body, which gives its connection back when it is done with."""

    def __init__(self, chunks: AsyncIterator[bytes], done: Callable[[], None]) -> None:
        self._chunks: Final = chunks
        self._done: Final = done
        self._is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            yield chunk

    async def aclose(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._done()
