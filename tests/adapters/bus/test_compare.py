import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace

import pytest
from nats.aio.client import Client as Nats
from nats.js.api import StorageType, StreamConfig

from adapters.bus.batches import Message, publish_batch
from adapters.bus.compare import differences
from adapters.bus.streams import LOG_STREAM, ensure_streams
from adapters.bus.subjects import LogRow
from tests.adapters.bus.kit import as_message, some_rows

SIZE = 20


ROWS = some_rows(SIZE)


async def found(nc: Nats, rows: Iterable[LogRow], patience: float = 0.0) -> list[str]:
    """Return the differences between the stream and a log of these rows."""

    async def log() -> AsyncIterator[LogRow]:
        for row in rows:
            yield row

    return [line async for line in differences(nc, log(), patience=patience)]


async def publish(nc: Nats, messages: list[Message]) -> None:
    """Fill a stream from which, unlike the real one, single messages can be taken out."""
    config = StreamConfig(
        name=LOG_STREAM,
        subjects=["recado.log.>"],
        storage=StorageType.MEMORY,
        allow_atomic=True,
    )
    await nc.jetstream().add_stream(config)
    await publish_batch(nc, messages)


def with_header(message: Message, name: str, text: str) -> Message:
    return replace(message, headers={**message.headers, name: text})


Damage = Callable[[list[Message]], list[Message]]


def altered(index: int, change: Callable[[Message], Message]) -> Damage:
    return lambda m: [*m[:index], change(m[index]), *m[index + 1 :]]


def again(message: Message) -> Message:
    return with_header(message, "Nats-Msg-Id", "again")


MALFORMED_ID = "position 7: the stream holds something else than an event"

DAMAGES: dict[str, tuple[Damage, list[str]]] = {
    "nothing": (lambda m: m, []),
    "payload": (
        altered(6, lambda m: replace(m, payload=m.payload + b" ")),
        ["position 7: altered in the stream: payload"],
    ),
    "emptied": (
        altered(6, lambda m: replace(m, payload=b"")),
        ["position 7: altered in the stream: payload"],
    ),
    "other subject": (
        altered(6, lambda m: replace(m, subject="recado.log.chat.other.chat-read.v1")),
        ["position 7: altered in the stream: subject"],
    ),
    "other topic": (
        altered(6, lambda m: with_header(m, "ce-type", "chat-read.v1")),
        ["position 7: altered in the stream: ce-type"],
    ),
    "other version": (
        altered(6, lambda m: with_header(m, "Recado-Version", "99")),
        ["position 7: altered in the stream: Recado-Version"],
    ),
    "other time": (
        altered(6, lambda m: with_header(m, "ce-time", "2031-01-02T09:00:00Z")),
        ["position 7: altered in the stream: ce-time"],
    ),
    "swapped": (
        lambda m: [*m[:6], m[7], m[6], *m[8:]],
        [
            "position 7: the stream holds position 8 there",
            "position 8: the stream holds position 7 there",
        ],
    ),
    "left out": (
        lambda m: [*m[:6], *m[7:]],
        [
            "positions 7 to 19: the stream holds positions 8 to 20 there",
            "position 20: missing from the stream",
        ],
    ),
    "doubled": (
        lambda m: [*m[:7], again(m[6]), *m[7:]],
        [
            "positions 8 to 20: the stream holds positions 7 to 19 there (position 7 is doubled)",
            "position 21: in the stream, not in the log",
        ],
    ),
    "doubled over another": (
        lambda m: [*m[:7], again(m[2]), *m[8:]],
        ["position 8: the stream holds position 3 there (position 3 is doubled)"],
    ),
    "extra": (
        lambda m: [*m, again(m[0]), replace(m[1], headers={})],
        ["positions 21 to 22: in the stream, not in the log"],
    ),
    "cut off": (lambda m: m[:17], ["positions 18 to 20: missing from the stream"]),
    "no headers": (altered(6, lambda m: replace(m, headers={})), [MALFORMED_ID]),
    "id of words": (altered(6, lambda m: with_header(m, "ce-id", "seven")), [MALFORMED_ID]),
    "id of another spelling": (altered(6, lambda m: with_header(m, "ce-id", "07")), [MALFORMED_ID]),
    "id from far away": (
        altered(6, lambda m: with_header(m, "ce-id", "4000")),
        ["position 7: the stream holds position 4000 there"],
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_every_damage_is_told_with_its_position(nc: Nats, damage: str) -> None:
    """P5, N7."""
    do, expected = DAMAGES[damage]
    await publish(nc, do([as_message(row) for row in ROWS]))

    assert await found(nc, ROWS) == expected


async def test_messages_that_were_taken_out_are_missing(nc: Nats) -> None:
    """P1, P5."""
    await publish(nc, [as_message(row) for row in ROWS])
    for sequence in (1, 2, 9, 20):
        await nc.jetstream().delete_msg(LOG_STREAM, sequence)

    assert await found(nc, ROWS) == [
        "positions 1 to 2: missing from the stream",
        "position 9: missing from the stream",
        "position 20: missing from the stream",
    ]


async def test_a_stream_that_is_not_there_is_one_difference(nc: Nats) -> None:
    assert await found(nc, ROWS) == ["the stream RECADO_LOG does not exist"]


async def test_an_empty_stream_lacks_everything(nc: Nats) -> None:
    await ensure_streams(nc)

    assert await found(nc, ROWS) == ["positions 1 to 20: missing from the stream"]


async def test_an_empty_log_has_nothing_of_the_stream(nc: Nats) -> None:
    await publish(nc, [as_message(row) for row in ROWS])

    assert await found(nc, []) == ["positions 1 to 20: in the stream, not in the log"]


async def test_damage_is_found_behind_many_blocks(nc: Nats) -> None:
    rows = some_rows(4000)
    messages = [as_message(row) for row in rows]
    messages[3456] = replace(messages[3456], payload=b"{}")
    await publish(nc, messages)

    assert await found(nc, rows) == ["position 3457: altered in the stream: payload"]


async def test_what_is_published_meanwhile_is_no_difference(nc: Nats) -> None:
    await publish(nc, [as_message(row) for row in ROWS[:10]])

    async def publish_more() -> None:
        await asyncio.sleep(0.2)
        await publish_batch(nc, [as_message(row) for row in ROWS[10:]])

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(publish_more())

        assert await found(nc, ROWS[:15], patience=5.0) == []
