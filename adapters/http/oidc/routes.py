"""
Signing in at the company's provider, beside the password (OpenID Connect, code flow, PKCE).

An operator is whoever has the verified e-mail that the provider names: nobody is made here,
and who is unknown and who is inactive get the same answer. Second factors are the provider's.
"""

import re
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from adapters.http.entry import Entry
from adapters.http.oidc.config import OidcConfig
from adapters.http.oidc.journey import Journey, forget, recall, remember
from adapters.http.oidc.provider import Provider, ProviderAway
from adapters.http.oidc.tokens import TokenRefused
from adapters.http.parts import AppParts
from adapters.http.problems import Problem
from adapters.http.sealed import Sealer

log = structlog.get_logger()

PANEL: Final = "/panel"
_OF_THE_PANEL: Final = re.compile(r"/panel(/[A-Za-z0-9_~-]+)*")
_WAY: Final = "oidc"

Said = Annotated[str | None, Query(max_length=4096)]


class SingleSignOn:
    """Sends people off to the provider, and lets in who comes back from it."""

    def __init__(self, parts: AppParts, entry: Entry, config: OidcConfig) -> None:
        self._naming: Final = parts.desk.naming
        self._entry: Final = entry
        self._provider: Final = Provider(config)
        self._sealer: Final = Sealer(parts.desk.naming.salt)

    async def send_off(self, request: Request, back_to: str | None) -> Response:
        """Return the answer that leads to the provider; raise a 503 problem where it is away."""
        journey = Journey.begun(_within_panel(back_to))
        try:
            url = await self._provider.sign_in_at(journey, _way_back(request))
        except ProviderAway as error:
            raise self._away(error) from None
        response = RedirectResponse(url, 302)
        remember(request, response, journey, self._sealer)
        return response

    async def let_in(self, request: Request, code: str | None, state: str | None) -> Response:
        """Return the answer that opens a session; raise a problem for whoever may not come in."""
        journey = recall(request, self._sealer)
        if journey is None or not journey.fits(state):
            raise self._failed("state")
        # Each attempt makes us call the provider: it counts for the place that it comes from.
        self._entry.count(journey.state, request)
        if code is None:
            raise self._failed("code")
        email = await self._email(code, journey, request)
        operator_id = None if email is None else self._naming.derive("operator", email)
        operator = operator_id and await self._entry.gate.people.operator(operator_id)
        if not operator:
            self._entry.fail(request, None)
            raise Problem(403, "nobody_here")
        response = RedirectResponse(journey.back_to, 303)
        await self._entry.let_in(request, response, operator, _WAY)
        return response

    async def _email(self, code: str, journey: Journey, request: Request) -> str | None:
        try:
            return await self._provider.email_of(code, journey, _way_back(request))
        except TokenRefused as error:
            self._entry.fail(request, None)
            raise self._failed(str(error)) from None
        except ProviderAway as error:
            raise self._away(error) from None

    def _failed(self, why: str) -> Problem:
        log.warning("oidc.refused", why=why)
        return Problem(401, "sign_in_failed")

    def _away(self, error: ProviderAway) -> Problem:
        log.warning("oidc.away", why=str(error))
        self._entry.note("away")
        return Problem(503, "provider_away", retry_after=5)


def routes(parts: AppParts, entry: Entry) -> APIRouter:
    router = APIRouter(prefix="/v1/session", tags=["session"])
    config = parts.oidc
    sso = None if config is None else SingleSignOn(parts, entry, config)

    @router.get("/ways")
    async def list_ways() -> dict[str, Any]:
        """Return how one can sign in here: by password, and at a provider where there is one."""
        oidc = None if config is None else {"name": config.label, "start": "/v1/session/oidc"}
        return {"password": True, "oidc": oidc}

    @router.get("/oidc", status_code=302, response_class=RedirectResponse)
    async def sign_in_elsewhere(request: Request, back_to: Said = None) -> Response:
        """Go to the provider to sign in there; for browsers, which come back to the panel."""
        if sso is None:
            raise Problem(404, "not_found")
        try:
            return await sso.send_off(request, back_to)
        except Problem as problem:
            return _told(request, problem)

    @router.get("/oidc/callback", status_code=303, response_class=RedirectResponse)
    async def come_back(
        request: Request, code: Said = None, state: Said = None, error: Said = None
    ) -> Response:
        """
        Come back from the provider; the answer sets the session's cookie.

        Where one may not come in, browsers are led to the panel, which says why.
        """
        if sso is None:
            raise Problem(404, "not_found")
        try:
            response = await sso.let_in(request, None if error else code, state)
        except Problem as problem:
            response = _told(request, problem)
        forget(request, response)
        return response

    return router


def _told(request: Request, problem: Problem) -> Response:
    """Return the way to the panel's own page for a browser; raise the problem for a program."""
    if "text/html" not in request.headers.get("accept", ""):
        raise problem
    return RedirectResponse(f"{PANEL}?refused={problem.code}", 303)


def _within_panel(place: str | None) -> str:
    """Return a place in the panel, never another site's."""
    return place if place is not None and _OF_THE_PANEL.fullmatch(place) else PANEL


def _way_back(request: Request) -> str:
    return str(request.url_for("come_back"))
