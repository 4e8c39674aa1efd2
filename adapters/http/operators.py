"""Operators: who there is, and what each may and can do."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import AfterValidator, Field

from adapters.http.answers import Answers, Asked, demand
from adapters.http.bodies import Body, Id, Name
from adapters.http.pages import Words, page
from adapters.http.parts import AppParts, Reading
from adapters.http.passwords import SHORTEST, Passwords
from domain.operator import DEFAULT_CAPACITY, ChangeOperator, CreateOperator
from domain.staffing import SetUpOperator
from domain.values import GroupId, OperatorId, Role, stream_of
from projections.colleagues import operators_for

Json = dict[str, Any]

EMail = Annotated[
    str, Field(pattern=r"^[^@\s\x00]+@[^@\s\x00]+$", max_length=320), AfterValidator(str.strip)
]
Capacity = Annotated[int, Field(ge=0, le=10_000)]
Password = Annotated[str, Field(min_length=SHORTEST, max_length=1024)]
_DEFAULT_SKILL = 50


class Membership(Body):
    id: Id
    skill: Annotated[int, Field(ge=1, le=100)] = _DEFAULT_SKILL


Groups = Annotated[list[Membership], Field(max_length=500)]


class NewOperator(Body):
    email: EMail
    name: Name
    role: Role = Role.OPERATOR
    groups: Groups = Field(default_factory=list)
    capacity: Capacity = DEFAULT_CAPACITY
    password: Password | None = None
    """Without one he cannot sign in with a password."""


class OperatorChange(Body):
    """Only what is given changes; of `groups`, all are given."""

    name: Name | None = None
    role: Role | None = None
    groups: Groups | None = None
    capacity: Capacity | None = None
    sees_new: bool | None = None
    """Whether an operator sees New chats that are nobody's yet."""
    active: bool | None = None
    """False lets him in no more; his chats that wait are routed again."""


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/operators", tags=["records"])
    passwords = Passwords(parts.pool)

    @router.get("")
    async def list_operators(viewer: Reading, q: Words = None) -> Response:
        """
        Return all operators by name, with presence and room (`free`); those who hold all words.

        E-mail, load and capacity are null of who is in none of one's groups.
        """
        found = await parts.queries.operators()
        return page(replace(found, items=operators_for(viewer.scope, found.items, q)))

    @router.post("", status_code=201)
    async def create_operator(asked: Asked, body: NewOperator) -> Json:
        """Take somebody on; the answer tells his `id`. An e-mail address is one operator's."""
        demand(asked.viewer, "administer")
        id_ = OperatorId(parts.desk.naming.derive("operator", body.email.lower()))
        command = CreateOperator(
            email=body.email,
            name=body.name,
            role=body.role,
            skills=_skills(body.groups),
            capacity=body.capacity,
        )
        act = SetUpOperator(operator_id=id_, command=command, by=asked.viewer.scope, **asked.how)
        done = await answers.submit(act, stream_of("operator", id_))
        if body.password is not None:
            await passwords.set(id_, body.password)
        return {"id": id_, **done}

    @router.patch("/{operator_id}")
    async def change_operator(asked: Asked, operator_id: OperatorId, body: OperatorChange) -> Json:
        """Change what is given: name, role, groups with skills, capacity, whether he is let in."""
        demand(asked.viewer, "administer")
        command = ChangeOperator(
            name=body.name,
            role=body.role,
            skills=None if body.groups is None else _skills(body.groups),
            capacity=body.capacity,
            sees_new=body.sees_new,
            active=body.active,
        )
        act = SetUpOperator(
            operator_id=operator_id, command=command, by=asked.viewer.scope, **asked.how
        )
        return await answers.submit(act, stream_of("operator", operator_id))

    return router


def _skills(groups: list[Membership]) -> dict[GroupId, int]:
    return {GroupId(one.id): one.skill for one in groups}
