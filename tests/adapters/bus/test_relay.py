import asyncio
from dataclasses import replace

import pytest
from eventsourcing.persistence import StoredEvent
from nats import errors as nats_errors
from nats.aio.client import Client as Nats
from structlog.testing import capture_logs

from adapters.bus.batches import publish_batch
from adapters.bus.relay import Relay
from adapters.bus.streams import (
    LOG_STREAM,
    look_at_log_stream,
    open_log_stream,
    reading,
    replace_log_stream,
)
from adapters.bus.subjects import POKE, read_event
from tests.adapters.bus.kit import (
    TOPIC,
    Log,
    as_message,
    chat,
    connected,
    differences_of,
    eventually,
    publish_rows,
    relaying,
    rows_of,
)


async def last(nc: Nats) -> int:
    return (await look_at_log_stream(nc)).last


async def test_the_stream_becomes_the_log(nc: Nats, log: Log) -> None:
    """P1, P4: sequence = position."""
    log.add(2345)

    async with relaying(nc, log.url) as relay:
        await eventually(lambda: relay.published == 2345)
        assert relay.behind == 0

    assert await last(nc) == 2345
    assert await differences_of(nc, log.url) == []


async def test_a_subscriber_can_read_every_event(nc: Nats, log: Log) -> None:
    log.add(3)
    await open_log_stream(nc)
    heard = await nc.jetstream().subscribe("recado.log.chat.>", ordered_consumer=True)

    async with relaying(nc, log.url):
        events = [read_event(await heard.next_msg(5)) for _ in range(3)]

    rows = await rows_of(log.url)
    assert [(e.stream, e.version, e.topic, e.state, e.position) for e in events] == rows


async def test_a_word_gets_an_event_out_at_once(nc: Nats, log: Log) -> None:
    async with relaying(nc, log.url) as relay:
        log.add(1)
        await eventually(lambda: relay.published == 1)
        waits = []
        for _ in range(9):
            await asyncio.sleep(0.02)
            log.add(1)
            started = asyncio.get_running_loop().time()
            await nc.publish(POKE)
            await eventually(lambda: relay.published == log.size, every=0.0005)
            waits.append(asyncio.get_running_loop().time() - started)

    assert sorted(waits)[4] < 0.05, "half of what waiting for the next look takes"


async def test_events_nobody_gave_word_of_get_out_too(nc: Nats, log: Log) -> None:
    async with relaying(nc, log.url) as relay:
        await eventually(lambda: relay.behind == 0)
        log.add(1)
        await eventually(lambda: relay.published == 1, seconds=2)


async def test_nothing_is_published_that_is_not_committed(nc: Nats, log: Log) -> None:
    """P2."""
    log.add(5)
    async with relaying(nc, log.url) as relay:
        await eventually(lambda: relay.published == 5)
        with pytest.raises(Exception, match="duplicate key"):
            log.add_events([*_next(log, 3), StoredEvent(chat(1), 1, TOPIC, b"{}")])
        await asyncio.sleep(0.25)

        assert relay.published == 5
        log.add(2)
        await eventually(lambda: relay.published == 7)

    assert await differences_of(nc, log.url) == []


def _next(log: Log, count: int) -> list[StoredEvent]:
    return [StoredEvent(chat(1000 + log.size), n, TOPIC, b"{}") for n in range(1, count + 1)]


async def test_large_events_pass(nc: Nats, log: Log) -> None:
    large = b'{"data":{"text":"' + b"x" * 3_000_000 + b'"}}'
    log.add_events([StoredEvent(chat(n), 1, "payload-kept.v1", large) for n in range(8)])
    log.add_events([StoredEvent(chat(99), 1, TOPIC, b"not JSON, and not for the relay to judge")])

    async with relaying(nc, log.url) as relay:
        await eventually(lambda: relay.published == 9)

    assert await differences_of(nc, log.url) == []


async def test_a_deleted_stream_is_filled_with_the_same_numbers(nc: Nats, log: Log) -> None:
    """P5."""
    log.add(1500)
    async with relaying(nc, log.url) as relay:
        await eventually(lambda: relay.published == 1500)
        before = await look_at_log_stream(nc)
        await nc.jetstream().delete_stream(LOG_STREAM)

        # Nothing new happens: it is noticed all the same.
        await eventually(lambda: relay.published < 1500)
        await eventually(lambda: relay.published == 1500)

    assert await differences_of(nc, log.url) == []
    assert (await look_at_log_stream(nc)).epoch != before.epoch


async def test_a_stream_deleted_under_way_is_filled(nc: Nats, log: Log) -> None:
    """P5."""
    log.add(1000)
    async with relaying(nc, log.url) as relay:
        await eventually(lambda: relay.published == 1000)
        await nc.jetstream().delete_stream(LOG_STREAM)
        log.add(10)
        await nc.publish(POKE)
        await eventually(lambda: relay.published == 1010)

    assert await differences_of(nc, log.url) == []


async def test_a_stream_without_its_tail_is_filled(nc: Nats, log: Log) -> None:
    """P5: what a power cut leaves."""
    log.add(1200)
    await open_log_stream(nc)
    await publish_rows(nc, (await rows_of(log.url))[:900])
    epoch = (await look_at_log_stream(nc)).epoch

    async with relaying(nc, log.url) as relay:
        await eventually(lambda: relay.published == 1200)

    assert await differences_of(nc, log.url) == []
    assert (await look_at_log_stream(nc)).epoch == epoch, "no reader has to start again"


async def test_another_relay_s_work_is_taken_as_done(nc: Nats, log: Log) -> None:
    """P3."""
    log.add(400)
    async with relaying(nc, log.url) as first, relaying(nc, log.url) as second:
        await eventually(lambda: first.published == second.published == 400)
        for _ in range(20):
            log.add(10)
            await nc.publish(POKE)
            await asyncio.sleep(0.01)
        await eventually(lambda: first.published == second.published == 600)

    assert await last(nc) == 600
    assert await differences_of(nc, log.url) == []


async def replaced_after(nc: Nats, log: Log) -> list[str]:
    """Let a relay bring the stream in order; return why it replaced it, if it did."""
    with capture_logs() as logs:
        async with relaying(nc, log.url) as relay:
            await eventually(lambda: relay.published == log.size and relay.behind == 0)
            assert await differences_of(nc, log.url, patience=5) == []
    return [entry["why"] for entry in logs if entry["event"] == "relay.stream_replaced"]


async def test_a_stream_ahead_of_a_restored_log_is_replaced(nc: Nats, log: Log) -> None:
    """P9, N6."""
    log.add(50)
    assert await replaced_after(nc, log) == []
    before = await look_at_log_stream(nc)
    log.forget(30)

    assert await replaced_after(nc, log) == ["it is ahead of the log"]
    assert (await look_at_log_stream(nc)).epoch != before.epoch


async def test_a_stream_of_another_past_is_replaced(nc: Nats, log: Log) -> None:
    """P9: restored to position 30, and gone on since."""
    log.add(50)
    assert await replaced_after(nc, log) == []
    log.forget(30)
    log.add(40, "another past")

    assert await replaced_after(nc, log) == ["position 31 is not what the log has there"]


async def test_a_log_restored_under_the_relay_replaces_the_stream(nc: Nats, log: Log) -> None:
    """P9."""
    log.add(50)
    with capture_logs() as logs:
        async with relaying(nc, log.url) as relay:
            await eventually(lambda: relay.published == 50)
            log.forget(30)
            await eventually(lambda: relay.published == 30)
            log.add(25, "another past")
            await eventually(lambda: relay.published == 55)

    assert await differences_of(nc, log.url) == []
    loud = [entry for entry in logs if entry["event"] == "relay.stream_replaced"]
    assert [(entry["log_level"], entry["stream_last"]) for entry in loud] == [("error", 50)]
    assert loud[0]["old_epoch"] != loud[0]["new_epoch"]


@pytest.mark.parametrize("index", [0, 5, 499])
async def test_altered_messages_where_it_looks_replace_the_stream(
    nc: Nats, log: Log, index: int
) -> None:
    """P9, N7."""
    log.add(500)
    messages = [as_message(row) for row in await rows_of(log.url)]
    messages[index] = replace(messages[index], payload=b"{}")
    await open_log_stream(nc)
    await publish_batch(nc, messages)

    assert await replaced_after(nc, log) == [f"position {index + 1} is not what the log has there"]


async def test_a_stream_with_holes_is_replaced(nc: Nats, log: Log) -> None:
    """P5."""
    log.add(20)
    js = nc.jetstream()
    await js.add_stream(name=LOG_STREAM, subjects=["recado.log.>"], allow_atomic=True)
    await publish_rows(nc, await rows_of(log.url))
    await js.delete_msg(LOG_STREAM, 7)

    assert await replaced_after(nc, log) == ["it has holes"]


async def test_readers_of_the_old_stream_see_another_epoch(nc: Nats, log: Log) -> None:
    """P6: and find the same positions in the new one."""
    log.add(10)
    async with relaying(nc, log.url) as relay:
        await eventually(lambda: relay.published == 10)
        await replace_log_stream(nc)
        await eventually(lambda: relay.published < 10)
        await eventually(lambda: relay.published == 10)

    async with reading(nc, 10) as reader:
        assert [m.headers["ce-id"] for m in await reader.block()] == ["10"]


async def test_a_log_that_is_not_there_yet_is_waited_for(nc: Nats, fresh_database: str) -> None:
    with capture_logs() as logs:
        async with relaying(nc, fresh_database) as relay:
            await asyncio.sleep(0.5)
            log = Log(fresh_database)
            log.add(3)
            await eventually(lambda: relay.published == 3)
            log.close()

    assert [entry["event"] for entry in logs] == ["relay.interrupted", "relay.goes_on"]


async def test_an_event_without_a_possible_subject_stops_the_relay_loudly(
    nc: Nats, log: Log
) -> None:
    """S20: it is not left out, nor is what comes after it put in its place."""
    log.add(2)
    log.add_events([StoredEvent("chat-a.b.>", 1, TOPIC, b"{}")])
    log.add(1)

    with capture_logs() as logs:
        async with relaying(nc, log.url) as relay:
            await eventually(lambda: logs)
            await asyncio.sleep(0.3)
            assert relay.published == 0

    assert [entry["event"] for entry in logs] == ["relay.interrupted"]
    assert "'a.b.>' cannot be part of a NATS subject" in logs[0]["reason"]


async def test_a_connection_closed_for_good_ends_the_relay(bus_url: str, log: Log) -> None:
    """P7: it does not pretend to work."""
    async with connected(bus_url) as nc:
        running = asyncio.create_task(Relay(nc, log.url).run(asyncio.Event()))
        await asyncio.sleep(0.2)
        await nc.close()

        with pytest.raises(nats_errors.ConnectionClosedError):
            await asyncio.wait_for(running, 3)


async def test_a_relay_stops_when_it_is_told(nc: Nats, log: Log) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(Relay(nc, log.url).run(stop))
    await asyncio.sleep(0.2)
    stop.set()

    await asyncio.wait_for(running, 1)
