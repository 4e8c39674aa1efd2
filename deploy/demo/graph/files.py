"""Files at the provider: what was handed over, and links that live five minutes."""

import base64
import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from itertools import count
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deploy.demo.graph.wire import error
from deploy.demo.providers import Clock

LINK_LIVES: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Kept:
    content: bytes
    mime: str

    @property
    def digest(self) -> bytes:
        return sha256(self.content).digest()


@dataclass(slots=True)
class Shelf:
    """Files by their id."""

    clock: Clock
    kept: dict[str, Kept] = field(default_factory=dict)
    _key: bytes = field(default_factory=lambda: uuid4().bytes)
    _ids: Any = field(default_factory=lambda: count(uuid4().int % 10**14 + 10**14))

    def keep(self, content: bytes, mime: str) -> str:
        """Keep a file; return its id."""
        id_ = str(next(self._ids))
        self.kept[id_] = Kept(content, mime)
        return id_

    def in_message(self, id_: str) -> dict[str, Any]:
        """Return how a webhook speaks of a file: its hash is base64 there."""
        kept = self.kept[id_]
        digest = base64.b64encode(kept.digest).decode()
        return {"id": id_, "mime_type": kept.mime, "sha256": digest}

    def link(self, base: str, id_: str) -> str:
        """Return where a file lies, for five minutes from now."""
        expires = int((self.clock() + LINK_LIVES).timestamp())
        return f"{base}files/{id_}?ext={expires}&hash={self._seal(id_, expires)}"

    def address(self, request: Request, id_: str) -> Response:
        """Answer where a file lies, and what is in it: its hash is hex here."""
        kept = self.kept.get(id_)
        if kept is None:
            return error(400, 100, "Unsupported get request. Object does not exist", subcode=33)
        return JSONResponse(
            {
                "messaging_product": "whatsapp",
                "url": self.link(_base(request), id_),
                "mime_type": kept.mime,
                "sha256": kept.digest.hex(),
                "file_size": len(kept.content),
                "id": id_,
            }
        )

    def download(self, request: Request) -> Response:
        """Answer a file, to who has a link that still lives; 404 to anybody else."""
        id_, expires = request.path_params["file_id"], request.query_params.get("ext", "")
        kept = self.kept.get(id_)
        is_live = expires.isdecimal() and int(expires) > self.clock().timestamp()
        seal = self._seal(id_, int(expires)) if is_live else ""
        if kept is None or not is_live or seal != request.query_params.get("hash"):
            return Response(status_code=404)
        return Response(kept.content, media_type=kept.mime)

    def _seal(self, id_: str, expires: int) -> str:
        return hmac.digest(self._key, f"{id_}:{expires}".encode(), "sha256").hex()[:32]


def _base(request: Request) -> str:
    """Return where this provider is; below another application it has a path of its own."""
    return str(request.base_url.replace(path=f"{request.scope.get('root_path', '')}/"))
