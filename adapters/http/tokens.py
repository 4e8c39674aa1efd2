"""Tokens for programs: made by a person with a session, shown once, withdrawn at any time."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from adapters.http.answers import demand
from adapters.http.bodies import Moment
from adapters.http.entry import Entry
from adapters.http.parts import InPerson
from adapters.http.sessions import Kept, new_id
from domain.access import ACTIONS_OF, Action
from domain.errors import NotAllowed, NotFound
from domain.signing_in import IssueToken, RevokeToken
from domain.values import TokenId
from projections.items import stamp

Json = dict[str, Any]
ALL = "all"


class TokenWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100)]
    """What it is for."""
    scopes: Annotated[list[Action], Field(min_length=1, max_length=20)] | None = None
    """What it may do besides reading; None for all that its owner may, now and later."""
    expires_at: Moment | None = None


def routes(entry: Entry) -> APIRouter:
    router = APIRouter(prefix="/v1/tokens", tags=["me"])
    sessions = entry.gate.sessions

    @router.get("")
    async def list_tokens(
        viewer: InPerson, operator: Annotated[str | None, Query(max_length=100)] = None
    ) -> Json:
        """Return one's own tokens; an administrator may ask for another's, or for `all`."""
        if operator not in {None, "me", viewer.id}:
            demand(viewer, "administer")
        whose = {None: viewer.id, "me": viewer.id, ALL: None}.get(operator, operator)
        return {"items": [_token(one) for one in await sessions.listed("token", whose)]}

    @router.post("", status_code=201)
    async def create_token(viewer: InPerson, body: TokenWanted) -> Json:
        """Return a new token, once: it is not stored and cannot be shown again."""
        for scope in body.scopes or ():
            if not viewer.scope.may(scope):
                raise NotAllowed(scope)
        id_ = TokenId(new_id())
        scopes = tuple(body.scopes or ACTIONS_OF[viewer.operator.role])
        receipt = await entry.record(viewer, viewer.id, IssueToken(token=id_, scopes=scopes))
        issued = await sessions.issue(
            viewer.id,
            receipt.version,
            id_=id_,
            name=body.name,
            scopes=body.scopes,
            expires_at=body.expires_at,
        )
        return {"id": id_, "token": issued.secret}

    @router.delete("/{token_id}", status_code=204)
    async def revoke_token(viewer: InPerson, token_id: str) -> None:
        """Withdraw one's own token; an administrator, anybody's."""
        whose = None if viewer.scope.may("administer") else viewer.id
        revoked = await sessions.revoke("token", token_id, whose)
        if revoked is None:
            raise NotFound("token", token_id)
        await entry.record(viewer, revoked[0], RevokeToken(token=TokenId(token_id)))

    return router


def _token(kept: Kept) -> Json:
    return {
        "id": kept.id,
        "operator": kept.operator_id,
        "name": kept.name,
        "scopes": kept.scopes,
        "created_at": stamp(kept.created_at),
        "last_used_at": stamp(kept.last_used_at),
        "expires_at": stamp(kept.expires_at),
    }
