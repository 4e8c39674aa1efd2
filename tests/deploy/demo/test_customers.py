"""Simulated customers: invented numbers, the real wire format, and a play that repeats."""

import asyncio
import json
import re
from contextlib import suppress
from random import Random
from typing import Any

from deploy.demo.customers import Customers
from deploy.demo.fake_graph import FakeGraph
from deploy.demo.fake_telegram import FakeTelegram
from deploy.demo.pace import Pace


class Heard:
    """Where the webhooks arrive."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    async def __call__(self, headers: dict[str, str], body: bytes) -> int:
        self.bodies.append(json.loads(body))
        return 200


async def live(seed: int, *, speed: float = 3_000) -> tuple[Customers, Heard]:
    """Let customers live for a moment."""
    heard = Heard()
    graph = FakeGraph(phone_number_id="1065", access_token="a", app_secret="b", post=heard)
    telegram = FakeTelegram(bot_token="42:c", secret_token="d", post=heard)
    customers = Customers(graph, telegram, Random(seed), Pace(speed))
    with suppress(TimeoutError):
        async with asyncio.timeout(0.4):
            await customers.live()
    for fake in (graph, telegram):
        await fake.settle()
        await fake.aclose()
    return customers, heard


async def test_customers_write_on_both_channels_and_all_of_it_is_noted() -> None:
    customers, heard = await live(7)
    assert set(customers.written) == {"whatsapp-loja", "telegram-suporte"}
    ids = [id_ for ids in customers.written.values() for id_ in ids]
    assert len(ids) == len(set(ids)) == len(heard.bodies) > 10


async def test_every_number_is_invented() -> None:
    """+55 11 9xxxx-xxxx, of nobody; and Telegram ids of the same making."""
    _, heard = await live(8)
    written = json.dumps(heard.bodies)
    phones = re.findall(r'"(?:from|wa_id)": "(\d+)"', written)
    assert phones
    assert all(re.fullmatch(r"55119\d{8}", phone) for phone in phones)
    ids = {int(id_) for id_ in re.findall(r'"from": {"id": (\d+)', written)}
    assert all(700_000_000 <= id_ < 711_000_000 for id_ in ids)


async def test_the_same_seed_begins_the_same_play() -> None:
    (_, first), (_, again), (_, other) = [await live(seed) for seed in (7, 7, 8)]
    begins = [_first_customer(heard) for heard in (first, again, other)]
    assert begins[0] == begins[1] != begins[2]


def _first_customer(heard: Heard) -> str:
    written = json.dumps(heard.bodies[0], ensure_ascii=False)
    return "|".join(re.findall(r'"(?:from|id|body|text)": (?:"[^"]*"|7\d{8})', written))
