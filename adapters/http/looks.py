"""`GET /v1/looks`: who looked at what, for administrators and auditors (A5)."""

from typing import Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel
from starlette.responses import Response

from adapters.http.answers import demand
from adapters.http.bodies import Moment
from adapters.http.pages import Cursor, Limit, Word, json
from adapters.http.parts import AppParts, Reading
from adapters.http.problems import Problem
from adapters.storage.postgres.looks import Look, LookKind, LooksWanted, page
from adapters.storage.postgres.queries import PAGE
from projections.items import stamp


class Person(BaseModel):
    id: str
    """An operator's, or `cli:<user>` of the machine."""
    name: str | None


class LookItem(BaseModel):
    id: int
    kind: LookKind
    who: Person | None
    """None where nobody is known: a login under a name that there is not."""
    what: str
    """`chat-<id>`, `client-<id>`, another stream; of a login, where it came from."""
    first_at: AwareDatetime
    last_at: AwareDatetime
    times: int
    """Within one hour."""


class LookPage(BaseModel):
    items: list[LookItem]
    next_cursor: str | None


def look_item(look: Look, names: dict[str, str | None]) -> dict[str, Any]:
    """Return a look for JSON; `who` is None where nobody is known."""
    who = {"id": look.who, "name": names.get(look.who)} if look.who else None
    return {
        "id": look.number,
        "kind": look.kind.value,
        "who": who,
        "what": look.what,
        "first_at": stamp(look.first_at),
        "last_at": stamp(look.last_at),
        "times": look.times,
    }


def routes(parts: AppParts) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["audit"])

    @router.get("/looks", response_model=LookPage)
    async def list_looks(
        viewer: Reading,
        kind: LookKind | None = None,
        operator: Word = None,
        what: Word = None,
        since: Moment | None = None,
        until: Moment | None = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> Response:
        """
        Return who looked at chats and records beyond his work, what was asked of the past,
        exports, failed logins and changes of settings, the latest first.
        """
        demand(viewer, "audit")
        if cursor is not None and not (cursor.isdecimal() and len(cursor) < 19):  # noqa: PLR2004  (digits of the largest number)
            raise Problem(400, "malformed")
        wanted = LooksWanted(
            kind=kind,
            who=viewer.id if operator == "me" else operator,
            what=what,
            since=since,
            until=until,
            before=None if cursor is None else int(cursor),
            limit=limit + 1,
        )
        await parts.looks.write(parts.pool)
        async with parts.pool.connection() as connection:
            found = await page(connection, wanted)
        names = {o["id"]: o["name"] for o in (await parts.queries.operators()).items}
        items = [look_item(look, names) for look in found[:limit]]
        more = len(found) > limit
        return json({"items": items, "next_cursor": f"{items[-1]['id']}" if more else None})

    return router
