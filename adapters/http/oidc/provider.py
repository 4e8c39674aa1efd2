"""
The provider, as we talk to it: what it says of itself, its keys, and codes for tokens.

Authlib knows the protocol; the calls are our own client's, which goes to the issuer's origin
and to the public internet, follows no redirect and takes no long answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final

import httpx
import orjson
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from adapters.http.oidc.config import OidcConfig
from adapters.http.oidc.journey import Journey
from adapters.http.oidc.tokens import KeyUnknown, TokenRefused, claims_of
from adapters.public_web import PublicWeb, origin_of

TIMEOUT: Final = httpx.Timeout(10, connect=5)
LONGEST_ANSWER: Final = 512 * 1024
KEPT_FOR: Final = 3600.0
"""Seconds for which what the provider says of itself, and its keys, are believed."""
ASKED_AGAIN_AFTER: Final = 30.0
"""Seconds before its keys are read anew because a token has another one."""
_NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_ASKED_IF_THERE: Final = frozenset({"userinfo_endpoint"})


class ProviderAway(Exception):
    """The provider does not answer, or not as one."""


@dataclass(frozen=True, slots=True)
class _Read:
    content: Mapping[str, Any]
    at: float

    def is_younger(self, seconds: float) -> bool:
        return monotonic() - self.at < seconds


class Provider:
    """One OpenID provider; what it says of itself is read when somebody first signs in."""

    def __init__(self, config: OidcConfig, web: PublicWeb | None = None) -> None:
        self.config: Final = config
        self._web: Final = web or PublicWeb()
        self._trusted: Final = frozenset({origin_of(httpx.URL(config.issuer))})
        self._read: Final[dict[str, _Read]] = {}

    async def check(self) -> None:
        """Read what the provider says of itself, and its keys; raise `ProviderAway`."""
        await self._fetched((await self._about())["jwks_uri"])

    async def sign_in_at(self, journey: Journey, redirect_uri: str) -> str:
        """Return where to send somebody who wants to sign in; raise `ProviderAway`."""
        about = await self._about()
        url: str = prepare_grant_uri(
            about["authorization_endpoint"],
            self.config.client_id,
            "code",
            redirect_uri,
            "openid email profile",
            journey.state,
            nonce=journey.nonce,
            code_challenge=create_s256_code_challenge(journey.verifier),
            code_challenge_method="S256",
        )
        return url

    async def email_of(self, code: str, journey: Journey, redirect_uri: str) -> str | None:
        """
        Return the verified e-mail of who comes back with a code; None where there is none.

        Raises `TokenRefused` for a code or token that is not good, and `ProviderAway`.
        """
        tokens = await self._exchange(code, journey, redirect_uri)
        token, access = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(token, str):
            raise TokenRefused("there is none")
        claims = await self._claims(token, journey.nonce, access)
        if "email" not in claims and isinstance(access, str):
            claims = await self._told_by_userinfo(access, claims)
        email = claims.get("email")
        is_his = isinstance(email, str) and claims.get("email_verified") is True
        return str(email).strip().lower() if is_his else None

    async def _claims(self, token: str, nonce: str, access: Any) -> Mapping[str, Any]:
        about = await self._about()
        offered = about.get("id_token_signing_alg_values_supported", ())
        given = access if isinstance(access, str) else None
        read = partial(
            claims_of, token, config=self.config, nonce=nonce, access_token=given, offered=offered
        )
        try:
            return read(await self._fetched(about["jwks_uri"]))
        except KeyUnknown:
            return read(await self._fetched(about["jwks_uri"], ASKED_AGAIN_AFTER))

    async def _told_by_userinfo(self, access: str, claims: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the provider says of who an access token is for; nothing of another's."""
        url = (await self._about()).get("userinfo_endpoint")
        if not isinstance(url, str):
            return {}
        status, said = await self._call("GET", url, headers={"Authorization": f"Bearer {access}"})
        is_his = status == httpx.codes.OK and said.get("sub") == claims["sub"]
        return said if is_his else {}

    async def _exchange(self, code: str, journey: Journey, redirect_uri: str) -> Mapping[str, Any]:
        about, config = await self._about(), self.config
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": journey.verifier,
        }
        ways = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        basic = None
        if config.client_secret is None:
            form["client_id"] = config.client_id
        elif "client_secret_basic" in ways:
            basic = (config.client_id, config.client_secret)
        else:
            form |= {"client_id": config.client_id, "client_secret": config.client_secret}
        status, said = await self._call("POST", about["token_endpoint"], data=form, auth=basic)
        if status != httpx.codes.OK:
            raise TokenRefused("the provider does not take the code")
        return said

    async def _about(self) -> Mapping[str, Any]:
        """Return the discovery document; raise `ProviderAway` for one of another issuer."""
        issuer = self.config.issuer
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        about = await self._fetched(url)
        named = {name: about.get(name) for name in (*_NEEDED, *(_ASKED_IF_THERE & about.keys()))}
        if about.get("issuer") != issuer or not all(map(self._is_safe, named.values())):
            # It may be mended before the hour is over.
            del self._read[url]
            raise ProviderAway("its discovery document is another issuer's, or not whole")
        return about

    def _is_safe(self, url: object) -> bool:
        """Return whether nobody listens on the way; plain http is for the issuer's own origin."""
        try:
            origin = origin_of(httpx.URL(url)) if isinstance(url, str) else ("", "", 0)
        except httpx.InvalidURL:
            return False
        return origin[0] == "https" or origin in self._trusted

    async def _fetched(self, url: str, kept_for: float = KEPT_FOR) -> Mapping[str, Any]:
        known = self._read.get(url)
        if known is not None and known.is_younger(kept_for):
            return known.content
        status, said = await self._call("GET", url)
        if status != httpx.codes.OK:
            raise ProviderAway(f"it answers {status}")
        self._read[url] = _Read(said, monotonic())
        return said

    async def _call(self, method: str, url: str, **how: Any) -> tuple[int, Mapping[str, Any]]:
        """Return the status and the JSON object of an answer; an empty one of a refusal."""
        try:
            async with (
                self._web.client(self._trusted) as http,
                http.stream(method, url, timeout=TIMEOUT, **how) as response,
            ):
                body = b""
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > LONGEST_ANSWER:
                        raise ProviderAway("its answer is too long")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise ProviderAway(type(error).__name__) from None
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise ProviderAway(f"it answers {response.status_code}")
        try:
            said = orjson.loads(body)
        except ValueError:
            said = None
        return response.status_code, said if isinstance(said, dict) else {}
