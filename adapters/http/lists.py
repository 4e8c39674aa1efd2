"""The lists of chats and how many each holds, now or at a past moment."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from adapters.http.auth import Viewer
from adapters.http.pages import Cursor, Limit, Word, Words, json, page
from adapters.http.parts import AppParts, Reading
from adapters.http.past import AsOf, PastAnswers, SeenBy
from adapters.storage.postgres.queries import PAGE, Queries
from projections.filter_parsing import LONGEST
from projections.filters import ChatFilter, Listed

Filter = Annotated[str | None, Query(alias="filter", max_length=LONGEST)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """What narrows the lists, and when they are looked at; all that is given must hold."""

    operator: Word = None
    group: Word = None
    channel: Word = None
    tag: Word = None
    q: Words = None
    filter_: Filter = None
    tab: Word = None
    as_of: AsOf = None
    seen_by: SeenBy = None

    async def chats(
        self,
        queries: Queries,
        viewer: Viewer,
        section: Listed = Listed.ALL,
        client: str | None = None,
    ) -> ChatFilter:
        """Return which chats are meant; raise for a filter that cannot be read."""
        is_me = self.operator == "me"
        return ChatFilter(
            section=section,
            operator=(self.seen_by or viewer.id) if is_me else self.operator,
            group=self.group,
            channel=self.channel,
            client=client,
            tag=self.tag,
            search=self.q,
            tree=await queries.tree(viewer.scope, self.filter_, self.tab),
        )


Narrowing = Annotated[Narrowed, Depends()]


def routes(parts: AppParts, past: PastAnswers) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["chats"])
    queries = parts.queries

    @router.get("/chats")
    async def list_chats(
        viewer: Reading,
        by: Narrowing,
        section: Listed = Listed.ALL,
        client: Word = None,
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> Response:
        """
        Return a page of a list, in its order (V11); with `as_of`, as it was then (A2).

        `filter` is a filter as JSON, `tab` the id of a saved one; all that is given must hold.
        """
        wanted = await by.chats(queries, viewer, section, client)
        if by.as_of is not None:
            then, moment = await past.chats(viewer, wanted, by.as_of, by.seen_by, cursor, limit)
            return page(then, as_of=moment)
        return page(await queries.chats(viewer.scope, wanted, cursor=cursor, limit=limit))

    @router.get("/counts")
    async def count_chats(viewer: Reading, by: Narrowing) -> Response:
        """
        Return how many chats each list holds, or held: exact to 1,000, then `1000+` (V11).

        What is given narrows the lists; without `as_of`, `tabs` has the count of each saved
        filter for itself, as of now.
        """
        wanted = await by.chats(queries, viewer)
        if by.as_of is not None:
            return json(await past.counts(viewer, wanted, by.as_of, by.seen_by))
        tabs = await queries.tab_trees(viewer.scope)
        return json(await queries.counts(viewer.scope, wanted, tabs=tabs))

    return router
