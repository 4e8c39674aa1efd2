"""Signing in and out, who one is, and being there."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from adapters.http.answers import Answers, Asked
from adapters.http.auth import Gate, check_origin, cookie_name
from adapters.http.leaving import left_behind
from adapters.http.metrics import Metrics
from adapters.http.parts import AppParts, Asking
from adapters.http.passwords import Attempts, Passwords
from adapters.http.presence import beat
from adapters.http.problems import Problem
from adapters.storage.postgres.looks import LookKind
from domain.acts import Ask
from domain.operator import ChangePresence
from domain.values import Presence, stream_of

_TWELVE_HOURS = 12 * 3600


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    email: Annotated[str, Field(max_length=320)]
    password: Annotated[str, Field(max_length=1024, repr=False)]


class PresenceWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Presence
    reason: Annotated[str, Field(max_length=200)] | None = None


def routes(parts: AppParts, gate: Gate, metrics: Metrics, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1")
    attempts, passwords = Attempts(), Passwords(parts.pool)

    @router.post("/session", tags=["session"], status_code=201)
    async def sign_in(request: Request, response: Response, given: Credentials) -> dict[str, Any]:
        """Sign in; the answer sets the session's cookie."""
        check_origin(request)
        account = given.email.strip().lower()
        place = request.client.host if request.client else ""
        if wait := attempts.wait(account, place):
            metrics.logins.labels("limited").inc()
            raise Problem(429, "too_many_attempts", retry_after=wait)
        operator_id = parts.desk.naming.derive("operator", account)
        operator = await gate.people.operator(operator_id)
        fits = await passwords.check(operator_id if operator else None, given.password)
        if operator is None or not fits:
            metrics.logins.labels("wrong").inc()
            parts.looks.note(LookKind.LOGIN, "" if operator is None else operator.id, place)
            raise Problem(401, "wrong_login")
        attempts.forgive(account, place)
        metrics.logins.labels("ok").inc()
        secret = await gate.sessions.open(operator.id)
        response.set_cookie(
            cookie_name(request),
            secret,
            max_age=_TWELVE_HOURS,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answers.me(operator)

    @router.delete("/session", tags=["session"], status_code=204)
    async def sign_out(request: Request, response: Response, viewer: Asking) -> None:
        """Sign out: the session is gone, and its feeds end."""
        await gate.sessions.close(viewer.secret)
        response.delete_cookie(
            cookie_name(request), httponly=True, secure=request.url.scheme == "https"
        )

    @router.get("/me", tags=["me"])
    async def who_am_i(viewer: Asking) -> dict[str, Any]:
        """Return who asks, and what he may do."""
        return answers.me(viewer.operator)

    @router.put("/me/presence", tags=["me"])
    async def set_presence(asked: Asked, wanted: PresenceWanted) -> dict[str, Any]:
        """Come online, go away or offline (R10); offline, the answer tells what is left behind."""
        # First, so that a new presence never stands beside a heartbeat of yesterday.
        await beat(parts.pool, [asked.viewer.id])
        stream = stream_of("operator", asked.viewer.id)
        leaves: dict[str, Any] = {}
        if wanted.status is Presence.OFFLINE:
            head = (await answers.as_it_was(stream))["position"]
            leaves["leaves"] = await left_behind(parts.queries, asked.viewer, head)
        command = ChangePresence(presence=wanted.status, reason=wanted.reason)
        act = Ask(
            stream=stream,
            command=command,
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return await answers.submit(act, stream) | leaves

    @router.post("/me/heartbeat", tags=["me"], status_code=204)
    async def heartbeat(viewer: Asking) -> None:
        """Say that one is still there; an open feed does so by itself."""
        await beat(parts.pool, [viewer.id])

    return router
