"""Whole mails handed in by HTTP: who may, and by what he proves it (M3)."""

import hmac
from typing import Final

from adapters.channels.base import RawRequest, Verdict
from adapters.channels.email.config import EmailConfig

SIGNATURE: Final = "x-recado-signature"
"""`sha256=` and the HMAC-SHA256 of the body in hex, with the drop secret as key."""
SECRET: Final = "x-recado-secret"  # noqa: S105 - the name of a header
"""The drop secret itself, for those who cannot sign."""


def verify(request: RawRequest, config: EmailConfig) -> Verdict:
    """Return whether a mail was handed in by somebody who knows the drop secret."""
    if config.drop_secret is None:
        return Verdict.BAD_SIGNATURE
    secret = config.drop_secret.get_secret_value().encode()
    signatures, secrets = request.headers_named(SIGNATURE), request.headers_named(SECRET)
    given = signatures or secrets
    if not given:
        return Verdict.MISSING_SIGNATURE
    if len(given) > 1:
        return Verdict.MALFORMED
    right = secret
    if signatures:
        right = b"sha256=" + hmac.digest(secret, request.body, "sha256").hex().encode()
    same = hmac.compare_digest(given[0].encode(errors="replace"), right)
    return Verdict.OK if same else Verdict.BAD_SIGNATURE
