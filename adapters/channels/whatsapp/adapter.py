"""One WhatsApp number: who may speak to us, what it says, and how to answer."""

import hmac
from datetime import timedelta
from typing import ClassVar, Final

from adapters.channels.base import (
    CONTRACT,
    Ack,
    AdapterMeta,
    Capabilities,
    HttpCall,
    HttpResponse,
    OutboundMessage,
    Rate,
    RawRequest,
    SendErr,
    SendOk,
    TransportFailure,
    Verdict,
)
from adapters.channels.whatsapp import parse
from adapters.channels.whatsapp.config import WhatsAppConfig
from adapters.channels.whatsapp.errors import classify
from adapters.channels.whatsapp.sending import MAX_TEXT, build
from domain.chat.events import MessageState
from domain.inbound import AccountRef, InboundEvent

_SIGNATURE: Final = "x-hub-signature-256"
_NOT_FOR_YOU: Final = Ack(status=403)

_CAPABILITIES: Final = Capabilities(
    max_text=MAX_TEXT,
    text_unit="chars",
    reply_window=timedelta(hours=24),
    receipts=frozenset(
        {
            MessageState.SENT,
            MessageState.DELIVERED,
            MessageState.READ,
            MessageState.PLAYED,
            MessageState.FAILED,
        }
    ),
    idempotent_send=False,
    ordered_send=False,
    rate_per_account=Rate(80, timedelta(seconds=1)),
    rate_per_peer=Rate(1, timedelta(seconds=6), burst=45),
    retry_horizon=timedelta(days=7),
)


class WhatsApp:
    meta: ClassVar = AdapterMeta(
        kind="whatsapp",
        title="WhatsApp",
        contract=CONTRACT,
        provider_version="v23.0",
        config=WhatsAppConfig,
        docs="https://developers.facebook.com/docs/whatsapp/cloud-api",
    )

    def __init__(self, config: WhatsAppConfig) -> None:
        self._config = config
        self._key = config.app_secret.get_secret_value().encode()

    def account_ref(self) -> AccountRef:
        return AccountRef(parse.ACCOUNT_SCHEME, self._config.phone_number_id)

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def handshake(self, request: RawRequest) -> Ack | None:
        """Return the challenge to who knows the verify token, 403 to anybody else."""
        if request.method != "GET":
            return None
        tokens = request.query_named("hub.verify_token")
        challenges = request.query_named("hub.challenge")
        if request.query_named("hub.mode") != ["subscribe"] or len(challenges) != 1:
            return _NOT_FOR_YOU
        expected = self._config.verify_token.get_secret_value()
        if len(tokens) != 1 or not _same(tokens[0], expected):
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

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        return parse.parse(request)

    def build(self, message: OutboundMessage) -> list[HttpCall]:
        return build(self._config, message)

    def classify(self, call: HttpCall, result: HttpResponse | TransportFailure) -> SendOk | SendErr:
        return classify(result)


def _same(given: str, expected: str) -> bool:
    """Return whether two texts are equal, in constant time; `given` may hold anything."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())
