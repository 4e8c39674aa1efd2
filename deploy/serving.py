"""The process that answers HTTP: webhooks, API and live feed. Many may run at once."""

import asyncio
import socket
from dataclasses import dataclass
from typing import Final

import uvicorn
from fastapi import APIRouter

from adapters.bus.streams import ensure_streams
from adapters.channels.accounts import ConnectedChannels
from adapters.http.app import create_app
from adapters.http.parts import AppParts
from adapters.storage.postgres.queries import Queries
from deploy.attachments import AttachmentsPlace
from deploy.compose import attachments_of, connected, links_of
from deploy.embedded.directory import Urls
from deploy.embedded.errors import CannotBoot
from deploy.parts import tell_ready
from deploy.restoring import ErasureLists, erase_again
from deploy.settings import Settings
from deploy.signals import QuietServer, stopped_by_signals


class StartFailed(CannotBoot):
    def __init__(self) -> None:
        super().__init__("the HTTP server did not start; its log says why")


@dataclass(frozen=True, slots=True)
class More:
    """What is served besides: routes, and parts of the panel that use them."""

    routes: tuple[APIRouter, ...] = ()
    panel: tuple[str, ...] = ()


NOTHING: Final = More()


async def serve(
    urls: Urls,
    settings: Settings,
    listening: socket.socket,
    files: AttachmentsPlace,
    erasures: ErasureLists,
    more: More = NOTHING,
) -> None:
    """
    Answer HTTP on a bound socket until SIGTERM or SIGINT.

    Whoever was erased is so before the first request, also in a restored database.
    """
    stop = stopped_by_signals()
    await erase_again(urls, erasures)
    async with connected(urls, "recado-serve", 12, files) as base:
        await ensure_streams(base.nc)
        app = create_app(
            AppParts(
                desk=base.desk,
                queries=Queries(base.pool),
                pool=base.pool,
                mapper=base.mapper,
                opening=base.opening(),
                channels=ConnectedChannels(base.pool),
                nats=base.nc,
                public_url=settings.public_url,
                attachments=attachments_of(base),
                links=links_of(base),
                requests_per_second=settings.requests_per_second,
                webhook_origins=settings.trusted_origins(),
                oidc=settings.oidc(),
                more_routes=more.routes,
                panel_parts=more.panel,
            )
        )
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
            h11_max_incomplete_event_size=64 * 1024,
        )
        server = QuietServer(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not (server.started or serving.done()):  # noqa: ASYNC110  (it has no event for it)
            await asyncio.sleep(0.01)
        if serving.done():
            raise StartFailed
        tell_ready()
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        # Feeds never end by themselves: they are let go before the server waits for requests.
        app.say_goodbye()
        server.should_exit = True
        await serving
