"""Waiting for what is to become true, and doing many things at the same instant."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import httpx

from tests.scenarios.deliveries import Delivery

T = TypeVar("T")


def until(question: Callable[[], T | None], seconds: float = 15.0, what: object = "") -> T:
    """Return the first answer that is truthy; fail when none is in time."""
    give_up = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < give_up, f"waited {seconds} s in vain {what}: {answer!r}"
        time.sleep(0.03)


def holds_for(question: Callable[[], object], seconds: float) -> None:
    """Return when the answer was yes all the time; fail as soon as it is no."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert question()
        time.sleep(0.05)


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Return what the calls return, begun together, a thread each."""
    start = Barrier(len(calls))

    def begin(call: Callable[[], T]) -> T:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(begin, calls))


def deliver_all(
    deliveries: Iterable[Delivery], addresses: Sequence[str], together: int = 40
) -> list[int]:
    """Return the statuses of webhooks posted many at a time, by turns to each address."""

    async def run() -> list[int]:
        limits = httpx.Limits(max_connections=together)
        async with httpx.AsyncClient(trust_env=False, timeout=30, limits=limits) as http:

            async def post(n: int, delivery: Delivery) -> int:
                url = addresses[n % len(addresses)] + delivery.path
                answer = await http.post(url, content=delivery.body, headers=delivery.headers)
                return answer.status_code

            return await asyncio.gather(*(post(n, d) for n, d in enumerate(deliveries)))

    return asyncio.run(run())
