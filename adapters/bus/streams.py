"""The two streams: how they are made, what they hold, and how the log's is read in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

import orjson
from nats import errors as nats_errors
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError

from adapters.bus.batches import ANSWER_WITHIN
from adapters.bus.subjects import LOG_SUBJECTS, VIEW_SUBJECTS

LOG_STREAM: Final = "RECADO_LOG"
VIEWS_STREAM: Final = "RECADO_VIEWS"
EPOCH: Final = "recado-epoch"
"""Metadata of the log's stream; another one after each time it was made anew."""

BLOCK: Final = 1000
_BLOCK_BYTES: Final = 16 * 1024 * 1024
EXISTS: Final = 10058
"""The code of NATS for a stream that is there with another configuration."""
_FORGOTTEN_AFTER: Final = 30.0
_TOKENS_WITHOUT_DOMAIN: Final = 9

_LOG: Final = api.StreamConfig(
    name=LOG_STREAM,
    description="Every event, in order: sequence = position. A copy of the log in PostgreSQL.",
    subjects=[LOG_SUBJECTS],
    storage=api.StorageType.FILE,
    retention=api.RetentionPolicy.LIMITS,
    # A limit that somebody sets later must stop the relay, not drop the oldest events.
    discard=api.DiscardPolicy.NEW,
    max_age=0,
    allow_atomic=True,
    allow_direct=True,
    # Single messages are never removed; what is wrong is deleted whole and refilled.
    deny_delete=True,
    deny_purge=True,
)
_VIEWS: Final = api.StreamConfig(
    name=VIEWS_STREAM,
    description="The present row of every view: one message for each subject.",
    subjects=[VIEW_SUBJECTS],
    storage=api.StorageType.FILE,
    retention=api.RetentionPolicy.LIMITS,
    discard=api.DiscardPolicy.OLD,
    max_age=0,
    max_msgs_per_subject=1,
    allow_atomic=True,
    allow_direct=True,
)
_OURS: Final = (
    "subjects",
    "discard",
    "max_age",
    "max_msgs_per_subject",
    "allow_atomic",
    "allow_direct",
    "deny_delete",
    "deny_purge",
)
"""What we insist on; limits, replicas and placement may be set by whoever runs NATS."""


@dataclass(frozen=True, slots=True)
class LogStream:
    """The log's stream as it is now."""

    epoch: str
    last: int
    """Its last sequence, which is the last position published."""
    is_whole: bool
    """Whether it holds every sequence from 1 to the last."""


@dataclass(frozen=True, slots=True)
class Sequenced:
    """A message of a stream, with its place there."""

    sequence: int
    subject: str
    headers: dict[str, str]
    data: bytes


async def ensure_streams(nc: Nats, *, replicas: int | None = None) -> None:
    """
    Make both streams, or give them the settings that Recado relies on.

    `replicas` None keeps what there is, 1 for a new one. Raises the library's APIError
    when a stream of that name cannot be changed so.
    """
    js = nc.jetstream()
    await _ensure(js, _log_config(replicas), replicas)
    await _ensure(js, _with_replicas(_VIEWS, replicas), replicas)


async def open_log_stream(nc: Nats) -> LogStream:
    """Return the log's stream, made if it is not there."""
    return _as_log_stream(await _ensure(nc.jetstream(), _log_config(None), None))


async def look_at_log_stream(nc: Nats) -> LogStream:
    """Return the log's stream; raise the library's NotFoundError when it is not there."""
    return _as_log_stream(await nc.jetstream().stream_info(LOG_STREAM))


async def replace_log_stream(nc: Nats) -> LogStream:
    """Delete the log's stream with all it holds, and return a new one, in a new epoch."""
    js = nc.jetstream()
    replicas: int | None = None
    with suppress(NotFoundError):
        replicas = (await js.stream_info(LOG_STREAM)).config.num_replicas
        await js.delete_stream(LOG_STREAM)
    return _as_log_stream(await _ensure(js, _log_config(replicas), replicas))


def _log_config(replicas: int | None) -> api.StreamConfig:
    return replace(_with_replicas(_LOG, replicas), metadata={EPOCH: uuid4().hex})


def _with_replicas(config: api.StreamConfig, replicas: int | None) -> api.StreamConfig:
    return replace(config, num_replicas=replicas or 1)


async def _ensure(
    js: JetStreamContext, wanted: api.StreamConfig, replicas: int | None
) -> api.StreamInfo:
    name = wanted.name or ""
    try:
        info = await js.stream_info(name)
    except NotFoundError:
        try:
            return await js.add_stream(wanted)
        except APIError as error:
            if error.err_code != EXISTS:
                raise
            # Another process was quicker by an instant.
            info = await js.stream_info(name)
    changes = _changes(info.config, wanted, replicas)
    return await js.update_stream(replace(info.config, **changes)) if changes else info


def _changes(
    present: api.StreamConfig, wanted: api.StreamConfig, replicas: int | None
) -> dict[str, Any]:
    names = (*_OURS, "num_replicas") if replicas else _OURS
    changes = {
        name: getattr(wanted, name)
        for name in names
        if getattr(present, name) != getattr(wanted, name)
    }
    if wanted.metadata and EPOCH not in (present.metadata or {}):
        changes["metadata"] = {**(present.metadata or {}), **wanted.metadata}
    return changes


def _as_log_stream(info: api.StreamInfo) -> LogStream:
    state = info.state
    return LogStream(
        epoch=(info.config.metadata or {}).get(EPOCH, ""),
        last=state.last_seq,
        is_whole=state.messages == state.last_seq,
    )


class LogStreamReader:
    """Reads a stream, the log's mostly, in blocks, in order; see `reading`."""

    def __init__(self, nc: Nats, consumer: str, stream: str = LOG_STREAM) -> None:
        self._nc = nc
        self._next = f"{api.DEFAULT_PREFIX}.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = nc.new_inbox()
        self._asked = 0
        self._wanted = 0
        self._got: list[Sequenced] = []
        self._ended: asyncio.Future[str] | None = None

    async def open(self) -> None:
        # A callback, because `next_msg` makes a task for every message.
        self._subscription = await self._nc.subscribe(f"{self._inbox}.*", cb=self._take)

    async def close(self) -> None:
        await self._subscription.unsubscribe()

    async def block(self, most: int = BLOCK) -> list[Sequenced]:
        """
        Return the next messages, at most so many; none at the end of the stream.

        Raises the library's TimeoutError or NoRespondersError when the server is away.
        """
        self._asked += 1
        self._got, self._wanted = [], most
        self._ended = asyncio.get_running_loop().create_future()
        limit = max(_BLOCK_BYTES, 2 * self._nc.max_payload)
        request = orjson.dumps({"batch": most, "no_wait": True, "max_bytes": limit})
        await self._nc.publish(self._next, request, reply=f"{self._inbox}.{self._asked}")
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                status = await self._ended
        except TimeoutError:
            raise nats_errors.TimeoutError from None
        if status == api.StatusCode.SERVICE_UNAVAILABLE:
            raise nats_errors.NoRespondersError
        return self._got

    async def _take(self, message: Msg) -> None:
        ended = self._ended
        if ended is None or ended.done():
            return
        headers = message.headers or {}
        if status := _status(message):
            # 404 is the end, 409 that the limit in bytes is reached; late answers say neither.
            if message.subject == f"{self._inbox}.{self._asked}":
                ended.set_result(status)
            return
        self._got.append(
            Sequenced(_sequence(message.reply), message.subject, headers, message.data)
        )
        if len(self._got) == self._wanted:
            ended.set_result("")


def _sequence(reply: str) -> int:
    """Return the place in the stream, without the clock and counts that `metadata` reads, too."""
    tokens = reply.split(".")
    return int(tokens[5] if len(tokens) == _TOKENS_WITHOUT_DOMAIN else tokens[7])


def _status(message: Msg) -> str:
    if message.data or message.headers is None or message.reply:
        return ""
    return message.headers.get(api.Header.STATUS.value, "")


@asynccontextmanager
async def reading(
    nc: Nats, first: int = 1, stream: str = LOG_STREAM
) -> AsyncIterator[LogStreamReader]:
    """Yield a reader of the log's stream, or of another, from a sequence on."""
    js = nc.jetstream()
    consumer = await js.add_consumer(
        stream,
        api.ConsumerConfig(
            deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=first,
            ack_policy=api.AckPolicy.NONE,
            inactive_threshold=_FORGOTTEN_AFTER,
            mem_storage=True,
            num_replicas=1,
        ),
    )
    reader = LogStreamReader(nc, consumer.name, stream)
    await reader.open()
    try:
        yield reader
    finally:
        await reader.close()
        with suppress(nats_errors.Error):
            await js.delete_consumer(stream, consumer.name)
