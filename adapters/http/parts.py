"""What the application is given, and what its routes share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from nats.aio.client import Client as Nats
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.channels.accounts import ConnectedChannels
from adapters.channels.taking_in import Desk
from adapters.http.auth import Gate, Viewer
from adapters.http.looked import Looks
from adapters.http.oidc.config import OidcConfig
from adapters.http.problems import Problem
from adapters.public_web import Origin
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.links import PublicLinks
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.queries import Queries

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]
Check = Callable[[], Awaitable[str | None]]
"""Returns what is wrong, or None."""

MOST_WAIT: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AppParts:
    """What the composition root hands over; all of it is open, and is closed by who opened it."""

    desk: Desk
    queries: Queries
    pool: Pool
    mapper: EventMapper
    """Reads what is not personal, which is all that most routes need."""
    channels: ConnectedChannels
    opening: EventMapper | None = None
    """Reads what is sealed, too; None where nothing is."""
    nats: Nats | None = None
    public_url: str | None = None
    attachments: Attachments | None = None
    """None where there is no place for files: there are no routes for them then."""
    links: PublicLinks | None = None
    """None where providers cannot reach this installation to fetch files."""
    requests_per_second: int = 0
    """Of one person or program, with some ahead; 0 for as many as one likes."""
    webhook_origins: frozenset[Origin] = frozenset()
    """Where webhooks may go although it is not public: an administrator of the machine says so."""
    oidc: OidcConfig | None = None
    """Where people may sign in besides here."""
    looks: Looks = field(default_factory=Looks)
    """Who looked; written now and then while the application runs."""
    more_routes: tuple[APIRouter, ...] = ()
    """Answered besides our own."""
    panel_parts: tuple[str, ...] = ()
    """Folders of the panel's `app/` that only some installations show."""
    checks: tuple[tuple[str, Check], ...] = ()
    """More that must be well before `/readyz` says so, each under a name."""


async def _myself(request: Request) -> Viewer:
    viewer: Viewer = await request.app.state.gate.viewer(request)
    request.app.state.pace.take(viewer.id)
    return viewer


Myself = Annotated[Viewer, Depends(_myself)]
"""Who asks about himself, whatever his role; nobody else's business may be seen or changed."""


async def _in_person(viewer: Myself) -> Viewer:
    if viewer.proof.kind != "session":
        raise Problem(403, "session_needed")
    return viewer


InPerson = Annotated[Viewer, Depends(_in_person)]
"""Who asks about the ways he signs in: a person with a session, and no program of his."""


async def _viewer(request: Request, viewer: Myself) -> Viewer:
    gate: Gate = request.app.state.gate
    return gate.admit(viewer, request.method)


async def _onlooker(request: Request, viewer: Myself) -> Viewer:
    gate: Gate = request.app.state.gate
    return gate.admit(viewer, "GET")


Looking = Annotated[Viewer, Depends(_onlooker)]
"""Who only looks, or keeps something for himself, though the method says otherwise."""


async def caught_up(
    request: Request,
    viewer: Annotated[Viewer, Depends(_onlooker)],
    min_position: Annotated[int | None, Query(ge=0, le=2**62)] = None,
    wait: Annotated[float, Query(ge=0, le=MOST_WAIT)] = 2.0,
) -> Viewer:
    """Return who asks, once the views hold what he wants to see."""
    if min_position is not None:
        queries: Queries = request.app.state.parts.queries
        await queries.wait_for(min_position, wait)
    return viewer


Asking = Annotated[Viewer, Depends(_viewer)]
"""Who asks: with a method that changes something, one who may change anything at all (V13)."""
Reading = Annotated[Viewer, Depends(caught_up)]
"""Who reads, once the views hold what he wants to see (`min_position`)."""

IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)
]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=100)]
