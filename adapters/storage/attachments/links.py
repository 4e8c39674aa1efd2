"""Links to files for providers that fetch them: signed, for a short time, for one file."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from time import time
from typing import Final

LIVE_FOR: Final = 15 * 60
"""Seconds: a provider fetches at once, and may try again a few times."""

_MAC: Final = 16
_TIME: Final = 6
_ADDRESS: Final = 32
_PURPOSE: Final = b"recado public files v1"


class PublicLinks:
    """Makes and reads the links; `secret` is the installation's salt, which nobody is told."""

    def __init__(self, public_url: str, secret: bytes) -> None:
        self._base: Final = f"{public_url.rstrip('/')}/v1/files/"
        self._key: Final = hmac.digest(secret, _PURPOSE, "sha256")

    def link_to(self, sha256: str, now: float | None = None) -> str:
        """Return where anybody may fetch a file until a quarter of an hour from now."""
        until = int(time() if now is None else now) + LIVE_FOR
        told = until.to_bytes(_TIME) + bytes.fromhex(sha256)
        return self._base + urlsafe_b64encode(told + self._mac(told)).decode().rstrip("=")

    def file_of(self, token: str, now: float | None = None) -> str | None:
        """Return the SHA-256 that a token is good for; None for one that is not, or not now."""
        try:
            said = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (NotBase64, ValueError):
            return None
        told, mac = said[:-_MAC], said[-_MAC:]
        if len(told) != _TIME + _ADDRESS or not hmac.compare_digest(mac, self._mac(told)):
            return None
        until = int.from_bytes(told[:_TIME])
        return told[_TIME:].hex() if (time() if now is None else now) < until else None

    def _mac(self, told: bytes) -> bytes:
        return hmac.digest(self._key, told, "sha256")[:_MAC]
