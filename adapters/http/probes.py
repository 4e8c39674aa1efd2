"""What machines ask about this process."""

from typing import Final

from fastapi import APIRouter, Response
from psycopg import Error
from psycopg_pool import PoolTimeout

from adapters.http.metrics import Metrics
from adapters.http.pages import json
from adapters.http.parts import AppParts
from adapters.http.problems import Problem

MOST_BEHIND: Final = 5_000
"""Events that the views may lack while lists are still worth reading."""

_BEHIND: Final = """
SELECT (SELECT position FROM recado_head)
    - (SELECT position FROM recado_views.checkpoints WHERE name = 'views')
"""


def routes(parts: AppParts, metrics: Metrics) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def is_alive() -> Response:
        return json({"status": "ok"})

    @router.get("/readyz")
    async def is_ready() -> Response:
        """Tell what is wrong, part by part. Without NATS feeds are slower, and that is all."""
        wrong = {"views": await _views(parts)}
        for name, check in parts.checks:
            wrong[name] = await check()
        is_away = parts.nats is not None and not parts.nats.is_connected
        told = {name: what or "ok" for name, what in wrong.items()}
        told["nats"] = "away" if is_away else "ok"
        if any(wrong.values()):
            raise Problem(503, "unavailable", retry_after=1, checks=told)
        return json({"status": "ok", "checks": told})

    @router.get("/metrics")
    async def figures() -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router


async def _views(parts: AppParts) -> str | None:
    """Return what is wrong with the database or its views; None when all is well."""
    try:
        async with parts.pool.connection() as connection:
            row = await (await connection.execute(_BEHIND)).fetchone()
    except (Error, PoolTimeout):
        return "the database does not answer"
    if row is None or row[0] is None:
        return "the database is not migrated"
    return f"{row[0]} events behind" if row[0] > MOST_BEHIND else None
