"""One Facebook Page: who may speak to us, what it says, and how to answer."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
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
from adapters.channels.messenger.config import MessengerConfig
from adapters.channels.meta.graph import FILE_HOSTS, GRAPH_HOSTS
from adapters.channels.meta.messaging import media
from adapters.channels.meta.messaging.errors import TABLE, classify
from adapters.channels.meta.messaging.manner import ANY_TYPE, MB, Manner, Way, rules_of
from adapters.channels.meta.messaging.parse import parse
from adapters.channels.meta.messaging.scope import Product
from adapters.channels.meta.messaging.sending import BUTTONS, build
from adapters.channels.meta.webhook import SignedWebhook
from domain.chat.events import MessageState
from domain.content import MediaKind
from domain.inbound import AccountRef, InboundEvent

ACCOUNT_SCHEME: Final = "messenger.page"
PEER_SCHEME: Final = "messenger.psid"
MAX_TEXT: Final = 2000

_ANY: Final = frozenset({ANY_TYPE})
_IMAGE: Final = Way(
    "image", frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"}), 8 * MB
)
_AUDIO: Final = Way(
    "audio",
    frozenset({"audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/wav"}),
    25 * MB,
)
_VIDEO: Final = Way(
    "video", frozenset({"video/mp4", "video/quicktime", "video/webm", "video/ogg"}), 25 * MB
)
_FILE: Final = Way("file", _ANY, 25 * MB)
_WAYS: Final[Mapping[MediaKind, tuple[Way, ...]]] = MappingProxyType(
    {
        MediaKind.IMAGE: (_IMAGE, _FILE),
        MediaKind.STICKER: (_IMAGE, _FILE),
        MediaKind.AUDIO: (_AUDIO, _FILE),
        MediaKind.VOICE: (_AUDIO, _FILE),
        MediaKind.VIDEO: (_VIDEO, _FILE),
        MediaKind.DOCUMENT: (_FILE,),
    }
)

_SETUP: Final = (
    "Add Messenger to a Business application in the provider's console; note its app secret.",
    "Give the application the permissions pages_messaging and pages_manage_metadata.",
    "Note the id of the Page, and make a Page access token that does not expire.",
    "Connect the channel here with these, and with a verify token of your own making.",
    "Give the console the webhook's address and the verify token.",
    "Subscribe the Page to messages, message_echoes, message_edits and message_reactions.",
    "Subscribe it to messaging_postbacks, message_deliveries, message_reads, and to standby.",
)


class Messenger(SignedWebhook):
    meta: ClassVar = AdapterMeta(
        kind="messenger",
        title="Messenger",
        contract=CONTRACT,
        provider_version="v23.0",
        config=MessengerConfig,
        docs="https://developers.facebook.com/docs/messenger-platform",
        body="json",
        hosts=GRAPH_HOSTS | FILE_HOSTS,
        errors=TABLE.rows,
        setup=_SETUP,
    )

    def __init__(self, config: MessengerConfig) -> None:
        super().__init__(config)
        self._config = config
        self._product = Product(ACCOUNT_SCHEME, PEER_SCHEME, config.standby)
        self._manner = Manner(
            product="messenger",
            account=config.page_id,
            max_text=MAX_TEXT,
            text_unit="chars",
            ways=_WAYS,
            keeps_metadata=True,
        )

    def account_ref(self) -> AccountRef:
        return AccountRef(ACCOUNT_SCHEME, self._config.page_id)

    def capabilities(self) -> Capabilities:
        return Capabilities(
            max_text=MAX_TEXT,
            text_unit="chars",
            reply_window=timedelta(days=7) if self._config.human_agent else timedelta(hours=24),
            receipts=frozenset({MessageState.DELIVERED, MessageState.READ}),
            idempotent_send=False,
            ordered_send=True,
            rate_per_account=Rate(40, timedelta(seconds=1)),
            rate_per_peer=Rate(10, timedelta(seconds=1)),
            retry_horizon=timedelta(hours=1),
            media=rules_of(_WAYS),
            buttons=BUTTONS,
            reply_quote=True,
        )

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        return parse(request, self._product)

    def build(self, message: OutboundMessage) -> list[HttpCall]:
        return build(self._config, self._manner, message)

    def classify(self, call: HttpCall, result: HttpResponse | TransportFailure) -> SendOk | SendErr:
        return classify(result)

    def upload(self, file: OutFile, answers: Answers) -> HttpCall | Uploaded | SendErr:
        return media.upload(self._config, self._manner, file, answers)

    def fetch(self, reference: str, answers: Answers) -> HttpCall | Download | Unavailable:
        return media.fetch(self._config, "messenger", reference, answers)
