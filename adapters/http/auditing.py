"""The log for auditors: signed heads, whether it is whole, what is in it, exports (A2, A3)."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final, Literal, TypeVar

import orjson
import psycopg
from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from psycopg import Connection
from psycopg.rows import TupleRow
from pydantic import AwareDatetime, BaseModel
from starlette.responses import Response

from adapters.audit.checking import TreeCheck
from adapters.audit.exporting import table
from adapters.audit.filtering import narrowed
from adapters.audit.heads import log_name, newest_heads
from adapters.audit.selection import Selection
from adapters.audit.verifier import Event
from adapters.http.answers import demand
from adapters.http.bodies import Moment
from adapters.http.history import event_item
from adapters.http.lists import Filter
from adapters.http.pages import Limit, Word
from adapters.http.parts import AppParts, Reading
from adapters.storage.attachments.names import disposition
from adapters.storage.postgres.looks import LookKind
from adapters.storage.postgres.queries import PAGE

T = TypeVar("T")

MOST_FAULTS: Final = 100
_HEADS: Final = 20
_LAST: Final = 2**62
_SIZE: Final = "SELECT position FROM recado_head"

Kinds = Annotated[list[Annotated[str, Query(max_length=100)]] | None, Query(max_length=50)]
Form = Annotated[Literal["jsonl", "csv"], Query(alias="format")]


class SignedHead(BaseModel):
    """So many events had this root, by the signature of the installation's key (Ed25519)."""

    size: int
    root: str
    at: AwareDatetime
    key: str
    signature: str


class SignedHeads(BaseModel):
    log: str
    """Which installation's log it is."""
    events: int
    items: list[SignedHead]
    """The last ones, of most events first; one is signed each minute where something is new."""


class Checked(BaseModel):
    """What became of comparing each event with the tree over the log and every signed head."""

    whole: bool
    events: int
    heads: int
    unsigned: int
    """Events after the last head: only the running hash guards them yet."""
    faults: list[str]
    """At most a hundred."""


class LoggedEvent(BaseModel):
    position: int
    stream: str
    version: int
    topic: str
    at: AwareDatetime | None
    actor: str
    via: str
    cause: str | None
    data: dict[str, Any]
    """What is sealed of it, a client's words and name, stays so."""


class LoggedEvents(BaseModel):
    items: list[LoggedEvent]
    next_cursor: str | None
    """There may be earlier ones, also where this page has few or none."""


def selection(
    kind: Kinds = None,
    operator: Word = None,
    client: Word = None,
    chat: Word = None,
    since: Moment | None = None,
    until: Moment | None = None,
) -> Selection:
    """Return which events are asked for; `kind` is of entities or of events."""
    return Selection(chat, client, operator, None, since, until, tuple(kind or ()))


Selected = Annotated[Selection, Depends(selection)]


def routes(parts: AppParts) -> APIRouter:
    router = APIRouter(prefix="/v1/audit", tags=["audit"])
    log = _Log(parts)
    _add_proofs(router, log)
    _add_events(router, log, parts)
    return router


class _Log:
    """The log as auditors read it: beside the pool, for their questions are long."""

    def __init__(self, parts: AppParts) -> None:
        url = parts.pool.conninfo
        assert isinstance(url, str)
        self._url: Final = url
        self._turn: Final = asyncio.Lock()

    async def ask(self, question: Callable[[Connection[TupleRow]], T]) -> T:
        """Return what a question finds on a connection of its own."""

        def answer() -> T:
            with psycopg.connect(self._url) as connection:
                return question(connection)

        return await run_in_threadpool(answer)

    async def check(self) -> Checked:
        """Return whether the log is whole; one looks at a time."""
        async with self._turn:
            return await run_in_threadpool(self._check)

    def _check(self) -> Checked:
        check, faults = TreeCheck(self._url), list[str]()
        for fault in check.faults():
            faults.append(fault)
            if len(faults) == MOST_FAULTS:
                break
        return Checked(
            whole=not faults,
            events=check.events,
            heads=check.heads,
            unsigned=check.unsigned,
            faults=faults,
        )

    def export(self, wanted: Selection, form: str) -> Iterator[bytes]:
        """Yield the events of a selection as they stand now, in constant memory."""
        with psycopg.connect(self._url) as connection:
            events = wanted.events(connection, _size(connection))
            yield from table(events) if form == "csv" else map(_line, events)


def _add_proofs(router: APIRouter, log: _Log) -> None:
    @router.get("/heads")
    async def list_heads(viewer: Reading) -> SignedHeads:
        """Return how long the log is, and what was signed of it last (A3)."""
        demand(viewer, "audit")

        def look(connection: Connection[TupleRow]) -> SignedHeads:
            heads = [
                SignedHead.model_validate(one.as_json()) for one in newest_heads(connection, _HEADS)
            ]
            return SignedHeads(log=log_name(connection), events=_size(connection), items=heads)

        return await log.ask(look)

    @router.get("/check")
    async def check_log(viewer: Reading) -> Checked:
        """
        Go through the whole log and compare it with its tree and all signed heads (A3).

        It shows slips, and changes by those who cannot sign; against who holds the key too,
        compare with heads that were kept elsewhere (`recado audit verify`).
        """
        demand(viewer, "audit")
        return await log.check()


def _add_events(router: APIRouter, log: _Log, parts: AppParts) -> None:
    @router.get("/events")
    async def list_logged_events(
        viewer: Reading,
        wanted: Selected,
        cursor: Annotated[int, Query(ge=0, le=_LAST)] = _LAST,
        limit: Limit = PAGE,
    ) -> LoggedEvents:
        """Return what happened, the latest first; what is sealed stays so (A2)."""
        demand(viewer, "audit")

        def look(connection: Connection[TupleRow]) -> LoggedEvents:
            size = min(cursor, _size(connection))
            found, rest = wanted.page(connection, size, limit)
            items = [LoggedEvent.model_validate(event_item(one)) for one in found]
            return LoggedEvents(items=items, next_cursor=None if rest is None else f"{rest}")

        return await log.ask(look)

    @router.get("/export", response_class=Response)
    async def export_log(
        viewer: Reading, wanted: Selected, form: Form = "jsonl", filter_: Filter = None
    ) -> StreamingResponse:
        """
        Return events as JSON Lines or CSV, in order; what is sealed stays so (A2).

        With `filter`, those of chats that it holds now, as in lists.
        For an export that proves itself, or one with words: `recado audit export`.
        """
        demand(viewer, "audit")
        if filter_ is not None:
            wanted = await narrowed(wanted, parts.queries, viewer.scope, filter_)
        parts.looks.note(LookKind.EXPORT, viewer.id, "log")
        media = "text/csv; charset=utf-8" if form == "csv" else "application/jsonl"
        name = disposition("attachment", f"recado-log.{form}")
        headers = {"content-disposition": name, "cache-control": "no-store"}
        return StreamingResponse(log.export(wanted, form), media_type=media, headers=headers)


def _size(connection: Connection[TupleRow]) -> int:
    row = connection.execute(_SIZE).fetchone()
    return 0 if row is None else int(row[0])


def _line(event: Event) -> bytes:
    return orjson.dumps(event_item(event)) + b"\n"
