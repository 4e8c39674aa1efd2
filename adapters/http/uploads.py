"""
Files handed over piece by piece, to be gone on with after a lost connection (T4), and what a
chat's channel would say to a file before it is handed over.
"""

from secrets import token_hex
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request, Response
from pydantic import Field
from starlette.requests import ClientDisconnect

from adapters.channels.capabilities import Capabilities
from adapters.channels.carrying import Obstacle, fitted
from adapters.http.answers import demand
from adapters.http.bodies import Body, Name
from adapters.http.edge import MOST_BYTES
from adapters.http.parts import AppParts, Asking, Reading
from adapters.http.problems import Problem
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.names import safe_name
from adapters.storage.postgres.files import KnownFile
from adapters.storage.postgres.uploads import PartialUpload, PartialUploads, WrongOffset
from domain.content import Media, MediaKind
from domain.errors import NotFound
from domain.values import ChatId

Json = dict[str, Any]
Mime = Annotated[str, Field(max_length=200, pattern=r"^[\x20-\x7e]+$")]
Size = Annotated[int, Field(ge=1, le=2**40)]
Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, le=2**40)]

PIECE: Final = MOST_BYTES
"""Bytes of a piece, at most."""


class NewUpload(Body):
    name: Name
    mime: Mime | None = None
    size: Size
    """Bytes of the whole file."""


class FileToSend(Body):
    name: Name | None = None
    mime: Mime
    size: Size


class FilesToSend(Body):
    files: Annotated[list[FileToSend], Field(min_length=1, max_length=50)]


def routes(parts: AppParts, attachments: Attachments) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["attachments"])
    _add_uploads(router, attachments, PartialUploads(parts.pool))

    @router.post("/chats/{chat_id}/attachments/check")
    async def check_attachments(viewer: Reading, chat_id: ChatId, body: FilesToSend) -> Json:
        """
        Tell which files the chat's channel would take, before they are handed over (T4).

        `why` is `type`, `size` or `unknown`; `kind` is what it would be sent as, and
        `max_bytes` how large one of that kind may be.
        """
        item = await parts.queries.chat(viewer.scope, chat_id)
        if item is None:
            raise NotFound("chat", chat_id)
        account = parts.channels.by_id(item["channel"]["id"])
        can = None if account is None else account.adapter.capabilities()
        return {"items": [_said(one, can, attachments.largest) for one in body.files]}

    return router


def _said(file: FileToSend, can: Capabilities | None, largest: int) -> Json:
    """Return whether a file can be sent; where the channel is unknown, our own limit counts."""
    if file.size > largest:
        return {"ok": False, "kind": None, "why": "size", "max_bytes": largest}
    if can is None:
        return {"ok": True, "kind": None, "why": None, "max_bytes": largest}
    media = Media(media=MediaKind.DOCUMENT, mime=file.mime.lower(), size=file.size)
    taken = fitted((media,), can)
    if isinstance(taken, Obstacle):
        rule = can.media.get(MediaKind(taken.what))
        most = None if rule is None else min(rule.max_bytes, largest)
        return {"ok": False, "kind": taken.what, "why": taken.why, "max_bytes": most}
    (part,) = taken
    kind = part.media if isinstance(part, Media) else MediaKind.DOCUMENT
    most = min(can.media[kind].max_bytes, largest)
    return {"ok": True, "kind": kind.value, "why": None, "max_bytes": most}


def _add_uploads(router: APIRouter, attachments: Attachments, uploads: PartialUploads) -> None:
    async def state(viewer: Asking, upload_id: str) -> Json:
        """Return how far an upload is; a whole one is put in its place first."""
        done = await attachments.register.uploads([upload_id], viewer.id)
        if upload_id in done:
            upload = done[upload_id]
            return _whole(upload_id, upload.name, upload.file)
        found = await uploads.find(upload_id, viewer.id)
        if found is None:
            raise NotFound("upload", upload_id)
        if not found.is_whole:
            return _so_far(found)
        known = await attachments.keep(uploads.content(upload_id), found.mime)
        name = safe_name(found.name, known.mime)
        await attachments.register.note_upload(upload_id, known.sha256, viewer.id, name)
        await uploads.end(upload_id)
        return _whole(upload_id, name, known)

    @router.post("/uploads", status_code=201)
    async def begin_upload(viewer: Asking, body: NewUpload) -> Json:
        """Announce a file; it then comes in pieces, each of `piece` bytes at most."""
        demand(viewer, "act")
        if body.size > attachments.largest:
            raise Problem(413, "too_large")
        id_ = token_hex(16)
        await uploads.begin(id_, viewer.id, body.name, body.mime, body.size)
        return _so_far(PartialUpload(id_, body.name, body.mime, body.size, 0))

    @router.get("/uploads/{upload_id}")
    async def get_upload(viewer: Asking, upload_id: str) -> Json:
        """Return how much of a file has come (`offset`), to go on from there."""
        demand(viewer, "act")
        return await state(viewer, upload_id)

    @router.patch("/uploads/{upload_id}")
    async def add_piece(viewer: Asking, request: Request, upload_id: str, offset: Offset) -> Json:
        """
        Hand over the piece that begins at `Upload-Offset`, as the body itself.

        Where another one is due, 409 tells its `offset`. The last one makes the file an
        attachment under the upload's own `id`.
        """
        demand(viewer, "act")
        found = await uploads.find(upload_id, viewer.id)
        if found is not None and not found.is_whole:
            try:
                await uploads.add(found, offset, await request.body())
            except WrongOffset as wrong:
                raise Problem(409, "wrong_offset", offset=wrong.received) from None
            except ClientDisconnect:
                raise Problem(400, "malformed") from None
        return await state(viewer, upload_id)

    @router.delete("/uploads/{upload_id}", status_code=204)
    async def drop_upload(viewer: Asking, upload_id: str) -> Response:
        """Give an unfinished upload up."""
        demand(viewer, "act")
        if await uploads.find(upload_id, viewer.id) is None:
            raise NotFound("upload", upload_id)
        await uploads.end(upload_id)
        return Response(status_code=204)


def _so_far(upload: PartialUpload) -> Json:
    return {
        "id": upload.id,
        "name": upload.name,
        "size": upload.size,
        "offset": upload.received,
        "piece": PIECE,
        "sha256": None,
    }


def _whole(id_: str, name: str, known: KnownFile) -> Json:
    return {
        "id": id_,
        "name": name,
        "size": known.size,
        "offset": known.size,
        "piece": PIECE,
        "sha256": known.sha256,
        "mime": known.mime,
        "has_thumbnail": known.thumbnail is not None,
    }
