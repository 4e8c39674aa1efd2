"""What can be connected, and the account's settings."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool

from adapters.channels.describing import kinds
from adapters.channels.registry import installed
from adapters.http import bodies as b
from adapters.http.answers import Answers, Asked, demand
from adapters.http.pages import json
from adapters.http.parts import AppParts, Asking, caught_up
from adapters.storage.postgres.previews import sections_under
from domain.acts import Reconfigure
from domain.values import ACCOUNT_STREAM

Json = dict[str, Any]


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["records"])
    queries, reading = parts.queries, [Depends(caught_up)]

    @router.get("/channels/kinds")
    async def list_kinds(viewer: Asking) -> Response:
        """Return the kinds of channel that can be connected, and a JSON schema of each one's."""
        demand(viewer, "administer")
        return json({"items": await run_in_threadpool(kinds, installed())})

    @router.get("/settings", dependencies=reading)
    async def get_settings() -> Response:
        """Return the account's settings; durations in seconds."""
        return json(await queries.settings())

    @router.get("/settings/preview", dependencies=reading)
    async def preview_settings(
        viewer: Asking, patience: Annotated[float, Query(gt=0, le=30 * 86_400)]
    ) -> Json:
        """Return how many chats would be `waiting` and `open` with a patience, in seconds (V3)."""
        demand(viewer, "administer")
        found = await sections_under(parts.pool, timedelta(seconds=patience))
        return {"waiting": found["waiting"], "open": found["open"]}

    @router.patch("/settings")
    async def change_settings(asked: Asked, body: b.SettingsChange) -> dict[str, Any]:
        """Change what is given, and nothing else."""
        demand(asked.viewer, "administer")
        act = Reconfigure(
            changes=body.changes(),
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return await answers.submit(act, ACCOUNT_STREAM)

    return router
