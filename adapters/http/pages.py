"""Answers of items, and how the next of them are asked for."""

from typing import Annotated, Any

import orjson
from fastapi import Query, Response

from adapters.http.problems import Problem
from adapters.storage.postgres.queries import Page

Cursor = Annotated[str | None, Query(max_length=400)]
Limit = Annotated[int, Query(ge=1, le=200)]
Word = Annotated[str | None, Query(max_length=100)]
Words = Annotated[str | None, Query(max_length=200)]


def json(value: Any, **headers: str) -> Response:
    """Return an answer as it is: what the views hold is ready for JSON."""
    return Response(orjson.dumps(value), media_type="application/json", headers=headers)


def page(found: Page, /, **more: Any) -> Response:
    """Return an answer of items, and what more there is to say about all of them."""
    answer = {"items": found.items, "next_cursor": found.next_cursor, "position": found.position}
    return json(answer | more)


def version_after(cursor: str | None) -> int:
    """Return the version that a page of a history begins after."""
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 18:  # noqa: PLR2004  (digits of the largest version)
        raise Problem(400, "malformed")
    return int(cursor)
