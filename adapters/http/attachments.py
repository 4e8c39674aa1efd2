"""
Files: handed over before they are sent, and looked at by those who see a chat that holds them.

An upload has an id of its own, which only who made it can send. A file is asked for by its
SHA-256, which gives nobody a right: what one may not see is not there (V13).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect

from adapters.http.answers import demand
from adapters.http.composing import name_seen
from adapters.http.files import file_answer
from adapters.http.pages import json
from adapters.http.parts import AppParts, Asking, Reading
from adapters.http.problems import Problem
from adapters.storage.attachments import thumbnails
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.links import PublicLinks
from adapters.storage.attachments.names import safe_name
from adapters.storage.attachments.spool import TooLarge
from adapters.storage.postgres.files import HeldFile, KnownFile
from domain.errors import NotFound
from domain.values import ChatId

PATH: Final = "/v1/attachments"
ENVELOPE: Final = 64 * 1024
"""Bytes that a form adds around its file."""
WITHIN: Final = 600.0
"""Seconds that an upload may take."""
CHUNK: Final = 256 * 1024

Json = dict[str, Any]
Name = Annotated[str | None, Query(max_length=500)]
Flag = Annotated[str | None, Query(max_length=10)]


def routes(parts: AppParts, attachments: Attachments) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["attachments"])
    _add_upload(router, attachments)
    _add_download(router, parts, attachments)

    @router.get("/chats/{chat_id}/files")
    async def list_files(viewer: Reading, chat_id: ChatId) -> Response:
        """Return the files of a chat, in the order in which they came."""
        item = await parts.queries.chat(viewer.scope, chat_id)
        if item is None:
            raise NotFound("chat", chat_id)
        parts.looks.at_chat(viewer, item)
        held = await attachments.register.of_chat(chat_id)
        return json({"items": [_held(one) for one in held]})

    if parts.links is not None:
        _add_public(router, attachments, parts.links)
    return router


def _add_upload(router: APIRouter, attachments: Attachments) -> None:
    @router.post("/attachments", status_code=201)
    async def upload_attachment(viewer: Asking, request: Request, name: Name = None) -> Json:
        """Hand a file over: as the `file` of a form, or as the body itself with `?name=`."""
        demand(viewer, "act")
        try:
            async with asyncio.timeout(WITHIN), _incoming(request, name) as file:
                known = await attachments.keep(file.chunks, file.mime)
        except TooLarge:
            raise Problem(413, "too_large") from None
        except (ClientDisconnect, TimeoutError):
            raise Problem(400, "malformed") from None
        id_, shown = token_hex(16), safe_name(file.name, known.mime)
        await attachments.register.note_upload(id_, known.sha256, viewer.id, shown)
        return {"id": id_, "name": shown, **_file(known)}


def _add_download(router: APIRouter, parts: AppParts, attachments: Attachments) -> None:
    @router.head("/attachments/{sha256}", include_in_schema=False)
    @router.get("/attachments/{sha256}")
    async def get_attachment(
        viewer: Reading, request: Request, sha256: str, thumbnail: Flag = None
    ) -> Response:
        """
        Return a file, or with `?thumbnail` its small picture, to who sees a chat or a reply
        template with it.
        """
        known = await attachments.find(sha256)
        name = None
        if known is not None:
            name = await name_seen(parts, viewer, sha256)
        if known is None or name is None:
            raise NotFound("attachment", sha256)
        if thumbnail is None:
            shown = safe_name(name, known.mime)
            return await file_answer(
                request, attachments.store, sha256, known.mime, known.size, shown
            )
        size = None if known.thumbnail is None else await attachments.store.size(known.thumbnail)
        if known.thumbnail is None or size is None:
            raise NotFound("attachment", sha256)
        return await file_answer(
            request, attachments.store, known.thumbnail, thumbnails.MIME, size, "thumbnail.webp"
        )


def _add_public(router: APIRouter, attachments: Attachments, links: PublicLinks) -> None:
    @router.api_route("/files/{token}", methods=["GET", "HEAD"], include_in_schema=False)
    async def get_public_file(request: Request, token: str) -> Response:
        """Return a file to a provider that was given a link to it a moment ago."""
        sha256 = links.file_of(token)
        known = None if sha256 is None else await attachments.find(sha256)
        if known is None:
            raise NotFound("file", token)
        name = safe_name(await attachments.register.some_name(known.sha256), known.mime)
        return await file_answer(
            request, attachments.store, known.sha256, known.mime, known.size, name
        )


@dataclass(frozen=True, slots=True)
class _Incoming:
    name: str | None
    mime: str | None
    chunks: AsyncIterator[bytes]


@asynccontextmanager
async def _incoming(request: Request, name: str | None) -> AsyncIterator[_Incoming]:
    """Yield the file that a request carries; raise a 400 problem for a form without one."""
    mime = request.headers.get("content-type", "")
    if not mime.startswith("multipart/form-data"):
        yield _Incoming(name, mime or None, request.stream())
        return
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(400, "malformed")
        yield _Incoming(name or file.filename, file.content_type, _chunks(file))


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(CHUNK):
        yield chunk


def _file(known: KnownFile) -> Json:
    return {
        "sha256": known.sha256,
        "mime": known.mime,
        "size": known.size,
        "has_thumbnail": known.thumbnail is not None,
    }


def _held(held: HeldFile) -> Json:
    name = safe_name(held.name, held.file.mime)
    return {"seq": held.seq, "part": held.part, "name": name, **_file(held.file)}
