"""Erasing clients, and what forbids it for a time (A4). For administrators."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from adapters.http.answers import Answers, Asked, demand
from adapters.http.bodies import Body
from adapters.http.parts import AppParts
from adapters.http.problems import Problem
from adapters.storage.erasing import Erasing, ViewsDoNotFollow
from domain.acts import Ask
from domain.client.commands import EndHold, HoldClient
from domain.values import ClientId, stream_of

Json = dict[str, Any]


class Erase(Body):
    """Without `confirm`, only what would go is told."""

    confirm: bool = False


class Hold(Body):
    """Why nothing of the client may be erased."""

    reason: Annotated[str, Field(min_length=1, max_length=2_000)]


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/clients", tags=["clients"])
    store = None if parts.attachments is None else parts.attachments.store
    erasing = Erasing(parts.pool, parts.desk, parts.opening or parts.mapper, store)

    @router.post("/{client_id}/erase")
    async def erase_client(asked: Asked, client_id: ClientId, body: Erase) -> Json:
        """
        Erase a client with all that he said and sent; nothing brings it back (A4).

        Without `confirm` nothing happens, and the answer says what would go. `mentions` are
        messages in chats of other clients that name him: they belong to those.
        """
        demand(asked.viewer, "administer")
        if not body.confirm:
            return (await erasing.plan(client_id)).as_json() | {"erased": False}
        try:
            plan = await erasing.erase(client_id, asked.meta)
        except ViewsDoNotFollow:
            raise Problem(503, "views_do_not_follow", retry_after=2) from None
        return plan.as_json() | {"erased": True}

    @router.post("/{client_id}/hold")
    async def hold_client(asked: Asked, client_id: ClientId, body: Hold) -> Json:
        """Forbid that a client is erased, for a reason; `release` allows it again."""
        demand(asked.viewer, "administer")
        stream = stream_of("client", client_id)
        act = Ask(stream=stream, command=HoldClient(reason=body.reason), meta=asked.meta)
        return await answers.submit(act, stream)

    @router.post("/{client_id}/release")
    async def release_client(asked: Asked, client_id: ClientId) -> Json:
        """Allow again that a client is erased."""
        demand(asked.viewer, "administer")
        stream = stream_of("client", client_id)
        return await answers.submit(Ask(stream=stream, command=EndHold(), meta=asked.meta), stream)

    return router
