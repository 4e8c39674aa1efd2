import asyncio

import pytest
from nats.aio.client import Client as Nats
from nats.js.api import DiscardPolicy
from nats.js.errors import APIError, NotFoundError

from adapters.bus.batches import Message, publish_batch
from adapters.bus.streams import (
    LOG_STREAM,
    VIEWS_STREAM,
    ensure_streams,
    look_at_log_stream,
    open_log_stream,
    reading,
    replace_log_stream,
)


async def test_streams_are_made_once_however_often_and_by_how_many(nc: Nats) -> None:
    await asyncio.gather(*(ensure_streams(nc) for _ in range(5)))
    made = await look_at_log_stream(nc)
    await publish_batch(nc, [Message("recado.log.chat.c1.chat-read.v1")])

    await ensure_streams(nc)

    again = await look_at_log_stream(nc)
    assert made.epoch == again.epoch != ""
    assert (made.last, again.last) == (0, 1)


async def test_a_single_event_cannot_be_taken_out_of_the_log_s_stream(nc: Nats) -> None:
    await ensure_streams(nc)
    await publish_batch(nc, [Message("recado.log.chat.c1.chat-read.v1")] * 3)
    js = nc.jetstream()

    with pytest.raises(APIError):
        await js.delete_msg(LOG_STREAM, 2)
    with pytest.raises(APIError):
        await js.purge_stream(LOG_STREAM)

    assert (await look_at_log_stream(nc)).is_whole


async def test_settings_that_recado_relies_on_are_put_back(nc: Nats) -> None:
    js = nc.jetstream()
    await js.add_stream(name=LOG_STREAM, subjects=["recado.log.chat.>"], max_age=3600)
    await js.add_stream(name=VIEWS_STREAM, subjects=["recado.views.>"], max_bytes=1_000_000)

    await ensure_streams(nc)

    log = (await js.stream_info(LOG_STREAM)).config
    views = (await js.stream_info(VIEWS_STREAM)).config
    assert (log.subjects, log.max_age, log.discard) == (["recado.log.>"], 0, DiscardPolicy.NEW)
    assert (log.allow_atomic, log.deny_delete, log.deny_purge) == (True, True, True)
    assert (views.max_msgs_per_subject, views.allow_atomic) == (1, True)
    assert views.max_bytes == 1_000_000, "limits are the owner's"
    assert (await look_at_log_stream(nc)).epoch


async def test_views_keep_the_last_row_of_each_subject(nc: Nats) -> None:
    await ensure_streams(nc)
    rows = [Message(f"recado.views.chats.c{n % 2}", f"{n}".encode()) for n in range(10)]

    await publish_batch(nc, rows)

    js = nc.jetstream()
    kept = [await js.get_last_msg(VIEWS_STREAM, f"recado.views.chats.c{n}") for n in range(2)]
    assert [message.data for message in kept] == [b"8", b"9"]
    assert (await js.stream_info(VIEWS_STREAM)).state.messages == 2


async def test_a_stream_made_anew_is_empty_and_of_another_epoch(nc: Nats) -> None:
    """P6."""
    old = await open_log_stream(nc)
    await publish_batch(nc, [Message("recado.log.chat.c1.chat-read.v1")])

    new = await replace_log_stream(nc)

    assert (new.last, (await look_at_log_stream(nc)).epoch) == (0, new.epoch)
    assert new.epoch != old.epoch


async def test_a_stream_that_is_not_there_is_told(nc: Nats) -> None:
    with pytest.raises(NotFoundError):
        await look_at_log_stream(nc)


async def test_blocks_follow_each_other_to_the_end(nc: Nats) -> None:
    await ensure_streams(nc)
    sent = [Message("recado.log.chat.c1.chat-read.v1", f"{n}".encode()) for n in range(1, 26)]
    await publish_batch(nc, sent)

    async with reading(nc, 4) as reader:
        blocks = [await reader.block(10) for _ in range(4)]

    assert [[m.sequence for m in block] for block in blocks] == [
        list(range(4, 14)),
        list(range(14, 24)),
        [24, 25],
        [],
    ]
    assert [m.data for m in blocks[2]] == [b"24", b"25"]


async def test_large_messages_are_read_in_smaller_blocks(nc: Nats) -> None:
    await ensure_streams(nc)
    large = Message("recado.log.chat.c1.payload-kept.v1", b"x" * 6_000_000)
    await publish_batch(nc, [large] * 7)

    read = []
    async with reading(nc) as reader:
        while block := await reader.block():
            read += [message.sequence for message in block]

    assert read == [1, 2, 3, 4, 5, 6, 7]
