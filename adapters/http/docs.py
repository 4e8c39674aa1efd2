"""The documents for those who write programs, served without any foreign host."""

from functools import cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response

from adapters.http.openapi.reference import reference, text_page

_HERE: Final = Path(__file__).parent
_STYLE: Final = _HERE / "openapi" / "reference.css"
_FEED: Final = _HERE / "feed" / "README.md"
_ASYNCAPI: Final = _HERE.parents[1] / "routers" / "asyncapi.json"
_POLICY: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
}


def routes() -> APIRouter:
    router = APIRouter(prefix="/docs", include_in_schema=False)

    @cache
    def page(app: FastAPI) -> str:
        return reference(app.openapi())

    @router.get("")
    async def show_reference(request: Request) -> Response:
        """Return all routes on one page."""
        return Response(page(request.app), media_type="text/html", headers=_POLICY)

    @router.get("/feed")
    async def show_feed() -> Response:
        """Return how the live feed is spoken."""
        text = text_page("The live feed", _FEED.read_text("utf-8"))
        return Response(text, media_type="text/html", headers=_POLICY)

    @router.get("/reference.css")
    async def show_style() -> Response:
        return Response(_STYLE.read_bytes(), media_type="text/css")

    @router.get("/asyncapi.json")
    async def show_asyncapi() -> Response:
        """Return what is said on NATS."""
        return Response(_ASYNCAPI.read_bytes(), media_type="application/json")

    return router
