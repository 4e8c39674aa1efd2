"""Signing in and out."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from adapters.http.answers import Answers
from adapters.http.auth import check_origin
from adapters.http.entry import Entry
from adapters.http.parts import AppParts, Myself
from adapters.http.people import scope_of
from adapters.http.problems import Problem
from domain.operator import Operator

Password = Annotated[str, Field(max_length=1024, repr=False)]
Code = Annotated[str, Field(min_length=1, max_length=40)]


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    email: Annotated[str, Field(max_length=320)]
    password: Password
    code: Code | None = None
    """Of the second factor, or one of the codes for when it is lost."""


def routes(parts: AppParts, entry: Entry, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["session"])

    async def known(request: Request, given: Credentials, account: str) -> Operator:
        """Return whose e-mail and password these are; raise the same 401 for all others."""
        operator_id = parts.desk.naming.derive("operator", account)
        operator = await entry.gate.people.operator(operator_id)
        fits = await entry.passwords.check(operator_id if operator else None, given.password)
        if operator is None or not fits:
            entry.fail(request, operator)
            raise Problem(401, "wrong_login")
        return operator

    @router.post("/session", status_code=201)
    async def sign_in(request: Request, response: Response, given: Credentials) -> dict[str, Any]:
        """
        Sign in; the answer sets the session's cookie.

        Who has a second factor and gave no `code` is told so (`second_factor_needed`).
        """
        check_origin(request)
        account = given.email.strip().lower()
        entry.count(account, request)
        operator = await known(request, given, account)
        if operator.second_factor:
            if given.code is None:
                raise Problem(401, "second_factor_needed")
            if not await entry.factors.check(operator.id, given.code):
                entry.fail(request, operator)
                raise Problem(401, "wrong_code")
        entry.forgive(account, request)
        await entry.let_in(request, response, operator)
        return answers.me(operator, scope_of(operator))

    @router.delete("/session", status_code=204)
    async def sign_out(request: Request, response: Response, viewer: Myself) -> None:
        """Sign out: the session is gone, and its feeds end."""
        await entry.gate.sessions.close(viewer.secret)
        entry.let_out(request, response)

    return router
