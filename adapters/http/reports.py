"""Reports over a span of the log: who was given what (R12)."""

import asyncio
from datetime import timedelta
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from adapters.http.auth import Viewer
from adapters.http.bodies import Moment
from adapters.http.fairness_items import Told, items_of
from adapters.http.pages import Word, json
from adapters.http.parts import AppParts, Reading
from adapters.http.problems import Problem
from adapters.storage.postgres.fairness import TooMuchHappened, read_fairness
from domain.access import Action, Colleague, Workload, can
from domain.errors import NotFound
from domain.values import GroupId, OperatorId, Role
from projections.items import Item, stamp

LONGEST: Final = timedelta(days=92)
AT_ONCE: Final = 1
"""Reports made at one time by one process: each reads a part of the log in a thread."""


class Person(BaseModel):
    id: str
    name: str | None


class Counted(BaseModel):
    count: int
    positions: list[int]
    """Where in the log: the first 500."""


class ShiftTimes(BaseModel):
    began: str | None
    """None for what happened to somebody while he was offline."""
    began_at: int | None
    ended: str | None
    """None while it goes on."""


class Minutes(BaseModel):
    """Within the span."""

    online: float
    away: float
    at_capacity: float


class FairnessItem(BaseModel):
    operator: Person
    shift: ShiftTimes
    minutes: Minutes
    offered: Counted
    pulled: Counted
    handed: Counted
    transferred_in: Counted
    transferred_out: Counted
    taken_back: Counted
    taken_back_by_reason: dict[str, int]
    groups: list[dict[str, Any]]


class FairnessReport(BaseModel):
    since: str
    until: str
    items: list[FairnessItem]


def routes(parts: AppParts) -> APIRouter:
    router = APIRouter(prefix="/v1/reports", tags=["reports"])
    queries, room = parts.queries, asyncio.Semaphore(AT_ONCE)
    url = parts.pool.conninfo

    async def told_to(viewer: Viewer, operator: str | None, group: str | None) -> Told:
        """Return what the viewer is told; raise `NotFound` for what he does not see (V13)."""
        scope, is_alone = viewer.scope, viewer.scope.role is Role.OPERATOR
        people = {
            one["id"]
            for one in (await queries.operators()).items
            if can(scope, Action.READ, _colleague(one))
        }
        groups = {
            GroupId(one["id"])
            for one in (await queries.groups()).items
            # Of himself somebody is told wherever it was.
            if is_alone or can(scope, Action.READ, Workload(frozenset({GroupId(one["id"])})))
        }
        if operator is None and is_alone:
            operator = viewer.id
        if group is not None and group not in groups:
            raise NotFound("group", group)
        if operator is not None and operator not in people:
            raise NotFound("operator", operator)
        limits = None if is_alone or scope.sees_all else groups
        return Told(
            {OperatorId(one) for one in (people if operator is None else {operator})},
            limits if group is None else {GroupId(group)},
        )

    @router.get("/fairness", response_model=FairnessReport)
    async def report_fairness(
        viewer: Reading,
        since: Moment,
        until: Moment,
        group: Word = None,
        operator: Word = None,
    ) -> Response:
        """
        Return, for each operator and shift, what he was given and how long he was there.

        Supervisors see the operators and chats of their groups, an operator sees himself.
        A shift is from coming online to going offline; minutes are those within the span.
        """
        if not since < until or until - since > LONGEST:
            raise _bad_span(f"until must be after since, by {LONGEST.days} days at most")
        told = await told_to(viewer, viewer.id if operator == "me" else operator, group)
        people = {o["id"]: o["name"] for o in (await queries.operators()).items}
        groups = {g["id"]: g["name"] for g in (await queries.groups()).items}
        assert isinstance(url, str)
        try:
            async with room:
                report = await asyncio.to_thread(read_fairness, url, parts.mapper, since, until)
        except TooMuchHappened as error:
            raise _bad_span(str(error)) from None
        items = items_of(report.shifts, told, people, groups)
        return json({"since": stamp(since), "until": stamp(until), "items": items})

    return router


def _colleague(item: Item) -> Colleague:
    return Colleague(item["id"], frozenset(GroupId(group["id"]) for group in item["groups"]))


def _bad_span(why: str) -> Problem:
    return Problem(422, "invalid", errors=[{"pointer": "/query/until", "detail": why}])
