"""ID tokens: whose signature, for whom, and for which sign-in (OpenID Connect Core 3.1.3.7)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from adapters.http.oidc.config import OidcConfig

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
                     "ES512", "EdDSA", "Ed25519")  # fmt: skip
"""Signatures with a private key: what is signed with the client's secret proves too little."""
LEEWAY: Final = 60
"""Seconds by which clocks may differ."""


class TokenRefused(Exception):
    """An ID token is not what the provider gave us for this sign-in."""


class KeyUnknown(TokenRefused):
    """It is signed with a key that the provider did not have when it was last asked."""


def claims_of(
    token: str,
    keys: Mapping[str, Any],
    config: OidcConfig,
    nonce: str,
    access_token: str | None,
    offered: Iterable[str] = (),
) -> Mapping[str, Any]:
    """
    Return what an ID token says; raise `TokenRefused` where anything about it is wrong.

    `offered` are the algorithms that the provider says it signs with.
    """
    allowed = [one for one in ALGORITHMS if one in (set(offered) or {"RS256"})]
    if not allowed:
        raise TokenRefused("it signs by no algorithm that is taken")
    registry = JWSRegistry(algorithms=allowed, strict_check_header=False)
    options = {
        "iss": {"essential": True, "value": config.issuer},
        "aud": {"essential": True, "value": config.client_id},
    }
    params = {"nonce": nonce, "client_id": config.client_id, "access_token": access_token}
    try:
        read = jwt.decode(token, KeySet.import_key_set({"keys": keys["keys"]}), registry=registry)
        claims = CodeIDToken(read.claims, read.header, options, params)
        claims.validate(leeway=LEEWAY)
    except InvalidKeyIdError:
        raise KeyUnknown("it is signed with a key that is not known") from None
    # What is malformed in ways that nobody thought of is refused all the same.
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise TokenRefused(type(error).__name__) from None
    return dict(claims)
