"""Who and what there is: operators, groups, channels, clients, the account's settings."""

from typing import Any

from fastapi import APIRouter, Depends, Response

from adapters.http import bodies as b
from adapters.http.answers import Answers, Asked, demand
from adapters.http.auth import Viewer
from adapters.http.parts import AppParts, Reading, caught_up
from adapters.http.queries import Cursor, Limit, Words, json, page
from adapters.storage.postgres.queries import PAGE
from domain.acts import Ask, Reconfigure
from domain.client import NameClient
from domain.errors import NotAllowed, NotFound
from domain.values import ACCOUNT_STREAM, ClientId, stream_of
from projections.filters import ChatFilter


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["records"])
    queries, reading = parts.queries, [Depends(caught_up)]

    async def see_client(viewer: Viewer, client_id: ClientId) -> None:
        """Raise `NotFound` for a client with whom the viewer has no chat that he sees."""
        if viewer.scope.sees_all:
            return
        chats = await queries.chats(viewer.scope, ChatFilter(client=client_id), limit=1)
        if not chats.items:
            raise NotFound("client", client_id)

    @router.get("/operators", dependencies=reading)
    async def list_operators() -> Response:
        """Return all operators, with presence, load and capacity."""
        return page(await queries.operators())

    @router.get("/groups", dependencies=reading)
    async def list_groups() -> Response:
        """Return all groups, with how many are online in each and what they have to do."""
        return page(await queries.groups())

    @router.get("/channels", dependencies=reading)
    async def list_channels() -> Response:
        return page(await queries.channels())

    @router.get("/settings", dependencies=reading)
    async def get_settings() -> Response:
        """Return the account's settings; durations in seconds."""
        return json(await queries.settings())

    @router.patch("/settings")
    async def change_settings(asked: Asked, body: b.SettingsChange) -> dict[str, Any]:
        """Change what is given, and nothing else."""
        demand(asked.viewer, "administer")
        changes = {k: v for k, v in body if v is not None}
        act = Reconfigure(
            changes=changes,
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return await answers.submit(act, ACCOUNT_STREAM)

    @router.get("/clients")
    async def list_clients(
        viewer: Reading, q: Words = None, cursor: Cursor = None, limit: Limit = PAGE
    ) -> Response:
        """Return clients by name, for those who see all chats."""
        if not viewer.scope.sees_all:
            raise NotAllowed("list all clients")
        return page(await queries.clients(q, cursor=cursor, limit=limit))

    @router.get("/clients/{client_id}")
    async def get_client(viewer: Reading, client_id: ClientId) -> Response:
        await see_client(viewer, client_id)
        item = await queries.client(client_id)
        if item is None:
            raise NotFound("client", client_id)
        return json(item, ETag=f'"{item["version"]}"')

    @router.patch("/clients/{client_id}")
    async def name_client(
        asked: Asked, client_id: ClientId, body: b.ClientChange
    ) -> dict[str, Any]:
        """Give a client the name that he is shown under."""
        demand(asked.viewer, "act")
        await see_client(asked.viewer, client_id)
        stream = stream_of("client", client_id)
        act = Ask(
            stream=stream,
            command=NameClient(name=body.name),
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return await answers.submit(act, stream)

    return router
