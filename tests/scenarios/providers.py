"""Fake providers on a port of their own, with the installation's channels behind them."""

import asyncio
import socket
import threading
from types import TracebackType
from typing import Self, TypeVar

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from deploy.demo.fake_graph import FakeGraph
from deploy.demo.fake_telegram import FakeTelegram
from deploy.demo.providers import Post, Sent
from deploy.signals import QuietServer
from tests.scenarios.deliveries import Telegram, WhatsApp

Fake = TypeVar("Fake", FakeGraph, FakeTelegram)


async def keep_quiet(_headers: dict[str, str], _body: bytes) -> int:
    """Deliver no receipts."""
    return 200


class Providers:
    """Inside the context they answer at `address`, below each channel's name."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.fakes: list[FakeGraph | FakeTelegram] = []
        self._app = Starlette()
        config = uvicorn.Config(self._app, log_level="error", access_log=False, lifespan="off")
        self._server = QuietServer(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._loop.close()
        self._socket.close()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as self._http:
            await self._server.serve(sockets=[self._socket])
            for fake in self.fakes:
                await fake.aclose()

    def base(self, name: str) -> str:
        """Return the `api_base` of a channel with this name."""
        return f"{self.address}/{name}"

    def graph(self, channel: WhatsApp, post: Post = keep_quiet) -> FakeGraph:
        """Return the provider of a WhatsApp number; `post` delivers its receipts."""
        fake = FakeGraph(
            phone_number_id=channel.phone_number_id,
            access_token="access",
            app_secret=channel.secret,
            post=post,
        )
        return self._mounted(channel.name, fake)

    def telegram(self, channel: Telegram) -> FakeTelegram:
        fake = FakeTelegram(
            bot_token=channel.bot_token, secret_token=channel.secret, post=keep_quiet
        )
        return self._mounted(channel.name, fake)

    def receipts_to(self, address: str, channel: WhatsApp) -> Post:
        """Return what delivers receipts to an installation, again and again if need be."""

        async def post(headers: dict[str, str], body: bytes) -> int:
            url = f"{address}/channels/{channel.name}/webhook"
            try:
                answer = await self._http.post(url, headers=headers, content=body)
            except httpx.TransportError:
                return 503
            return answer.status_code

        return post

    @property
    def sent(self) -> list[Sent]:
        """All messages that were taken from the installation."""
        return [sent for fake in self.fakes for sent in list(fake.sent)]

    def _mounted(self, name: str, fake: Fake) -> Fake:
        self.fakes.append(fake)
        self._app.router.routes.append(Mount(f"/{name}", fake.app))
        return fake
