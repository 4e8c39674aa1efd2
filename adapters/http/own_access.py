"""How one signs in oneself: the password, the sessions, the second factor."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from adapters.http.entry import Entry
from adapters.http.login import Code, Password
from adapters.http.parts import InPerson
from adapters.http.passwords import SHORTEST
from adapters.http.problems import Problem
from adapters.http.sessions import Kept
from domain.errors import AlreadyExists, NotFound
from domain.ports import Receipt
from domain.signing_in import NotePassword, NoteSecondFactor, SignOutEverywhere
from projections.items import stamp

Json = dict[str, Any]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


NewPassword = Annotated[str, Field(min_length=SHORTEST, max_length=1024)]


class PasswordChange(_Body):
    current: Password
    new: NewPassword


class ConfirmedBy(_Body):
    password: Password


class CodeGiven(_Body):
    code: Code


def routes(entry: Entry) -> APIRouter:
    router = APIRouter(prefix="/v1/me", tags=["me"])
    _add_sessions(router, entry)
    _add_second_factor(router, entry)

    @router.put("/password", status_code=204)
    async def change_password(
        request: Request, response: Response, viewer: InPerson, body: PasswordChange
    ) -> None:
        """Change one's password: all other sessions and their feeds end."""
        await entry.check_password(request, viewer, body.current)
        await entry.passwords.set(viewer.id, body.new)
        receipt = await entry.record(viewer, viewer.id, NotePassword())
        await _stay(entry, request, response, viewer, receipt)

    return router


async def _stay(
    entry: Entry, request: Request, response: Response, viewer: InPerson, receipt: Receipt
) -> None:
    """Go on with a new session where all that there were have just ended."""
    await entry.open(request, response, viewer.id, receipt.version, viewer.proof.via)


def _add_sessions(router: APIRouter, entry: Entry) -> None:
    @router.get("/sessions")
    async def list_sessions(viewer: InPerson) -> Json:
        """Return where one is signed in, the latest first."""
        kept = await entry.gate.sessions.listed("session", viewer.id)
        good = [one for one in kept if one.epoch >= viewer.operator.signed_out_at]
        return {"items": [_session(one, viewer.proof.id) for one in good]}

    @router.delete("/sessions/{session_id}", status_code=204)
    async def end_session(viewer: InPerson, session_id: str) -> None:
        """Sign out somewhere else."""
        if await entry.gate.sessions.revoke("session", session_id, viewer.id) is None:
            raise NotFound("session", session_id)

    @router.delete("/sessions", status_code=204)
    async def sign_out_everywhere(request: Request, response: Response, viewer: InPerson) -> None:
        """Sign out everywhere: all sessions and their feeds end, this one too."""
        await entry.record(viewer, viewer.id, SignOutEverywhere())
        entry.let_out(request, response)


def _add_second_factor(router: APIRouter, entry: Entry) -> None:
    @router.post("/second-factor", status_code=201)
    async def begin_second_factor(request: Request, viewer: InPerson, body: ConfirmedBy) -> Json:
        """Return a secret for an authenticator; it counts once a code of it is confirmed."""
        await entry.check_password(request, viewer, body.password)
        if viewer.operator.second_factor:
            raise AlreadyExists("second factor", viewer.id)
        company = entry.gate.people.settings.name
        begun = await entry.factors.begin(viewer.id, viewer.operator.email, company)
        return {"secret": begun.secret, "uri": begun.uri}

    @router.post("/second-factor/confirm")
    async def confirm_second_factor(
        request: Request, response: Response, viewer: InPerson, body: CodeGiven
    ) -> Json:
        """
        Ask for a code at each sign-in from now on; all other sessions end.

        The answer tells, once, the codes for when the authenticator is lost.
        """
        entry.count(viewer.operator.email, request)
        codes = await entry.factors.confirm(viewer.id, body.code)
        if codes is None:
            raise Problem(422, "wrong_code")
        entry.forgive(viewer.operator.email, request)
        receipt = await entry.record(viewer, viewer.id, NoteSecondFactor(is_there=True))
        await _stay(entry, request, response, viewer, receipt)
        return {"recovery_codes": codes}

    @router.post("/second-factor/remove", status_code=204)
    async def remove_second_factor(
        request: Request, response: Response, viewer: InPerson, body: ConfirmedBy
    ) -> None:
        """Sign in by password alone again; all other sessions end."""
        await entry.check_password(request, viewer, body.password)
        if not viewer.operator.second_factor:
            return
        receipt = await entry.record(viewer, viewer.id, NoteSecondFactor(is_there=False))
        await entry.factors.remove(viewer.id)
        await _stay(entry, request, response, viewer, receipt)


def _session(kept: Kept, current: str) -> Json:
    return {
        "id": kept.id,
        "place": kept.place,
        "agent": kept.agent,
        "created_at": stamp(kept.created_at),
        "last_used_at": stamp(kept.last_used_at),
        "expires_at": stamp(kept.expires_at),
        "current": kept.id == current,
    }
