"""Saved filters, which the panel shows as tabs (T5)."""

from typing import Annotated, Any, Self
from uuid import uuid4

from fastapi import APIRouter, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError, model_validator

from adapters.http.answers import Answers, AskedBy, AskedForOneself
from adapters.http.auth import Viewer
from adapters.http.bodies import Body, Id, Name
from adapters.http.pages import json, page
from adapters.http.parts import AppParts, Reading
from domain.acts import Ask
from domain.errors import NotAllowed, NotFound
from domain.saved_filter import (
    ChangeFilter,
    FilterCommand,
    OrderTabs,
    RemoveFilter,
    SaveFilter,
    SharedTab,
    Tab,
)
from domain.values import FilterId, GroupId, OperatorId, StreamId, stream_of
from projections.filter_parsing import text_of
from projections.items import Item
from projections.tab_items import may_share

Json = dict[str, Any]
Mark = Annotated[str, Field(max_length=50, pattern=r"^[\w#.:/ -]*$")] | None
MOST_TABS = 200


class NewFilter(Body):
    name: Name
    filter: Json
    """A tree: `all`, `any`, `not`, and what is asked of a field."""
    shared: SharedTab = SharedTab.PERSONAL
    group: Id | None = None
    """With whom it is shared, where it is shared with a group."""
    colour: Mark = None
    icon: Mark = None

    @model_validator(mode="after")
    def _a_group_where_there_is_one(self) -> Self:
        if (self.shared is SharedTab.GROUP) != (self.group is not None):
            raise ValueError("shared with a group, it has a group, and otherwise it has none")
        return self

    def tab(self) -> Tab:
        return Tab(
            name=self.name,
            filter=text_of(self.filter),
            shared=self.shared,
            group_id=None if self.group is None else GroupId(self.group),
            colour=self.colour,
            icon=self.icon,
        )


class FilterChange(Body):
    """Only what is given changes; null takes colour and icon away."""

    name: Name | None = None
    filter: Json | None = None
    shared: SharedTab | None = None
    group: Id | None = None
    colour: Mark = None
    icon: Mark = None


class TabOrder(Body):
    ids: Annotated[list[FilterId], Field(max_length=MOST_TABS)]
    """Tabs that are not named come after, in the order in which they were saved."""


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/filters", tags=["records"])
    queries = parts.queries

    async def ask(asked: AskedBy, stream: StreamId, command: FilterCommand | OrderTabs) -> Json:
        act = Ask(
            stream=stream,
            command=command,
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return await answers.submit(act, stream)

    async def checked(viewer: Viewer, body: NewFilter, owner: str) -> Tab:
        """Return the tab; raise for what cannot be read or he may not share so."""
        tab = body.tab()
        await queries.tree(viewer.scope, tab.filter, None)
        if not may_share(viewer.scope, tab.shared, tab.group_id, owner):
            raise NotAllowed("share")
        if tab.group_id is not None:
            known = {group["id"] for group in (await queries.groups()).items}
            if tab.group_id not in known:
                raise NotFound("group", tab.group_id)
        return tab

    async def own(viewer: Viewer, id_: str) -> Item:
        """Return a tab that the viewer has; raise `NotFound` for any other."""
        for item in (await queries.tabs(viewer.scope)).items:
            if item["id"] == id_:
                return item
        raise NotFound("filter", id_)

    async def changeable(viewer: Viewer, id_: str) -> Item:
        item = await own(viewer, id_)
        if not item["may_change"]:
            raise NotAllowed("share")
        return item

    @router.get("")
    async def list_filters(viewer: Reading) -> Response:
        """Return the tabs that the caller has, in his order; `problem` says why one is empty."""
        return page(await queries.tabs(viewer.scope))

    @router.get("/{filter_id}")
    async def get_filter(viewer: Reading, filter_id: FilterId) -> Response:
        """Return one of the caller's tabs."""
        return json(await own(viewer, filter_id))

    @router.post("", status_code=201)
    async def save_filter(asked: AskedForOneself, body: NewFilter) -> Json:
        """Save a filter as a tab; the answer tells its `id`."""
        viewer = asked.viewer
        tab = await checked(viewer, body, viewer.id)
        # Asked again under the same key, it is the same tab.
        id_ = FilterId(parts.desk.naming.derive("filter", asked.identity or uuid4().hex))
        command = SaveFilter(owner=OperatorId(viewer.id), tab=tab)
        return {"id": id_, **await ask(asked, stream_of("filter", id_), command)}

    @router.put("/order")
    async def order_filters(asked: AskedForOneself, body: TabOrder) -> Json:
        """Put the caller's own tabs in order; nobody else's move."""
        viewer = asked.viewer
        known = {item["id"] for item in (await queries.tabs(viewer.scope)).items}
        for id_ in body.ids:
            if id_ not in known:
                raise NotFound("filter", id_)
        command = OrderTabs(filters=tuple(body.ids))
        return await ask(asked, stream_of("tabs", viewer.id), command)

    @router.patch("/{filter_id}")
    async def change_filter(
        asked: AskedForOneself, filter_id: FilterId, body: FilterChange
    ) -> Json:
        """Change what is given of a tab, and nothing else."""
        viewer = asked.viewer
        item = await changeable(viewer, filter_id)
        now = {key: item[key] for key in ("name", "filter", "shared", "colour", "icon")}
        group = item["group"] and item["group"]["id"]
        whole = now | {"group": group} | body.model_dump(exclude_unset=True)
        tab = await checked(viewer, _whole(whole), item["owner"]["id"])
        return await ask(asked, stream_of("filter", filter_id), ChangeFilter(tab=tab))

    @router.delete("/{filter_id}")
    async def remove_filter(asked: AskedForOneself, filter_id: FilterId) -> Json:
        """Remove a tab, for all who have it."""
        await changeable(asked.viewer, filter_id)
        return await ask(asked, stream_of("filter", filter_id), RemoveFilter())

    return router


def _whole(values: Json) -> NewFilter:
    """Return all of a tab after a change; who shares it otherwise gives up the group."""
    if values["shared"] != SharedTab.GROUP:
        values = values | {"group": None}
    try:
        return NewFilter.model_validate(values)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)
        raise RequestValidationError(
            [{**one, "loc": ("body", *one["loc"])} for one in wrong]
        ) from None
