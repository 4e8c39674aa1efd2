from collections.abc import AsyncIterator
from secrets import token_hex

import pytest
from nats import errors as nats_errors
from nats.aio.client import Client as Nats
from nats.js.api import StorageType, StreamConfig

from adapters.bus.batches import (
    MOST_BYTES,
    MOST_MESSAGES,
    BatchRefused,
    Message,
    MessageTooLarge,
    WrongLastSequence,
    publish_batch,
)
from tests.adapters.bus.kit import connected


@pytest.fixture
async def stream(nc: Nats) -> AsyncIterator[str]:
    """The name of a stream that takes batches, and the first token of its subjects."""
    name = f"test{token_hex(6)}"
    config = StreamConfig(
        name=name, subjects=[f"{name}.>"], storage=StorageType.MEMORY, allow_atomic=True
    )
    await nc.jetstream().add_stream(config)
    yield name
    await nc.jetstream().delete_stream(name)


def some(stream: str, count: int, payload: bytes = b"x") -> list[Message]:
    return [Message(f"{stream}.{n}", payload, {"Number": f"{n}"}) for n in range(count)]


async def size(nc: Nats, stream: str) -> int:
    return (await nc.jetstream().stream_info(stream)).state.messages


@pytest.mark.parametrize("count", [1, 2, MOST_MESSAGES, MOST_MESSAGES + 1, 2 * MOST_MESSAGES + 500])
async def test_messages_are_stored_in_order(nc: Nats, stream: str, count: int) -> None:
    last = await publish_batch(nc, some(stream, count), expected_last=0)

    js = nc.jetstream()
    assert (last, await size(nc, stream)) == (count, count)
    for sequence in {1, count // 2 or 1, count}:
        message = await js.get_msg(stream, sequence)
        assert message.subject == f"{stream}.{sequence - 1}"
        assert (message.headers or {})["Number"] == f"{sequence - 1}"
        assert message.data == b"x"


async def test_a_message_without_headers_or_content_is_stored(nc: Nats, stream: str) -> None:
    assert await publish_batch(nc, [Message(f"{stream}.a")]) == 1
    assert await publish_batch(nc, [Message(f"{stream}.a"), Message(f"{stream}.b")]) == 3


@pytest.mark.parametrize("count", [1, 2, 300])
@pytest.mark.parametrize("expected", [0, 4, 6, 99])
async def test_a_batch_that_expects_another_end_stores_nothing(
    nc: Nats, stream: str, count: int, expected: int
) -> None:
    """P3."""
    await publish_batch(nc, some(stream, 5))

    with pytest.raises(WrongLastSequence) as refused:
        await publish_batch(nc, some(stream, count), expected_last=expected)

    assert refused.value.last == 5
    assert await size(nc, stream) == 5


async def test_the_same_batch_again_stores_nothing(nc: Nats, stream: str) -> None:
    """P3."""
    batch = some(stream, 3)
    await publish_batch(nc, batch, expected_last=0)

    with pytest.raises(WrongLastSequence):
        await publish_batch(nc, batch, expected_last=0)

    assert await size(nc, stream) == 3


async def test_a_batch_with_one_known_message_id_stores_nothing(nc: Nats, stream: str) -> None:
    await publish_batch(nc, [Message(f"{stream}.a", b"", {"Nats-Msg-Id": "7"})])
    batch = [*some(stream, 2), Message(f"{stream}.a", b"", {"Nats-Msg-Id": "7"})]

    with pytest.raises(BatchRefused) as refused:
        await publish_batch(nc, batch)

    assert refused.value.code == 10201
    assert await size(nc, stream) == 1


async def test_a_stream_that_takes_no_batches_stores_nothing(nc: Nats, stream: str) -> None:
    js = nc.jetstream()
    await js.update_stream(name=stream, subjects=[f"{stream}.>"], storage=StorageType.MEMORY)

    with pytest.raises(BatchRefused):
        await publish_batch(nc, some(stream, 3))

    assert await size(nc, stream) == 0


async def test_a_subject_of_no_stream_is_not_waited_for(nc: Nats) -> None:
    with pytest.raises(nats_errors.NoRespondersError):
        await publish_batch(nc, some("nowhere", 3))


async def test_a_message_too_large_for_the_server_is_refused_before_it_is_sent(
    nc: Nats, stream: str
) -> None:
    large = Message(f"{stream}.large", b"x" * (nc.max_payload - 10), {"Long": "y" * 20})

    with pytest.raises(MessageTooLarge, match="raise max_payload"):
        await publish_batch(nc, [*some(stream, 2), large])

    assert nc.is_connected
    assert await size(nc, stream) == 0


async def test_the_largest_message_the_server_takes_is_stored(nc: Nats, stream: str) -> None:
    headers = {"Long": "ç" * 20}
    room = nc.max_payload - Message("", b"", headers).size

    await publish_batch(nc, [Message(f"{stream}.l", b"x" * room, headers)] * 2)

    assert nc.is_connected
    assert await size(nc, stream) == 2


async def test_a_batch_of_many_bytes_is_stored_in_parts(nc: Nats, stream: str) -> None:
    megabytes = some(stream, 20, b"x" * 1_000_000)
    assert sum(message.size for message in megabytes) > 2 * MOST_BYTES

    assert await publish_batch(nc, megabytes, expected_last=0) == 20


async def test_nothing_is_kept_for_later_without_a_connection(bus_url: str) -> None:
    async with connected(bus_url) as nc:
        await nc.close()

        with pytest.raises(nats_errors.ConnectionReconnectingError):
            await publish_batch(nc, some("nowhere", 2))
