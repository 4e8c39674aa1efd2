"""Who may deliver: the handshake and the signature are the same for all three channels."""

import hmac
from typing import Final

from adapters.channels.meta.config import GraphConfig
from adapters.channels.wire import Ack, RawRequest, Verdict

_SIGNATURE: Final = "x-hub-signature-256"
_NOT_FOR_YOU: Final = Ack(status=403)


class SignedWebhook:
    """The half of an adapter that stands at the door."""

    def __init__(self, config: GraphConfig) -> None:
        self._key = config.app_secret.get_secret_value().encode()
        self._verify_token = config.verify_token

    def handshake(self, request: RawRequest) -> Ack | None:
        """Return the challenge to who knows the verify token, 403 to anybody else."""
        if request.method != "GET":
            return None
        tokens = request.query_named("hub.verify_token")
        challenges = request.query_named("hub.challenge")
        if request.query_named("hub.mode") != ["subscribe"] or len(challenges) != 1:
            return _NOT_FOR_YOU
        if len(tokens) != 1 or not _same(tokens[0], self._verify_token.get_secret_value()):
            return _NOT_FOR_YOU
        return Ack(body=challenges[0].encode(errors="replace"))

    def verify(self, request: RawRequest) -> Verdict:
        signatures = request.headers_named(_SIGNATURE)
        if not signatures:
            return Verdict.MISSING_SIGNATURE
        if len(signatures) > 1:
            return Verdict.MALFORMED
        expected = "sha256=" + hmac.digest(self._key, request.body, "sha256").hex()
        return Verdict.OK if _same(signatures[0], expected) else Verdict.BAD_SIGNATURE

    def ack(self, request: RawRequest) -> Ack:
        return Ack()


def _same(given: str, expected: str) -> bool:
    """Return whether two texts are equal, in constant time; `given` may hold anything."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())
