"""One Twilio number, WhatsApp sender or messaging service: who may speak to us, and how."""

from datetime import timedelta
from typing import ClassVar, Final

from adapters.channels.base import (
    CONTRACT,
    Ack,
    AdapterMeta,
    Answers,
    Capabilities,
    Download,
    HttpCall,
    HttpResponse,
    OutboundMessage,
    Rate,
    RawRequest,
    SendErr,
    SendOk,
    TransportFailure,
    Unavailable,
    Verdict,
)
from adapters.channels.twilio.address import ACCOUNT_SCHEME
from adapters.channels.twilio.config import TwilioConfig
from adapters.channels.twilio.errors import ERRORS, classify
from adapters.channels.twilio.fetching import fetch
from adapters.channels.twilio.parse import parse
from adapters.channels.twilio.sending import MAX_TEXT, build, rules_for
from adapters.channels.twilio.signature import Keys, verdict_on
from domain.chat.events import MessageState
from domain.inbound import AccountRef, InboundEvent

_SECOND: Final = timedelta(seconds=1)
_RECEIPTS: Final = frozenset({MessageState.SENT, MessageState.DELIVERED, MessageState.FAILED})
_NOTHING_TO_SAY: Final = Ack(body=b"<Response/>", content_type="text/xml")
"""An empty answer: any other would be sent to the client."""


class Twilio:
    meta: ClassVar = AdapterMeta(
        kind="twilio",
        title="Twilio (SMS, WhatsApp)",
        contract=CONTRACT,
        provider_version="2010-04-01",
        config=TwilioConfig,
        docs="https://www.twilio.com/docs/messaging",
        body="form",
        hosts=frozenset({"api.twilio.com"}),
        errors=ERRORS,
        setup=(
            "Copy the account's SID and its auth token from Twilio's console.",
            "Take as `sender` a number, a WhatsApp sender (`whatsapp:+…`) or a service (`MG…`).",
            "Enter this account's webhook there for incoming messages, with method POST.",
            "Give the same address as `webhook_url`: it is signed, and reports come to it.",
        ),
    )

    def __init__(self, config: TwilioConfig) -> None:
        self._config = config
        self._account = AccountRef(ACCOUNT_SCHEME, config.sender)
        shared = config.shared_key
        self._keys = Keys(
            config.auth_token.get_secret_value().encode(),
            shared.get_secret_value().encode() if shared else None,
        )

    def account_ref(self) -> AccountRef:
        return self._account

    def capabilities(self) -> Capabilities:
        on_whatsapp = self._config.is_whatsapp
        return Capabilities(
            max_text=MAX_TEXT,
            text_unit="chars",
            reply_window=timedelta(hours=24) if on_whatsapp else None,
            receipts=_RECEIPTS | ({MessageState.READ} if on_whatsapp else frozenset()),
            idempotent_send=False,
            ordered_send=False,
            # Twilio queues what a number may not send at once, for hours.
            rate_per_account=Rate(80 if on_whatsapp else 10, _SECOND),
            rate_per_peer=Rate(1, _SECOND, burst=10),
            retry_horizon=timedelta(seconds=15),
            media=rules_for(self._config),
            templates=on_whatsapp,
        )

    def handshake(self, request: RawRequest) -> Ack | None:
        return None

    def verify(self, request: RawRequest) -> Verdict:
        return verdict_on(request, self._keys, self._config.webhook_url)

    def ack(self, request: RawRequest) -> Ack:
        return _NOTHING_TO_SAY

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        return parse(request, self._account)

    def build(self, message: OutboundMessage) -> list[HttpCall]:
        return build(self._config, message)

    def classify(self, call: HttpCall, result: HttpResponse | TransportFailure) -> SendOk | SendErr:
        return classify(result)

    def fetch(self, reference: str, answers: Answers) -> HttpCall | Download | Unavailable:
        return fetch(self._config, reference, answers)
