"""Who there is, what can be connected, and the account's settings."""

from typing import Any

from fastapi import APIRouter, Depends, Response
from fastapi.concurrency import run_in_threadpool

from adapters.channels.describing import kinds
from adapters.channels.registry import installed
from adapters.http import bodies as b
from adapters.http.answers import Answers, Asked, demand
from adapters.http.parts import AppParts, Asking, caught_up
from adapters.http.queries import json, page
from domain.acts import Reconfigure
from domain.values import ACCOUNT_STREAM


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["records"])
    queries, reading = parts.queries, [Depends(caught_up)]

    @router.get("/operators", dependencies=reading)
    async def list_operators() -> Response:
        """Return all operators, with presence, load and capacity."""
        return page(await queries.operators())

    @router.get("/channels/kinds")
    async def list_kinds(viewer: Asking) -> Response:
        """Return the kinds of channel that can be connected, and a JSON schema of each one's."""
        demand(viewer, "administer")
        return json({"items": await run_in_threadpool(kinds, installed())})

    @router.get("/settings", dependencies=reading)
    async def get_settings() -> Response:
        """Return the account's settings; durations in seconds."""
        return json(await queries.settings())

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
