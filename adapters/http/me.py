"""Who one is, and being there."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from adapters.http.answers import Answers, Asked
from adapters.http.auth import Gate
from adapters.http.leaving import left_behind
from adapters.http.parts import AppParts, Myself
from adapters.http.presence import beat
from domain.acts import Ask
from domain.operator import ChangePresence
from domain.values import Presence, stream_of


class PresenceWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Presence
    reason: Annotated[str, Field(max_length=200)] | None = None


def routes(parts: AppParts, gate: Gate, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/me", tags=["me"])

    @router.get("")
    async def who_am_i(viewer: Myself) -> dict[str, Any]:
        """Return who asks, and what he may do (`rights`), with this session or token."""
        lacks = {"lacks_second_factor": gate.lacks_second_factor(viewer)}
        return answers.me(viewer.operator, viewer.scope) | lacks

    @router.put("/presence")
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

    @router.post("/heartbeat", status_code=204)
    async def heartbeat(viewer: Myself) -> None:
        """Say that one is still there; an open feed does so by itself."""
        await beat(parts.pool, [viewer.id])

    return router
