"""Clients' records: what is known of them, their chats and history, merges, and the search."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from adapters.http import record_bodies as b
from adapters.http.answers import Answers, Asked, AskedBy, demand
from adapters.http.auth import Viewer
from adapters.http.chat_acts import version_of
from adapters.http.history import LARGEST_PAGE, History
from adapters.http.masking import client_for, event_for
from adapters.http.pages import Cursor, Limit, Words, json, page, version_after
from adapters.http.parts import AppParts, IfMatch, Reading
from adapters.http.problems import Problem
from adapters.storage.postgres.looks import LookKind
from adapters.storage.postgres.queries import PAGE, Page
from domain.client.record import EditRecord, MergeClients, PartClients
from domain.errors import ClientMovedOn, NotAllowed, NotFound
from domain.ports import Act
from domain.values import ClientId, stream_of
from projections.filters import ChatFilter
from projections.items import Item

Json = dict[str, Any]

_FEW: Final = 20


class Records:
    """Clients' records as one viewer may see and change them (V13)."""

    def __init__(self, parts: AppParts, answers: Answers) -> None:
        self._queries: Final = parts.queries
        self._answers: Final = answers
        self._history: Final = History(parts.pool, parts.opening or parts.mapper)

    async def seen(self, viewer: Viewer, client_id: ClientId) -> Item:
        """Return a record; raise `NotFound` where the viewer sees no chat with the client."""
        item = await self._queries.client(client_id)
        if item is None:
            raise NotFound("client", client_id)
        if viewer.scope.sees_all:
            return item
        chats = ChatFilter(client=item["merged_into"] or client_id)
        if not (await self._queries.chats(viewer.scope, chats, limit=1)).items:
            raise NotFound("client", client_id)
        return item

    async def page(self, viewer: Viewer, q: str | None, cursor: str | None, limit: int) -> Page:
        if not viewer.scope.sees_all:
            raise NotAllowed("list all clients")
        sees = viewer.scope.may("documents")
        found = await self._queries.clients(q, cursor=cursor, limit=limit, sees_documents=sees)
        items = [client_for(viewer.scope, item) for item in found.items]
        return Page(items, found.next_cursor, found.position)

    async def history(
        self, viewer: Viewer, client_id: ClientId, after: int, limit: int = LARGEST_PAGE
    ) -> list[Json]:
        events = await self._history.of(stream_of("client", client_id), after, limit)
        return [event_for(viewer.scope, event) for event in events]

    async def change(
        self, asked: AskedBy, client_id: ClientId, body: b.ClientChange, if_match: str | None
    ) -> Json:
        """Return where the record is now; raise 412 with what is new where somebody was quicker."""
        demand(asked.viewer, "act")
        await self.seen(asked.viewer, client_id)
        act = EditRecord(
            client_id=client_id,
            details=body.details(),
            fields=body.own(),
            name=body.name,
            tags=None if body.tags is None else frozenset(body.tags),
            seen_version=version_of(if_match),
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        try:
            return await self._answers.submit(act, stream_of("client", client_id))
        except ClientMovedOn as error:
            new = await self.history(asked.viewer, client_id, error.seen)
            raise Problem(
                412,
                "client_moved_on",
                seen=error.seen,
                version=error.version,
                fields=error.fields,
                new=new,
            ) from None

    async def submit(self, viewer: Viewer, act: Act, *clients: ClientId) -> Json:
        """Hand in an act on records that the viewer must see all of."""
        demand(viewer, "act")
        for client_id in clients:
            await self.seen(viewer, client_id)
        return await self._answers.submit(act, stream_of("client", clients[0]))


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["clients"])
    records = Records(parts, answers)
    _add_reading(router, parts, records)
    _add_changing(router, records)
    return router


def _add_reading(router: APIRouter, parts: AppParts, records: Records) -> None:
    @router.get("/search")
    async def search(
        viewer: Reading,
        q: Annotated[str, Query(max_length=200)],
        limit: Annotated[int, Query(ge=1, le=100)] = _FEW,
    ) -> Response:
        """
        Return clients, chats and messages that hold all words of `q`, the best first (C3, T2).

        `hits` are the places in a message's `text`, from the first character to the one after
        the last.
        """
        parts.looks.of_auditor(viewer, LookKind.SEARCH, "search")
        found = await parts.queries.search(viewer.scope, q, limit=limit)
        clients = [client_for(viewer.scope, item) for item in found["clients"]]
        return json(found | {"clients": clients})

    @router.get("/clients")
    async def list_clients(
        viewer: Reading, q: Words = None, cursor: Cursor = None, limit: Limit = PAGE
    ) -> Response:
        """Return clients by name, for those who see all chats; with `q`, those that hold it."""
        parts.looks.of_auditor(viewer, LookKind.SEARCH, "clients")
        return page(await records.page(viewer, q, cursor, limit))

    @router.get("/clients/{client_id}")
    async def get_client(viewer: Reading, client_id: ClientId) -> Response:
        """Return a record; its ETag is the version that `If-Match` takes."""
        item = await records.seen(viewer, client_id)
        parts.looks.of_auditor(viewer, LookKind.CLIENT, f"client-{client_id}")
        return json(client_for(viewer.scope, item), ETag=f'"{item["version"]}"')

    @router.get("/clients/{client_id}/chats")
    async def list_client_chats(
        viewer: Reading, client_id: ClientId, cursor: Cursor = None, limit: Limit = PAGE
    ) -> Response:
        """Return the client's chats on all channels, as far as one sees them, the latest first."""
        await records.seen(viewer, client_id)
        chats = ChatFilter(client=client_id)
        return page(await parts.queries.chats(viewer.scope, chats, cursor=cursor, limit=limit))

    @router.get("/clients/{client_id}/history")
    async def list_client_events(
        viewer: Reading,
        client_id: ClientId,
        cursor: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = LARGEST_PAGE,
    ) -> Response:
        """Return all that happened to a client's record, by whom and why (A1)."""
        await records.seen(viewer, client_id)
        parts.looks.of_auditor(viewer, LookKind.CLIENT, f"client-{client_id}")
        events = await records.history(viewer, client_id, version_after(cursor), limit)
        last = f"{events[-1]['version']}" if len(events) == limit else None
        position = await parts.queries.position()
        return json({"items": events, "next_cursor": last, "position": position})


def _add_changing(router: APIRouter, records: Records) -> None:
    @router.patch("/clients/{client_id}")
    async def change_client(
        asked: Asked, client_id: ClientId, body: b.ClientChange, if_match: IfMatch = None
    ) -> Json:
        """
        Change what is given, and nothing else.

        With `If-Match`, a field that somebody has changed since is a conflict; other fields
        that were changed meanwhile stay as they are now (C6).
        """
        return await records.change(asked, client_id, body, if_match)

    @router.post("/clients/{client_id}/merge")
    async def merge_clients(asked: Asked, client_id: ClientId, body: b.Merge) -> Json:
        """Show another record's chats and identities under this one (C4)."""
        act = MergeClients(
            client_id=client_id,
            other=ClientId(body.client),
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return await records.submit(asked.viewer, act, client_id, ClientId(body.client))

    @router.post("/clients/{client_id}/part")
    async def part_clients(asked: Asked, client_id: ClientId, body: b.Merge) -> Json:
        """Undo a merge: each record has its own chats and identities again (C4)."""
        act = PartClients(
            client_id=client_id,
            other=ClientId(body.client),
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return await records.submit(asked.viewer, act, client_id, ClientId(body.client))
