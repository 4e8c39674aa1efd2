"""One Telegram bot: who may speak to us, what it says, and how to answer."""

import hmac
from datetime import timedelta
from hashlib import blake2b
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
from adapters.channels.telegram.config import TelegramConfig
from adapters.channels.telegram.errors import ERRORS, classify
from adapters.channels.telegram.fetching import fetch
from adapters.channels.telegram.media import RULES
from adapters.channels.telegram.parse import HEARD, parse
from adapters.channels.telegram.place import Place
from adapters.channels.telegram.sending import BUTTONS, MAX_TEXT, acknowledge, build
from domain.inbound import AccountRef, InboundEvent

_SECRET: Final = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header

_CAPABILITIES: Final = Capabilities(
    max_text=MAX_TEXT,
    text_unit="utf16",
    reply_window=None,
    receipts=frozenset(),
    idempotent_send=False,
    ordered_send=True,
    rate_per_account=Rate(30, timedelta(seconds=1)),
    rate_per_peer=Rate(1, timedelta(seconds=1)),
    rate_per_group=Rate(20, timedelta(minutes=1)),
    retry_horizon=timedelta(hours=24),
    media=RULES,
    buttons=BUTTONS,
    reply_quote=True,
)


class Telegram:
    meta: ClassVar = AdapterMeta(
        kind="telegram",
        title="Telegram",
        contract=CONTRACT,
        provider_version="10.2",
        config=TelegramConfig,
        docs="https://core.telegram.org/bots/api",
        body="json",
        hosts=frozenset({"api.telegram.org"}),
        errors=ERRORS,
        setup=(
            "Ask @BotFather for a bot (/newbot) and copy its token into `bot_token`.",
            "Choose a long random `secret_token`.",
            "Call `setWebhook` with `url` (this account's webhook) and `secret_token`.",
            f"List in its `allowed_updates` what is to come: {', '.join(HEARD)}.",
            "To be heard in groups, switch the bot's privacy mode off (/setprivacy).",
        ),
    )

    def __init__(self, config: TelegramConfig) -> None:
        self._config = config
        self._secret = config.secret_token.get_secret_value().encode()
        self._account = AccountRef("telegram.bot", _bot_id(config.bot_token.get_secret_value()))

    def account_ref(self) -> AccountRef:
        return self._account

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def handshake(self, request: RawRequest) -> Ack | None:
        return None

    def verify(self, request: RawRequest) -> Verdict:
        given = request.headers_named(_SECRET)
        if not given:
            return Verdict.MISSING_SIGNATURE
        if len(given) > 1:
            return Verdict.MALFORMED
        same = hmac.compare_digest(given[0].encode(errors="replace"), self._secret)
        return Verdict.OK if same else Verdict.BAD_SIGNATURE

    def ack(self, request: RawRequest) -> Ack:
        return Ack()

    def parse(self, request: RawRequest) -> list[InboundEvent]:
        return parse(request, self._account.value)

    def build(self, message: OutboundMessage) -> list[HttpCall]:
        return build(self._config, message)

    def classify(self, call: HttpCall, result: HttpResponse | TransportFailure) -> SendOk | SendErr:
        return classify(result)

    def acknowledge(self, event: InboundEvent) -> HttpCall | None:
        return acknowledge(self._config, event)

    def is_group(self, address: str) -> bool:
        place = Place.of_address(address)
        return place is not None and place.chat < 0

    def fetch(self, reference: str, answers: Answers) -> HttpCall | Download | Unavailable:
        return fetch(self._config, reference, answers)


def _bot_id(token: str) -> str:
    """Return the public half of a bot's token; of an odd token, a name that does not betray it."""
    bot_id, colon, _ = token.partition(":")
    if colon and bot_id.isdecimal():
        return bot_id
    return blake2b(token.encode(), digest_size=8).hexdigest()
