"""Clients who write and operators who answer, whatever happens to the installation meanwhile."""

import asyncio
import random
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

from tests.scenarios.deliveries import Delivery, Telegram, WhatsApp
from tests.scenarios.people import Person

PAUSE = 0.1
LONGEST_PATIENCE = 1_000
CLIENTS = 8
"""On each channel."""


@dataclass(slots=True)
class Sent:
    """One client's messages, by the words they consist of."""

    tried: list[str] = field(default_factory=list)
    """Noted before they are sent."""
    answered: list[str] = field(default_factory=list)
    """Noted after a 2xx."""


class Load:
    """Inside the context there is traffic; at its end everybody finishes what he began."""

    def __init__(
        self, address: str, channels: Sequence[WhatsApp | Telegram], people: Sequence[Person]
    ) -> None:
        self.clients: dict[tuple[str, int], Sent] = {
            (channel.name, number): Sent()
            for channel in channels
            for number in range(1, CLIENTS + 1)
        }
        self.replies: dict[str, int] = {}
        """Answers that operators gave: the words, and the last status they were told."""
        self.statuses: set[int] = set()
        self._address = address
        self._channels = channels
        self._people = people
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def answered(self) -> int:
        return sum(len(sent.answered) for sent in self.clients.values())

    async def _run(self) -> None:
        async with (
            httpx.AsyncClient(base_url=self._address, trust_env=False, timeout=15) as self._http,
            asyncio.TaskGroup() as group,
        ):
            for channel in self._channels:
                for number in range(1, CLIENTS + 1):
                    group.create_task(self._write(channel, number))
            for person in self._people:
                group.create_task(self._answer(person))

    async def _write(self, channel: WhatsApp | Telegram, client: int) -> None:
        """Write one message after the other, each again and again until it is taken."""
        sent, choose = self.clients[channel.name, client], random.Random(client)
        number = 0
        while not self._stop.is_set():
            number += 1
            words = f"{channel.name}/{client}/{number}"
            delivery = channel.text(client, words, number)
            sent.tried.append(words)
            await self._until_taken(delivery)
            sent.answered.append(words)
            if choose.random() < 0.1:
                await self._post(delivery)
            await asyncio.sleep(PAUSE * choose.uniform(0.5, 2))

    async def _until_taken(self, delivery: Delivery) -> None:
        """Deliver again and again, as providers do."""
        for _ in range(LONGEST_PATIENCE):
            if await self._post(delivery) // 100 == 2:
                return
            await asyncio.sleep(PAUSE)
        raise AssertionError(f"not taken in {LONGEST_PATIENCE} tries: {delivery.path}")

    async def _post(self, delivery: Delivery) -> int:
        try:
            answer = await self._http.post(
                delivery.path, content=delivery.body, headers=delivery.headers
            )
        except httpx.TransportError:
            return 0
        self.statuses.add(answer.status_code)
        return answer.status_code

    async def _answer(self, person: Person) -> None:
        """Answer the own chats one after the other, and close one now and then."""
        choose, number = random.Random(person.id), 0
        while not self._stop.is_set():
            await asyncio.sleep(PAUSE)
            with suppress(httpx.TransportError):
                for chat in await self._mine(person):
                    number += 1
                    await self._reply(person, chat["id"], f"{person.id}/{number}")
                    if choose.random() < 0.2:
                        path = f"/v1/chats/{chat['id']}/close"
                        await self._http.post(path, json={}, headers=person.headers)

    async def _mine(self, person: Person) -> list[dict[str, Any]]:
        query = {"section": "waiting", "operator": "me"}, {"section": "open", "operator": "me"}
        answers = [
            await self._http.get("/v1/chats", params=params, headers=person.headers)
            for params in query
        ]
        items = [a.json()["items"] for a in answers if a.status_code == 200]
        return [chat for listed in items for chat in listed]

    async def _reply(self, person: Person, chat: str, words: str) -> None:
        """Send an answer again under the same key until it is taken or refused."""
        headers = {**person.headers, "Idempotency-Key": words}
        path, status = f"/v1/chats/{chat}/messages", 0
        while status in {0, 500, 502, 503, 504}:
            try:
                answer = await self._http.post(path, json={"text": words}, headers=headers)
                status = answer.status_code
            except httpx.TransportError:
                status = 0
            self.replies[words] = status
            if status >= 500 or status == 0:
                await asyncio.sleep(PAUSE)
