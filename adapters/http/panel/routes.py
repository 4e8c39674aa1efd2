"""Where the panel and the SDK are fetched."""

from typing import Final

from fastapi import APIRouter, Request, Response

from adapters.http.panel.assets import SDK, Asset, Assets, changed_at, read_assets
from adapters.http.problems import Problem

_FOR_EVER: Final = "public, max-age=31536000, immutable"


class Panel:
    """The panel's files; read anew when one was written, so that an edit shows on reload."""

    def __init__(self, parts: tuple[str, ...]) -> None:
        self._parts: Final = parts
        self._read_at = changed_at()
        self._assets = read_assets(parts)

    def now(self) -> Assets:
        """Return the files as they are on the disk."""
        changed = changed_at()
        if changed != self._read_at:
            self._assets, self._read_at = read_assets(self._parts), changed
        return self._assets

    def file(self, digest: str, path: str) -> Asset | None:
        """Return a file of the state of that digest; None of another state than the last."""
        return self._assets.files.get(path) if digest == self._assets.digest else None


def routes(parts: tuple[str, ...] = ()) -> APIRouter:
    """Return where the panel is; `parts` are folders of `app/` that it shows besides."""
    router = APIRouter(include_in_schema=False)
    panel = Panel(parts)

    @router.get("/")
    @router.get("/panel")
    @router.get("/panel/{place:path}")
    async def page(request: Request, place: str = "") -> Response:
        """Return the panel, wherever in it one wants to go."""
        if place.startswith("files/"):
            _, digest, path = (*place.split("/", 2), "", "")[:3]
            return _sent(request, panel.file(digest, path), _FOR_EVER)
        assets = panel.now()
        headers = {"content-security-policy": assets.policy, "cache-control": "no-cache"}
        return Response(assets.page, media_type="text/html; charset=utf-8", headers=headers)

    @router.get("/sdk/recado.js")
    async def sdk(request: Request) -> Response:
        """Return the SDK, for pages of your own on this host."""
        asset = panel.file(panel.now().digest, f"sdk/{SDK.name}")
        return _sent(request, asset, "no-cache")

    return router


def _sent(request: Request, asset: Asset | None, kept: str) -> Response:
    if asset is None:
        raise Problem(404, "not_found")
    headers = {"cache-control": kept, "vary": "accept-encoding"}
    body = asset.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = asset.compressed, "gzip"
    return Response(body, media_type=asset.media_type, headers=headers)
