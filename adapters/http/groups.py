"""Groups: who is there in each, and how chats are passed to it."""

import asyncio
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Response

from adapters.http import bodies as b
from adapters.http.answers import Answers, Asked, AskedBy, demand
from adapters.http.pages import Words, page
from adapters.http.parts import AppParts, Reading
from domain.group import CreateGroup
from domain.passing import AdjustGroup, SetUpGroup
from domain.values import GroupId, stream_of
from projections.colleagues import groups_for

_UNLESS_GIVEN: Final = frozenset({"name", "hours"})


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/groups", tags=["records"])
    queries = parts.queries

    async def changes(body: b.GroupChange) -> dict[str, Any]:
        """Return the settings that are given; what is given as null follows the account."""
        given = {k: v for k, v in body if k in body.model_fields_set - _UNLESS_GIVEN}
        if "clock_in_hours" in given:
            given["clock_in_hours"] = body.clock_in_hours or None
        if "hours" in body.model_fields_set:
            given["hours"] = None
            if body.hours is not None:
                zone = (await queries.settings())["time_zone"]
                # Ten years of holidays take half a second to work out.
                given["hours"] = await asyncio.to_thread(body.hours.business_hours, zone)
        return given

    async def adjust(asked: AskedBy, id_: GroupId, body: b.GroupChange) -> dict[str, Any]:
        act = AdjustGroup(
            group_id=id_,
            name=body.name,
            changes=await changes(body),
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return await answers.submit(act, stream_of("group", id_))

    @router.get("")
    async def list_groups(viewer: Reading, q: Words = None) -> Response:
        """
        Return all groups: how many are online in each, what they carry and could still take
        (`free`), and whether it is within its business hours, for those who pass a chat on (R9).

        With `q`, those whose name holds all words. How many chats are `new` and how many it
        carries (`load`) is null of groups that one does not see.
        """
        found = await queries.groups()
        return page(replace(found, items=groups_for(viewer.scope, found.items, q)))

    @router.post("", status_code=201)
    async def create_group(asked: Asked, body: b.NewGroup) -> dict[str, Any]:
        """Make a group; the answer tells its `id`."""
        demand(asked.viewer, "administer")
        id_ = GroupId(parts.desk.naming.derive("group", body.name))
        command = CreateGroup(name=body.name)
        act = SetUpGroup(
            group_id=id_,
            command=command,
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return {"id": id_, **await answers.submit(act, stream_of("group", id_))}

    @router.patch("/{group_id}")
    async def change_group(asked: Asked, group_id: GroupId, body: b.GroupChange) -> dict[str, Any]:
        """Change what is given, and nothing else; null follows the account."""
        demand(asked.viewer, "administer")
        return await adjust(asked, group_id, body)

    return router
