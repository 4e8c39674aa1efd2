"""
A small OpenID provider for tests: strict about what it is asked, and as wrong as it is told to be.

It signs everybody in at once as `person`. `says` changes claims of the ID tokens, `header` and
`key` how they are signed.
"""

import time
import warnings
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlencode

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet, OctKey, RSAKey
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.adapters.channels.sending_ground import serving

CLIENT = "recado"
SECRET = "the client's secret"
KEYS = [RSAKey.generate_key(2048, {"kid": f"k{n}", "use": "sig"}) for n in (1, 2)]
"""Made once: each takes a while."""


@dataclass
class OidcProvider:
    issuer: str = ""
    person: dict[str, Any] = field(
        default_factory=lambda: {"email": "ana@ipe.test", "email_verified": True}
    )
    says: dict[str, Any] = field(default_factory=dict)
    """Claims to tell instead; None leaves one out."""
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "k1"})
    key: RSAKey | OctKey = field(default_factory=lambda: KEYS[0])
    published: list[RSAKey] = field(default_factory=lambda: KEYS[:1])
    names: dict[str, Any] = field(default_factory=dict)
    """What its discovery document says otherwise."""
    in_userinfo: dict[str, Any] | None = None
    """What only userinfo tells of the person."""
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/keys", self._keys),
                Route("/userinfo", self._userinfo),
            ]
        )

    async def _discovery(self, request: Request) -> Response:
        self.asked.append("discovery")
        about = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        return JSONResponse(about | self.names)

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert {"openid", "email"} <= set(asked["scope"].split())
        code = token_urlsafe(16)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", 302)

    async def _token(self, request: Request) -> Response:
        self.asked.append("token")
        form = {k: v[0] for k, v in parse_qs((await request.body()).decode()).items()}
        basic = b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self._codes.pop(form.get("code", ""), None)
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != challenge
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = self._id_token(asked["nonce"])
        return JSONResponse({"id_token": token, "access_token": "at", "token_type": "Bearer"})

    async def _keys(self, request: Request) -> Response:
        self.asked.append("keys")
        return JSONResponse(KeySet(list(self.published)).as_dict(private=False))

    async def _userinfo(self, request: Request) -> Response:
        self.asked.append("userinfo")
        assert request.headers["authorization"] == "Bearer at"
        return JSONResponse({"sub": "4711"} | (self.in_userinfo or {}))

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "4711", "nonce": nonce, "iat": now,
                  "exp": now + 300}  # fmt: skip
        claims |= self.person if self.in_userinfo is None else {}
        told = {name: value for name, value in (claims | self.says).items() if value is not None}
        registry = JWSRegistry(algorithms=["RS256", "HS256", "none"])
        with warnings.catch_warnings():
            # Of what no provider should do, and this one does when it is told to.
            warnings.simplefilter("ignore", SecurityWarning)
            return jwt.encode(self.header, told, self.key, registry=registry)


@asynccontextmanager
async def provided() -> AsyncIterator[OidcProvider]:
    """Yield a provider that listens."""
    provider = OidcProvider()
    async with serving(provider.app()) as url:
        provider.issuer = url
        yield provider
