"""What the tests of the bus share: a log with something in it, a relay at work."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import orjson
from eventsourcing.persistence import StoredEvent
from nats.aio.client import Client as Nats

from adapters.bus.batches import Message, publish_batch
from adapters.bus.compare import differences
from adapters.bus.log_pages import LogPages
from adapters.bus.nats import connect
from adapters.bus.relay import Relay
from adapters.bus.subjects import LogRow, event_headers, event_subject
from adapters.storage.postgres.recorder import LogRecorder, migrate

TOPIC = "message-received.v1"
CHATS = 7


def chat(number: int) -> str:
    return f"chat-0192f0c1-2222-7333-8444-{number:012d}"


def some_events(first: int, count: int, word: str = "oi") -> list[StoredEvent]:
    """Return events that fit behind `first - 1` others made here."""
    return [
        StoredEvent(chat(n % CHATS), n // CHATS + 1, TOPIC, _state(n, word))
        for n in range(first, first + count)
    ]


def some_rows(count: int) -> list[LogRow]:
    """Return a log of so many events, as its readers get it."""
    return [
        (f"{event.originator_id}", event.originator_version, event.topic, event.state, position)
        for position, event in enumerate(some_events(1, count), 1)
    ]


def _state(number: int, word: str) -> bytes:
    data = {"at": "2030-01-02T09:00:00.000123Z", "seq": number, "text": word}
    return orjson.dumps({"actor": "client:c1", "via": "webhook", "data": data})


class Log:
    """The log of a database, to write to."""

    def __init__(self, url: str) -> None:
        migrate(url)
        self.url = url
        self.size = 0
        self._recorder = LogRecorder.connect(url)

    def add(self, count: int, word: str = "oi") -> None:
        self._recorder.insert_events(some_events(self.size + 1, count, word))
        self.size += count

    def add_events(self, events: Sequence[StoredEvent]) -> None:
        self._recorder.insert_events(events)
        self.size += len(events)

    def forget(self, last: int) -> None:
        """Become the log as it was at position `last`: a restored database."""
        with self._recorder.datastore.get_connection() as connection:
            connection.execute("DELETE FROM recado_events WHERE notification_id > %s", (last,))
            connection.execute("UPDATE recado_head SET position = %s", (last,))
        self.size = last

    def close(self) -> None:
        self._recorder.close()


async def rows_of(url: str) -> list[LogRow]:
    async with LogPages(url) as pages:
        return [row async for row in pages.to_the_end()]


async def differences_of(nc: Nats, url: str, patience: float = 0.0) -> list[str]:
    async with LogPages(url) as pages:
        return [line async for line in differences(nc, pages.to_the_end(), patience=patience)]


def as_message(row: LogRow) -> Message:
    return Message(event_subject(row[0], row[2]), row[3], event_headers(row))


async def publish_rows(nc: Nats, rows: Sequence[LogRow]) -> int:
    return await publish_batch(nc, [as_message(row) for row in rows])


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Nats]:
    nc = await connect(url, name="test")
    try:
        yield nc
    finally:
        await nc.close()


@asynccontextmanager
async def relaying(nc: Nats, url: str) -> AsyncIterator[Relay]:
    """A relay at work; what it raises, the test raises."""
    relay, stop = Relay(nc, url), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(relay.run(stop))
        try:
            yield relay
        finally:
            stop.set()


async def eventually(
    question: Callable[[], object | Awaitable[object]], seconds: float = 15.0, every: float = 0.01
) -> None:
    """Return when the answer is yes; fail the test when it is not in time."""
    async with asyncio.timeout(seconds):
        while True:
            answer = question()
            if await answer if isinstance(answer, Awaitable) else answer:
                return
            await asyncio.sleep(every)
