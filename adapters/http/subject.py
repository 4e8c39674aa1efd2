"""What is known of one client, as one archive for himself (LGPD art. 18). For administrators."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from adapters.audit.subject.archive import Archive
from adapters.audit.subject.gathering import Gathering
from adapters.http.answers import demand
from adapters.http.parts import AppParts, Reading
from adapters.storage.attachments.names import disposition
from adapters.storage.postgres.looks import LookKind
from domain.values import ClientId


def routes(parts: AppParts) -> APIRouter:
    router = APIRouter(prefix="/v1/clients", tags=["clients"])
    store = None if parts.attachments is None else parts.attachments.store
    mapper = parts.opening or parts.mapper

    @router.get("/{client_id}/export", response_class=Response)
    async def export_client(
        viewer: Reading,
        client_id: ClientId,
        comments: Annotated[bool, Query()] = True,
    ) -> Response:
        """
        Return all that is known of a client, on all channels, in one ZIP archive for himself.

        It holds a page to read, the same as JSON, his files, and a manifest with their hashes.
        Whether the team's comments in his chats are his to read is for whoever asks to say; the
        archive tells what was left out, and why. What others say of him in chats of their own
        is theirs, and is not in it.
        """
        demand(viewer, "administer")
        gathering = Gathering(parts.pool, parts.queries, mapper, comments=comments)
        subject = await gathering.subject(client_id)
        parts.looks.note(LookKind.EXPORT, viewer.id, f"subject client-{subject.client_id}")
        name = disposition("attachment", f"client-{subject.client_id}.zip")
        return StreamingResponse(
            Archive(gathering, store).pieces(subject),
            media_type="application/zip",
            headers={"content-disposition": name, "cache-control": "no-store"},
        )

    return router
