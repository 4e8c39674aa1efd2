"""One VK community: who may speak to us, what clients say, and how to answer."""

import hmac
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
    OutFile,
    Rate,
    RawRequest,
    SendErr,
    SendOk,
    TransportFailure,
    Unavailable,
    Uploaded,
    Verdict,
)
from adapters.channels.reading import Object, Unreadable, load_object, string_of, text_of
from adapters.channels.vk.config import API_HOST, FILES_HOST, VkConfig
from adapters.channels.vk.errors import ERRORS, classify
from adapters.channels.vk.fetching import fetch
from adapters.channels.vk.parse import parse
from adapters.channels.vk.scope import ACCOUNT_SCHEME
from adapters.channels.vk.sending import BUTTONS, MAX_TEXT, MEDIA, acknowledge, build
from adapters.channels.vk.uploading import upload
from domain.chat.events import MessageState
from domain.inbound import AccountRef, InboundEvent

_SECOND: Final = timedelta(seconds=1)
_NOT_FOR_YOU: Final = Ack(status=403)

_CAPABILITIES: Final = Capabilities(
    max_text=MAX_TEXT,
    text_unit="chars",
    reply_window=None,
    receipts=frozenset({MessageState.READ}),
    idempotent_send=True,
    ordered_send=True,
    rate_per_account=Rate(20, _SECOND),
    rate_per_peer=Rate(1, _SECOND, burst=5),
    retry_horizon=timedelta(hours=24),
    media=MEDIA,
    buttons=BUTTONS,
    reply_quote=True,
)


class Vk:
    meta: ClassVar = AdapterMeta(
        kind="vk",
        title="VK",
        contract=CONTRACT,
        provider_version="5.199",
        config=VkConfig,
        docs="https://dev.vk.com/api/callback/getting-started",
        body="json",
        hosts=frozenset({API_HOST, FILES_HOST}),
        errors=ERRORS,
        setup=(
            "In the community's settings, switch messages on, and the bot's abilities as well.",
            "Under API usage make a key with the rights to messages, photos and documents.",
            "Under Callback API copy the text that the server must return to `confirmation`.",
            "Choose a long random secret there and copy it to `secret`; version 5.199.",
            "Switch on the events of messages: new, reply, edit, allow, deny, read, reactions.",
            "Apply the account here first, then confirm its webhook's address in VK.",
        ),
    )

    def __init__(self, config: VkConfig) -> None:
        self._config = config
        self._secret = config.secret.get_secret_value().encode()

    def account_ref(self) -> AccountRef:
        return AccountRef(ACCOUNT_SCHEME, self._config.group_id)

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def handshake(self, request: RawRequest) -> Ack | None:
        """
        Return the community's confirmation; 403 to who asks for another community's.

        VK may ask before it knows the secret, but never with a wrong one.
        """
        body = _body_of(request) if request.method == "POST" else {}
        if text_of(body, "type") != "confirmation":
            return None
        ours = text_of(body, "group_id") == self._config.group_id
        if not ours or ("secret" in body and not self._is_secret(body)):
            return _NOT_FOR_YOU
        return Ack(body=self._config.confirmation.encode())

    def verify(self, request: RawRequest) -> Verdict:
        body = _body_of(request)
        if "secret" not in body:
            return Verdict.MISSING_SIGNATURE if body else Verdict.MALFORMED
        return Verdict.OK if self._is_secret(body) else Verdict.BAD_SIGNATURE

    def ack(self, request: RawRequest) -> Ack:
        return Ack(body=b"ok")

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        return parse(request)

    def build(self, message: OutboundMessage) -> list[HttpCall]:
        return build(self._config, message)

    def classify(self, call: HttpCall, result: HttpResponse | TransportFailure) -> SendOk | SendErr:
        return classify(result)

    def upload(self, file: OutFile, answers: Answers) -> HttpCall | Uploaded | SendErr:
        return upload(self._config, file, answers)

    def acknowledge(self, event: InboundEvent) -> HttpCall | None:
        return acknowledge(self._config, event)

    def fetch(self, reference: str, answers: Answers) -> HttpCall | Download | Unavailable:
        return fetch(reference, answers)

    def _is_secret(self, body: Object) -> bool:
        given = string_of(body, "secret") or ""
        return hmac.compare_digest(given.encode(errors="replace"), self._secret)


def _body_of(request: RawRequest) -> Object:
    """Return the JSON object in a body; an empty one where there is none."""
    try:
        return load_object(request.body)
    except Unreadable:
        return {}
