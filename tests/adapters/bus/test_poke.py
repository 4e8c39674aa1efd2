"""The word that something is new: within a process, between processes, and lost."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from nats.aio.client import Client as Nats

from adapters.bus.nats import connect
from adapters.bus.poke import Poke
from adapters.bus.subjects import POKE


async def hears(event: asyncio.Event, seconds: float = 5) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    event.clear()
    return True


@pytest.fixture
async def poke(nats_url: str) -> AsyncIterator[Poke]:
    nc = await connect(nats_url, name="test-poke")
    poke = Poke(nc)
    await poke.start()
    yield poke
    await nc.close()


async def test_everybody_in_the_process_hears_it(poke: Poke) -> None:
    events = [poke.event(), poke.event()]
    poke.tell(17)
    assert [await hears(event) for event in events] == [True, True]


async def test_another_process_hears_it(poke: Poke, nats_url: str) -> None:
    nc = await connect(nats_url, name="test-other")
    other = Poke(nc)
    await other.start()
    await nc.flush()
    event = other.event()
    poke.tell()
    assert await hears(event)
    await nc.close()


async def test_it_can_be_told_from_any_thread(poke: Poke) -> None:
    event = poke.event()
    await asyncio.to_thread(poke.tell)
    assert await hears(event)


async def test_many_words_at_once_are_few_on_the_wire(poke: Poke, nats_url: str) -> None:
    nc = await connect(nats_url, name="test-listener")
    heard = []

    async def note(message: object) -> None:
        heard.append(message)

    await nc.subscribe(POKE, cb=note)
    await nc.flush()
    event = poke.event()
    for _ in range(1000):
        poke.tell()
    assert await hears(event)
    await asyncio.sleep(0.2)
    assert 1 <= len(heard) < 100
    await nc.close()


async def test_without_nats_those_in_the_process_still_hear_it(nats_url: str) -> None:
    nc = await connect(nats_url, name="test-closed")
    poke = Poke(nc)
    await nc.close()
    event = poke.event()
    poke.tell()
    assert await hears(event)


def test_it_may_be_told_when_the_loop_has_ended() -> None:
    """The desk commits what it was given while the process ends."""

    async def make() -> Poke:
        return Poke(Nats())

    asyncio.run(make()).tell()
