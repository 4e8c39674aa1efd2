"""One WhatsApp number: who may speak to us, what it says, and how to answer."""

from datetime import timedelta
from typing import ClassVar, Final

from adapters.channels.base import (
    CONTRACT,
    AdapterMeta,
    Answers,
    Capabilities,
    Download,
    HttpCall,
    HttpResponse,
    OutboundMessage,
    OutFile,
    Rate,
    RawRequest,
    SendErr,
    SendOk,
    TransportFailure,
    Unavailable,
    Uploaded,
)
from adapters.channels.meta.graph import FILE_HOSTS, GRAPH_HOSTS
from adapters.channels.meta.webhook import SignedWebhook
from adapters.channels.whatsapp import media, parse
from adapters.channels.whatsapp.config import WhatsAppConfig
from adapters.channels.whatsapp.errors import TABLE, classify
from adapters.channels.whatsapp.offers import BUTTONS
from adapters.channels.whatsapp.sending import MAX_TEXT, build
from domain.chat.events import MessageState
from domain.inbound import AccountRef, InboundEvent

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
    media=media.RULES,
    buttons=BUTTONS,
    templates=True,
    reply_quote=True,
)

_SETUP: Final = (
    "Add WhatsApp to a Business application in the provider's console; note its app secret.",
    "Note the id of the phone number (not the number).",
    "Make a system user with whatsapp_business_messaging, and a token that does not expire.",
    "Connect the channel here with these, and with a verify token of your own making.",
    "Give the console the webhook's address and the verify token.",
    "Subscribe to messages, and to smb_message_echoes and user_preferences where offered.",
)


class WhatsApp(SignedWebhook):
    meta: ClassVar = AdapterMeta(
        kind="whatsapp",
        title="WhatsApp",
        contract=CONTRACT,
        provider_version="v23.0",
        config=WhatsAppConfig,
        docs="https://developers.facebook.com/docs/whatsapp/cloud-api",
        body="json",
        hosts=GRAPH_HOSTS | FILE_HOSTS,
        errors=TABLE.rows,
        setup=_SETUP,
    )

    def __init__(self, config: WhatsAppConfig) -> None:
        super().__init__(config)
        self._config = config

    def account_ref(self) -> AccountRef:
        return AccountRef(parse.ACCOUNT_SCHEME, self._config.phone_number_id)

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        return parse.parse(request, standby=self._config.standby)

    def build(self, message: OutboundMessage) -> list[HttpCall]:
        return build(self._config, message)

    def classify(self, call: HttpCall, result: HttpResponse | TransportFailure) -> SendOk | SendErr:
        return classify(result)

    def upload(self, file: OutFile, answers: Answers) -> HttpCall | Uploaded | SendErr:
        return media.upload(self._config, file, answers)

    def fetch(self, reference: str, answers: Answers) -> HttpCall | Download | Unavailable:
        return media.fetch(self._config, reference, answers)
