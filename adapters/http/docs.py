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
_CLIENT: Final = _HERE / "sdk" / "recado_client.py"
_POLICY: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
}


def routes() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @cache
    def page(app: FastAPI) -> str:
        return reference(app.openapi())

    @router.get("/docs")
    async def show_reference(request: Request) -> Response:
        """Return all routes on one page."""
        return Response(page(request.app), media_type="text/html", headers=_POLICY)

    @router.get("/docs/feed")
    async def show_feed() -> Response:
        """Return how the live feed is spoken."""
        text = text_page("The live feed", _FEED.read_text("utf-8"))
        return Response(text, media_type="text/html", headers=_POLICY)

    @router.get("/docs/reference.css")
    async def show_style() -> Response:
        return Response(_STYLE.read_bytes(), media_type="text/css")

    @router.get("/docs/asyncapi.json")
    async def show_asyncapi() -> Response:
        """Return what is said on NATS."""
        return Response(_ASYNCAPI.read_bytes(), media_type="application/json")

    @router.get("/sdk/recado_client.py")
    async def show_client() -> Response:
        """Return the Python client, to be kept next to one's program."""
        return Response(_CLIENT.read_bytes(), media_type="text/x-python")

    return router
