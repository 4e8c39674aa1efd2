"""
The application: webhooks on bare ASGI, everything else through FastAPI, one live feed.

It starts its own tasks and ends them; the connections that it is given are its giver's.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final

from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from nats.aio.client import Client as Nats
from starlette.exceptions import HTTPException

from adapters.bus.subjects import PASSING
from adapters.http import attachments, looking, subscriptions
from adapters.http.all_routes import all_routes
from adapters.http.answers import Answers
from adapters.http.auth import Gate
from adapters.http.connected import FreshAccounts
from adapters.http.edge import (
    Edge,
    on_domain_error,
    on_failure,
    on_http_error,
    on_invalid,
    on_problem,
)
from adapters.http.feed.hub import Hub
from adapters.http.feed.keeping import Keeping
from adapters.http.feed.passing import Passing
from adapters.http.feed.rows import ViewRows
from adapters.http.feed.stream import Streams
from adapters.http.feed.subscribing import Subscribers
from adapters.http.metrics import Metrics
from adapters.http.openapi.describing import Api
from adapters.http.pacing import Pace
from adapters.http.parts import AppParts
from adapters.http.people import People
from adapters.http.problems import Problem
from adapters.http.sessions import Sessions
from adapters.http.webhooks import PREFIX, Webhooks
from adapters.http.widget.entrance import Entrance, is_for_visitors
from adapters.http.widget.listening import Listeners
from adapters.http.widget.talks import Talks
from adapters.http.wire import Receive, Scope, Send
from adapters.storage.postgres.cursors import UnreadableCursor
from adapters.storage.postgres.queries import ViewsAreBehind
from adapters.tasks import end
from domain.errors import RecadoError
from projections.filter_parsing import UnreadableFilter


class Recado:
    """The ASGI application."""

    def __init__(self, parts: AppParts) -> None:
        metrics = self._metrics = Metrics()
        self._looks, self._pool = parts.looks, parts.pool
        self._accounts: Final = FreshAccounts(parts.channels)
        self._webhooks: Final = Webhooks(
            parts.desk, self._accounts, metrics, parts.public_url, parts.attachments
        )
        self._listeners: Final = Listeners(Talks(parts.pool, parts.desk.naming))
        self._entrance: Final = Entrance(
            self._accounts, self._webhooks, self._listeners, parts.attachments, parts.public_url
        )
        gate = Gate(Sessions(parts.pool), People(parts.pool, parts.mapper))
        source = ViewRows(parts.queries, parts.pool, parts.mapper)
        self._hub: Final = Hub(source, metrics)
        self._subscribers: Final = Subscribers(self._hub, parts.desk.naming, metrics)
        passing = Passing(self._hub, partial(_publish, parts.nats))
        self._streams: Final = Streams(self._hub, self._subscribers, passing)
        self._keeping: Final = Keeping(
            self._hub,
            self._subscribers,
            self._streams,
            passing,
            parts.queries,
            parts.pool,
            parts.nats,
            metrics,
            gate.heard_of,
        )
        self.api: Final = _api()
        self.api.state.parts, self.api.state.gate = parts, gate
        self.api.state.pace = Pace(parts.requests_per_second)
        for router in (
            *all_routes(parts, gate, metrics, Answers(parts)),
            subscriptions.routes(parts, gate, self._subscribers, self._streams),
            looking.routes(parts, passing),
        ):
            self.api.include_router(router)
        larger = {}
        if parts.attachments is not None:
            larger[attachments.PATH] = parts.attachments.largest + attachments.ENVELOPE
        self._edge: Final = Edge(self.api, metrics, larger)
        self._running: AsyncExitStack | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            is_channel = path.startswith(PREFIX) or is_for_visitors(path)
            await (self._entrance if is_channel else self._edge)(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the tasks that keep accounts and feeds fresh; feeds say goodbye at the end."""
        async with self._keeping.running():
            accounts = asyncio.create_task(self._accounts.run())
            listeners = asyncio.create_task(self._listeners.run())
            looks_ = asyncio.create_task(self._looks.write_for_ever(self._pool))
            try:
                yield
            finally:
                self.say_goodbye()
                await end([accounts, listeners, looks_])
                await self._looks.write(self._pool)
                await self._webhooks.aclose()

    def say_goodbye(self) -> None:
        """End all live feeds; to be called when the process is told to stop."""
        self._streams.end_all("restart")
        self._listeners.end_all()

    async def _live(self, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as running:
            await receive()
            try:
                await running.enter_async_context(self.running())
            except Exception as error:
                failed = {"type": "lifespan.startup.failed", "message": type(error).__name__}
                await send(failed)
                raise
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def create_app(parts: AppParts) -> Recado:
    """Return the application over what it is given."""
    return Recado(parts)


async def _publish(nats: Nats | None, said: bytes) -> None:
    # What waited for a connection to come back would no longer be true.
    if nats is not None and nats.is_connected:
        await nats.publish(PASSING, said)


def _api() -> Api:
    # Its spans and logs would carry what was sent.
    silent = TelemetryConfig(
        tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False
    )
    api = Api(
        title="Recado",
        version="1",
        description="Chats, what is said in them and who has them; live feed `sub/1`.",
        docs_url=None,
        redoc_url=None,
        telemetry=silent,
        generate_unique_id_function=lambda route: route.name,
    )
    api.add_exception_handler(Problem, on_problem)
    api.add_exception_handler(RecadoError, on_domain_error)
    api.add_exception_handler(ViewsAreBehind, on_domain_error)
    api.add_exception_handler(UnreadableCursor, on_domain_error)
    api.add_exception_handler(UnreadableFilter, on_domain_error)
    api.add_exception_handler(RequestValidationError, on_invalid)
    api.add_exception_handler(HTTPException, on_http_error)
    api.add_exception_handler(Exception, on_failure)
    return api
