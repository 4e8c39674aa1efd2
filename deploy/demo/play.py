"""The demo's play: fake providers, customers and colleagues around a running installation."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from functools import partial
from random import Random
from typing import Final

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from deploy.applying import group_id
from deploy.commands.access import issue_token
from deploy.demo import company
from deploy.demo.colleagues import Colleague
from deploy.demo.customers import Customers
from deploy.demo.fake_graph import FakeGraph
from deploy.demo.fake_telegram import FakeTelegram
from deploy.demo.pace import Pace
from deploy.demo.providers import post_to
from deploy.demo.summary import Summary, count
from deploy.embedded.directory import Urls
from deploy.installation import opened
from deploy.signals import QuietServer

SETTLE: Final = 10.0
"""Seconds that what was written has to arrive, once customers are silent."""
VISIT: Final = 20.0
"""Seconds for which an operator is the visitor's, after the last sign of his."""


class Play:
    """Everything around the installation at `address`; `providers` is where the fakes listen."""

    def __init__(
        self, urls: Urls, address: str, providers: socket.socket, seed: int, speed: float
    ) -> None:
        self.pace: Final = Pace(speed)
        self.settles = True
        """Whether the end waits for what is on its way: there is no use once nobody answers."""
        self._visits: Final = dict[str, float]()
        self._urls: Final = urls
        self._address: Final = address
        self._socket: Final = providers
        self._random: Final = Random(seed)  # noqa: S311  (a play, no secret)
        self._began_at = 0
        self._finance = ""
        self._customers: Customers | None = None
        self._fakes: list[FakeGraph | FakeTelegram] = []

    async def run(self, players: tuple[str, ...], more: Iterable[BaseRoute] = ()) -> None:
        """
        Play until cancelled; `players` are the operators that programs stand in for.

        `more` is answered where the fake providers are.
        """
        with opened(self._urls) as installation:
            self._began_at = installation.reader.head()[0]
            tokens = {email: issue_token(installation, email) for email in players}
            self._finance = group_id(installation.desk.naming, "Financeiro")
        async with (
            httpx.AsyncClient(trust_env=False) as http,
            self._providers(http, more) as customers,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(customers.live())
            for email, token in tokens.items():
                group.create_task(self._colleague(email, token))

    def visit(self, email: str) -> None:
        """Let a visitor play this operator, and nobody else for a while."""
        self._visits[email] = time.monotonic()

    def is_visited(self, email: str) -> bool:
        return time.monotonic() - self._visits.get(email, -VISIT) < VISIT

    def ask_for_invoice(self) -> None:
        """Let a customer ask for the copy of an invoice."""
        if self._customers is not None:
            self._customers.ask_for_invoice()

    async def settle(self) -> None:
        """Wait until the providers have delivered what customers wrote, within reason."""
        async with asyncio.timeout(SETTLE):
            for fake in self._fakes:
                await fake.settle()

    def summary(self) -> Summary:
        """Return what happened since the play began, counted in the log."""
        return self._count(self._customers.written if self._customers else {})

    def _count(self, written: dict[str, list[str]]) -> Summary:
        with opened(self._urls) as installation:
            return count(installation.reader, installation.mapper, self._began_at, written)

    async def proof(self) -> Summary:
        """Return the summary once what was written until now has arrived, within reason."""
        customers = self._customers
        written = {} if customers is None else {k: list(v) for k, v in customers.written.items()}
        give_up = time.monotonic() + SETTLE
        while True:
            found = await asyncio.to_thread(self._count, written)
            if not found.lost or time.monotonic() > give_up:
                return found
            await asyncio.sleep(0.5)

    @asynccontextmanager
    async def _providers(
        self, http: httpx.AsyncClient, more: Iterable[BaseRoute]
    ) -> AsyncIterator[Customers]:
        graph = FakeGraph(
            phone_number_id=company.PHONE_NUMBER_ID,
            access_token=company.ACCESS_TOKEN,
            app_secret=company.APP_SECRET,
            post=post_to(f"{self._address}/channels/whatsapp-loja/webhook", http),
        )
        telegram = FakeTelegram(
            bot_token=company.BOT_TOKEN,
            secret_token=company.SECRET_TOKEN,
            post=post_to(f"{self._address}/channels/telegram-suporte/webhook", http),
        )
        self._fakes = [graph, telegram]
        self._customers = customers = Customers(graph, telegram, self._random, self.pace)
        fakes = [Mount("/graph", graph.app), Mount("/telegram", telegram.app)]
        app = Starlette(routes=[*fakes, *more])
        server = QuietServer(uvicorn.Config(app, log_level="warning", access_log=False))
        serving = asyncio.create_task(server.serve(sockets=[self._socket]))
        try:
            yield customers
        finally:
            if self.settles:
                with suppress(TimeoutError):
                    await self.settle()
            server.should_exit = True
            await serving
            for fake in self._fakes:
                await fake.aclose()

    async def _colleague(self, email: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            base_url=self._address, headers=headers, trust_env=False, timeout=10
        ) as http:
            played = partial(self.is_visited, email)
            await Colleague(http, self._random, self.pace, self._finance, played).work()
