"""Usual ways in which a provider proves that it is he who calls; each in constant time (M3)."""

import hmac
from typing import Final

from pydantic import SecretStr

from adapters.channels.forms import fields_of
from adapters.channels.reading import Unreadable, load_object, string_of
from adapters.channels.wire import RawRequest, Verdict

_FORM: Final = "application/x-www-form-urlencoded"


def hmac_sha256(request: RawRequest, header: str, secret: SecretStr, prefix: str = "") -> Verdict:
    """Return whether a header holds the hex HMAC-SHA256 of the raw body, after a prefix."""
    key = secret.get_secret_value().encode()
    return header_is(request, header, prefix + hmac.digest(key, request.body, "sha256").hex())


def bearer(request: RawRequest, secret: SecretStr) -> Verdict:
    """Return whether the `Authorization` header holds the secret."""
    return header_is(request, "authorization", f"Bearer {secret.get_secret_value()}")


def header_is(request: RawRequest, header: str, expected: str) -> Verdict:
    """Return whether a header is there once, and is exactly this."""
    given = request.headers_named(header)
    if not given:
        return Verdict.MISSING_SIGNATURE
    if len(given) > 1:
        return Verdict.MALFORMED
    return Verdict.OK if same(given[0], expected) else Verdict.BAD_SIGNATURE


def body_secret(request: RawRequest, field: str, secret: SecretStr) -> Verdict:
    """Return whether a field of the body, JSON or form, holds the secret."""
    try:
        is_form = any(v.startswith(_FORM) for v in request.headers_named("content-type"))
        fields = fields_of(request.body) if is_form else load_object(request.body)
    except Unreadable:
        return Verdict.MALFORMED
    given = string_of(fields, field)
    if not given:
        return Verdict.MISSING_SIGNATURE
    return Verdict.OK if same(given, secret.get_secret_value()) else Verdict.BAD_SIGNATURE


def same(given: str, expected: str) -> bool:
    """Return whether two texts are equal, in constant time; `given` may hold anything."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())
