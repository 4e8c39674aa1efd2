"""An answer as calls to the Bot API."""

import re
from typing import Any, Final

import orjson

from adapters.channels.base import CannotBeSent, HttpCall, OutboundMessage
from adapters.channels.splitting import split_text
from adapters.channels.telegram.config import TelegramConfig
from adapters.channels.telegram.place import Place
from domain.content import Text

MAX_TEXT: Final = 4096

_MESSAGE: Final = re.compile(r"-?[0-9]+:(?P<number>[0-9]{1,18})")


def build(config: TelegramConfig, message: OutboundMessage) -> list[HttpCall]:
    """Return one call for each piece of text that the message is cut into; the first quotes."""
    place = Place.of_address(message.address)
    if place is None:
        raise CannotBeSent(message.message_id, "its address is no Telegram chat")
    target: dict[str, Any] = {"chat_id": place.chat}
    if place.topic is not None:
        target["message_thread_id"] = place.topic
    if place.business is not None:
        target["business_connection_id"] = place.business
    bodies: list[dict[str, Any]] = [{**target, "text": piece} for piece in _pieces(message)]
    if not bodies:
        raise CannotBeSent(message.message_id, "there is no text in it")
    quoted = _quoted(message.reply_to_provider_id)
    if quoted is not None:
        # The client may have deleted what is quoted; the answer is wanted all the same.
        bodies[0]["reply_parameters"] = {
            "message_id": quoted,
            "allow_sending_without_reply": True,
        }
    return [_call(config, body) for body in bodies]


def _pieces(message: OutboundMessage) -> list[str]:
    pieces: list[str] = []
    for part in message.parts:
        if not isinstance(part, Text):
            raise CannotBeSent(message.message_id, f"a part of kind {part.kind!r}")
        pieces += split_text(part.text, MAX_TEXT, "utf16")
    return pieces


def _quoted(provider_id: str | None) -> int | None:
    """Return the message's number in its chat; an answer to a button has none."""
    match = _MESSAGE.fullmatch(provider_id or "")
    return int(match["number"]) if match else None


def _call(config: TelegramConfig, body: dict[str, Any]) -> HttpCall:
    token = config.bot_token.get_secret_value()
    return HttpCall(
        method="POST",
        url=f"{config.api_base.rstrip('/')}/bot{token}/sendMessage",
        headers=(("content-type", "application/json"),),
        content=orjson.dumps(body),
        label="telegram sendMessage",
    )
