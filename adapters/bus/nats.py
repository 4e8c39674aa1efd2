"""One connection to NATS that comes back by itself."""

import asyncio
import re
import time
from collections.abc import Coroutine
from functools import lru_cache
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import structlog
from nats import errors as nats_errors
from nats.aio.client import Client as Nats

log = structlog.get_logger()

T = TypeVar("T")

_LOSSES: Final = (OSError, TimeoutError, nats_errors.StaleConnectionError)
"""Of the connection, which is told when it is lost, not again at every attempt."""

_BLANK: Final = re.compile(rb"[\s\x1c-\x1f]")

PATIENCE: Final = 5.0
"""Seconds to try at the start, when NATS may be starting, too."""

RECONNECT_WAIT: Final = 0.1
PING_EVERY: Final = 5
"""Seconds; a server that does not answer two of them is taken for lost."""

_LOOK_EVERY: Final = 0.05

PENDING_BYTES: Final = 8 * 1024 * 1024
"""Of what is published but not yet written to the socket."""


class NatsIsUnreachable(ConnectionError):
    def __init__(self, place: str, reason: str) -> None:
        super().__init__(
            f"NATS does not answer at {place} ({reason}): start it there,"
            " or set RECADO_NATS_URL to where it is"
        )
        self.place = place


def place_of(url: str) -> str:
    """Return `host:port` of each of the comma-separated URLs; raise ValueError for no URL."""
    return ",".join(_place(one) for one in _split(url))


async def connect(url: str, *, name: str, patience: float = PATIENCE) -> Nats:
    """
    Return a connection that reconnects for ever, to one of the comma-separated URLs.

    What it lacks at the start it does not wait for longer than `patience` seconds: then
    it raises NatsIsUnreachable.
    """
    try:
        place = place_of(url)
    except ValueError:
        raise NatsIsUnreachable("what was given", "it is not nats://host:port") from None
    nc = _Connection()
    watch = _Watch(nc, place, name)
    try:
        async with asyncio.timeout(patience):
            await nc.connect(
                _split(url),
                name=name,
                error_cb=watch.failed,
                disconnected_cb=watch.lost,
                reconnected_cb=watch.back,
                reconnect_time_wait=RECONNECT_WAIT,  # type: ignore[arg-type]  # slept as it is
                max_reconnect_attempts=-1,
                ping_interval=PING_EVERY,
                max_outstanding_pings=2,
                pending_size=PENDING_BYTES,
                flush_timeout=PATIENCE,
            )
    except (nats_errors.Error, OSError) as error:
        # A time-out tells nothing; the last thing that went wrong does.
        reason = watch.reason or _said(error)
        await nc.close()
        raise NatsIsUnreachable(place, reason) from None
    watch.started = True
    return nc


async def while_connected(nc: Nats, work: Coroutine[Any, Any, T]) -> T:
    """
    Return what `work` returns; end it when the connection is lost meanwhile.

    A request does not notice that its answer can no longer come, and what is published
    without a connection is kept and sent later, when its sender has long given it up.
    Raises the library's ConnectionReconnectingError.
    """
    before = nc.stats["reconnects"]
    task = asyncio.ensure_future(work)
    try:
        while True:
            if not nc.is_connected or nc.stats["reconnects"] != before:
                raise nats_errors.ConnectionReconnectingError
            await asyncio.wait({task}, timeout=_LOOK_EVERY)
            if task.done():
                return task.result()
    finally:
        while not task.done():
            # Again and again: the library swallows a cancellation that meets it flushing.
            task.cancel()
            await asyncio.wait({task}, timeout=_LOOK_EVERY)


def _split(url: str) -> list[str]:
    return [one.strip() for one in url.split(",")]


def _place(url: str) -> str:
    parts = urlsplit(url if "://" in url else f"nats://{url}")
    if not parts.hostname:
        raise ValueError("no host")
    return f"{parts.hostname}:{parts.port or 4222}"


def _said(error: BaseException) -> str:
    return str(error).removeprefix("nats: ").strip("' ") or type(error).__name__


class _Connection(Nats):
    """
    The library's connection, reading headers three times as fast.

    It looks at every letter of every header's name; the same few names come again and
    again. Were its method renamed, the library's own would do the work.
    """

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        headers = {}
        for line in bytes(raw).split(b"\r\n"):
            name, colon, text = line.partition(b":")
            if colon and (known := _header_name(name)) is not None:
                headers[known] = text.strip().decode("utf-8", "replace")
        return headers


@lru_cache(1024)
def _header_name(raw: bytes) -> str | None:
    """Return a header's name, None for one that the library would pass over, too."""
    name = raw.strip()
    return name.decode() if name.isascii() and not _BLANK.search(name) else None


class _Watch:
    """Says once that a connection is lost and once that it is back, never how it logs in."""

    def __init__(self, nc: Nats, place: str, name: str) -> None:
        self.reason = ""
        self.started = False
        self._nc = nc
        self._log = log.bind(server=place, connection=name)
        self._lost_at: float | None = None

    async def failed(self, error: Exception) -> None:
        self.reason = _said(error)
        if isinstance(error, nats_errors.SlowConsumerError):
            self._log.warning("nats.messages_dropped", subject=error.subject)
        elif self.started and not isinstance(error, _LOSSES):
            self._log.warning("nats.refused", reason=self.reason)

    async def lost(self) -> None:
        if self.started and self._lost_at is None and not self._nc.is_closed:
            self._lost_at = time.monotonic()
            self._log.warning("nats.lost")

    async def back(self) -> None:
        if self._lost_at is not None:
            self._log.info("nats.back", after=round(time.monotonic() - self._lost_at, 3))
            self._lost_at = None
