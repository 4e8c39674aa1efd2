"""What an administrator does for those who cannot sign in, or are to sign in no more."""

from secrets import token_urlsafe
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from adapters.http.answers import demand
from adapters.http.entry import Entry
from adapters.http.own_access import NewPassword
from adapters.http.parts import Asking
from domain.signing_in import NotePassword, NoteSecondFactor, SignOutEverywhere

Json = dict[str, Any]


class PasswordReset(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    password: NewPassword | None = None
    """None: one is made, and told once."""


def routes(entry: Entry) -> APIRouter:
    router = APIRouter(prefix="/v1/operators/{operator_id}", tags=["records"])

    @router.post("/password")
    async def reset_password(viewer: Asking, operator_id: str, body: PasswordReset) -> Json:
        """Give somebody another password; all his sessions and their feeds end."""
        demand(viewer, "administer")
        await entry.somebody(operator_id)
        password = body.password or token_urlsafe(12)
        await entry.passwords.set(operator_id, password)
        await entry.record(viewer, operator_id, NotePassword())
        return {} if body.password else {"password": password}

    @router.delete("/second-factor", status_code=204)
    async def lift_second_factor(viewer: Asking, operator_id: str) -> None:
        """Let somebody in without the second factor that he lost; all his sessions end."""
        demand(viewer, "administer")
        await entry.somebody(operator_id)
        await entry.record(viewer, operator_id, NoteSecondFactor(is_there=False))
        await entry.factors.remove(operator_id)

    @router.delete("/sessions", status_code=204)
    async def sign_somebody_out(viewer: Asking, operator_id: str) -> None:
        """End all of somebody's sessions and their feeds."""
        demand(viewer, "administer")
        await entry.somebody(operator_id)
        await entry.record(viewer, operator_id, SignOutEverywhere())

    return router
