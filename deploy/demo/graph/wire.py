"""The Graph API's wire format: how it writes and signs, and how it refuses."""

import hmac
import json
from typing import Any

from starlette.responses import JSONResponse, Response


def as_sent(value: Any) -> bytes:
    """Return JSON as the real provider writes and signs it: ASCII, with escaped slashes."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()


def signed_headers(app_secret: bytes, body: bytes) -> dict[str, str]:
    """Return the headers of a webhook."""
    return {
        "content-type": "application/json",
        "user-agent": "facebookexternalua",
        "x-hub-signature-256": f"sha256={hmac.digest(app_secret, body, 'sha256').hex()}",
    }


def error(status: int, code: int, words: str, subcode: int | None = None) -> Response:
    """Return a refusal."""
    told: dict[str, Any] = {"message": words, "type": "OAuthException", "code": code}
    if subcode is None:
        told["error_data"] = {"messaging_product": "whatsapp", "details": words}
    else:
        told["error_subcode"] = subcode
    return JSONResponse({"error": {**told, "fbtrace_id": "AbCdEfGhIjK"}}, status)
