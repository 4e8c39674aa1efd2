"""
What is to be remembered while somebody is away at the provider: in a cookie, sealed.

Nothing is kept on the server, so that any process can go on where another began. The cookie
is good for ten minutes and for one way back: whoever comes with another `state`, or without
the browser that set out, is turned away.
"""

from dataclasses import asdict, dataclass
from hmac import compare_digest
from secrets import token_urlsafe
from time import time
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from adapters.http.sealed import NotSealedHere, Sealer

LASTS: Final = 600
"""Seconds."""
_PURPOSE: Final = "oidc-journey"
_SECURE_COOKIE: Final = "__Host-recado-oidc"
_PLAIN_COOKIE: Final = "recado-oidc"


@dataclass(frozen=True, slots=True)
class Journey:
    """One way to the provider and back."""

    state: str
    nonce: str
    verifier: str
    """Of PKCE: who only overhears the code cannot use it."""
    back_to: str
    """Where in the panel one goes on."""
    until: float

    @classmethod
    def begun(cls, back_to: str) -> "Journey":
        state, nonce, verifier = (token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, back_to, time() + LASTS)

    def fits(self, state: str | None) -> bool:
        """Return whether somebody who comes back with a state set out on this journey."""
        is_his = compare_digest(self.state.encode(), (state or "").encode())
        return is_his and time() < self.until


def remember(request: Request, response: Response, journey: Journey, sealer: Sealer) -> None:
    """Let an answer set the cookie."""
    sealed = sealer.seal(orjson.dumps(asdict(journey)).decode(), _PURPOSE)
    response.set_cookie(
        _name(request),
        sealed.hex(),
        max_age=LASTS,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def recall(request: Request, sealer: Sealer) -> Journey | None:
    """Return the journey that a browser is on; None where it is on none."""
    try:
        sealed = bytes.fromhex(request.cookies.get(_name(request), ""))
        return Journey(**orjson.loads(sealer.unseal(sealed, _PURPOSE)))
    except (NotSealedHere, ValueError, TypeError):
        return None


def forget(request: Request, response: Response) -> None:
    """Let an answer take the cookie away."""
    response.delete_cookie(_name(request), httponly=True, secure=request.url.scheme == "https")


def _name(request: Request) -> str:
    return _SECURE_COOKIE if request.url.scheme == "https" else _PLAIN_COOKIE
