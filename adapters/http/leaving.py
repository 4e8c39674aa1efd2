"""What an operator leaves behind when he goes offline, so that he is told (R10)."""

from contextlib import suppress
from typing import Any, Final

from adapters.http.auth import Viewer
from adapters.storage.postgres.queries import LARGEST_PAGE, Queries, ViewsAreBehind
from projections.filters import ChatFilter
from projections.items import Item

CATCH_UP: Final = 1.0
"""Seconds that the views are given to hold what was said just before."""


async def left_behind(queries: Queries, viewer: Viewer, position: int) -> dict[str, Any]:
    """
    Return which of an operator's chats go back to routing, and which stay with him.

    Those with a client who waits for an answer go back; the others stay until the client writes.
    """
    with suppress(ViewsAreBehind):
        await queries.wait_for(position, CATCH_UP)
    own = ChatFilter(operator=viewer.id)
    page = await queries.chats(viewer.scope, own, limit=LARGEST_PAGE)
    items = page.items
    while page.next_cursor is not None:
        page = await queries.chats(viewer.scope, own, cursor=page.next_cursor, limit=LARGEST_PAGE)
        items += page.items
    unanswered = [item for item in items if item["waiting_since"] is not None]
    answered = [item for item in items if item["waiting_since"] is None]
    return {"go_back": _told(unanswered), "stay": _told(answered)}


def _told(items: list[Item]) -> dict[str, Any]:
    chats = [
        {"id": item["id"], "client": item["client"], "waiting_since": item["waiting_since"]}
        for item in items
    ]
    return {"count": len(chats), "chats": chats}
