"""One Instagram account: who may speak to us, what it says, and how to answer."""

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
from adapters.channels.instagram.config import InstagramConfig
from adapters.channels.meta.graph import FILE_HOSTS, GRAPH_HOSTS
from adapters.channels.meta.messaging import media
from adapters.channels.meta.messaging.errors import TABLE, classify
from adapters.channels.meta.messaging.manner import MB, Manner, Way, rules_of
from adapters.channels.meta.messaging.parse import parse
from adapters.channels.meta.messaging.scope import Product
from adapters.channels.meta.messaging.sending import BUTTONS, build
from adapters.channels.meta.webhook import SignedWebhook
from domain.chat.events import MessageState
from domain.content import MediaKind
from domain.inbound import AccountRef, InboundEvent

ACCOUNT_SCHEME: Final = "instagram.account"
PEER_SCHEME: Final = "instagram.igsid"
MAX_TEXT: Final = 1000

_IMAGE: Final = Way("image", frozenset({"image/jpeg", "image/png", "image/gif"}), 8 * MB)
_AUDIO: Final = Way("audio", frozenset({"audio/aac", "audio/mp4", "audio/wav"}), 25 * MB)
_VIDEO: Final = Way(
    "video",
    frozenset({"video/mp4", "video/ogg", "video/quicktime", "video/webm", "video/x-msvideo"}),
    25 * MB,
)
_FILE: Final = Way("file", frozenset({"application/pdf"}), 25 * MB)
_WAYS: Final[Mapping[MediaKind, tuple[Way, ...]]] = MappingProxyType(
    {
        MediaKind.IMAGE: (_IMAGE,),
        MediaKind.STICKER: (_IMAGE,),
        MediaKind.AUDIO: (_AUDIO,),
        MediaKind.VOICE: (_AUDIO,),
        MediaKind.VIDEO: (_VIDEO,),
        MediaKind.DOCUMENT: (_FILE,),
    }
)

_SETUP: Final = (
    "Make the account a professional one, and allow access to its messages in its settings.",
    "Add Instagram to a Business application in the provider's console; note its app secret.",
    "Log in with Facebook (by the linked Page) or with Instagram, and make a long-lived token.",
    "Note the id of the professional account, and connect the channel here with all of these.",
    "Give the console the webhook's address and the verify token.",
    "Subscribe to messages, messaging_postbacks, messaging_seen and message_reactions.",
)


class Instagram(SignedWebhook):
    meta: ClassVar = AdapterMeta(
        kind="instagram",
        title="Instagram",
        contract=CONTRACT,
        provider_version="v23.0",
        config=InstagramConfig,
        docs="https://developers.facebook.com/docs/instagram-platform",
        body="json",
        hosts=GRAPH_HOSTS | FILE_HOSTS,
        errors=TABLE.rows,
        setup=_SETUP,
    )

    def __init__(self, config: InstagramConfig) -> None:
        super().__init__(config)
        self._config = config
        self._product = Product(ACCOUNT_SCHEME, PEER_SCHEME, config.standby)
        self._manner = Manner(
            product="instagram",
            # A token of either login stands for its own account, and a Page's id is not known.
            account="me",
            max_text=MAX_TEXT,
            text_unit="bytes",
            ways=_WAYS,
            fetches=config.login == "instagram",
        )

    def account_ref(self) -> AccountRef:
        return AccountRef(ACCOUNT_SCHEME, self._config.account_id)

    def capabilities(self) -> Capabilities:
        return Capabilities(
            max_text=MAX_TEXT,
            text_unit="bytes",
            reply_window=timedelta(days=7) if self._config.human_agent else timedelta(hours=24),
            receipts=frozenset({MessageState.READ}),
            idempotent_send=False,
            ordered_send=True,
            rate_per_account=Rate(10, timedelta(seconds=1)),
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
        return media.fetch(self._config, "instagram", reference, answers)
