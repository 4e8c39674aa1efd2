"""
Who is asking, and whether the request is his own doing.

A browser shows a cookie, a program a bearer token. Over https the cookie is called
`__Host-recado`, which binds it to this host and to https; a plain-http address, as on a
machine of one's own, cannot have such a cookie, and gets one that says less. With a
cookie, an unsafe request must come from our own page: browsers send cookies along with
whatever another site makes them send.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from adapters.http.people import People, scope_of
from adapters.http.problems import Problem
from adapters.http.sessions import Proof, Sessions, digest_of
from domain.access import CHANGES, Action, Scope, can
from domain.errors import NotAllowed
from domain.operator import Operator

SECURE_COOKIE: Final = "__Host-recado"
PLAIN_COOKIE: Final = "recado"

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, and what he may see and do."""

    operator: Operator
    scope: Scope
    secret: str
    """His session or token; never logged."""
    proof: Proof

    @property
    def id(self) -> str:
        return self.operator.id

    @property
    def digest(self) -> bytes:
        return digest_of(self.secret)


class Gate:
    """Lets in who shows a good session or token."""

    def __init__(self, sessions: Sessions, people: People) -> None:
        self.sessions: Final = sessions
        self.people: Final = people
        self.heard_of: Final = set[str]()
        """Who asked for anything since this was last emptied: a sign of life (R10)."""

    async def viewer(self, request: HTTPConnection) -> Viewer:
        """Return who asks; raise a 401 problem for nobody, 403 for another site's doing."""
        secret, is_cookie = _secret_of(request)
        if is_cookie:
            check_origin(request)
        viewer = None if secret is None else await self.known(secret)
        if viewer is None or (viewer.proof.kind == "session") != is_cookie:
            raise Problem(401, "not_authenticated")
        self.heard_of.add(viewer.id)
        return viewer

    async def known(self, secret: str) -> Viewer | None:
        """Return whose secret it is now; None where it lets nobody in, or no longer."""
        proof = await self.sessions.who(secret)
        operator = None if proof is None else await self.people.operator(proof.operator_id)
        if proof is None or operator is None or not proof.holds(operator):
            return None
        return Viewer(operator, scope_of(operator, proof.scopes), secret, proof)

    def admit(self, viewer: Viewer, method: str) -> Viewer:
        """
        Return who asks where he may make such a request at all.

        Raises `NotAllowed` for who changes nothing and wants to, and a 403 problem for who has
        to add a second factor first.
        """
        if self.lacks_second_factor(viewer):
            raise Problem(403, "second_factor_required")
        wanted = {Action.READ} if method in _SAFE else CHANGES
        if not any(can(viewer.scope, action) for action in wanted):
            raise NotAllowed(Action.READ if method in _SAFE else Action.ACT)
        return viewer

    def lacks_second_factor(self, viewer: Viewer) -> bool:
        """Return whether the company asks for a second factor that this session is without."""
        is_due = viewer.proof.kind == "session" and viewer.proof.via == "password"
        is_missing = not viewer.operator.second_factor
        return is_due and is_missing and self.people.settings.require_second_factor


def cookie_name(request: HTTPConnection) -> str:
    return SECURE_COOKIE if request.url.scheme == "https" else PLAIN_COOKIE


def check_origin(request: HTTPConnection) -> None:
    """
    Raise a 403 problem where another site made the browser send an unsafe request.

    Browsers tell by `Sec-Fetch-Site` or `Origin`. Without either it is no browser, or an
    old one, which another site can make send forms but not JSON.
    """
    if request.scope["method"] in _SAFE:
        return
    headers = request.headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        own = site in {"same-origin", "none"}
    elif origin is not None:
        own = urlsplit(origin).netloc == headers.get("host") and bool(headers.get("host"))
    else:
        own = "content-type" not in headers or _is_json(headers["content-type"])
    if not own:
        raise Problem(403, "cross_site")


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _secret_of(request: HTTPConnection) -> tuple[str | None, bool]:
    """Return what is shown, and whether it is a cookie, which comes without being asked."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token.strip() or None, False
    return request.cookies.get(cookie_name(request)), True
