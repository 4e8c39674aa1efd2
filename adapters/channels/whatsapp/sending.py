"""An answer as calls to the Graph API."""

import re
from typing import Any, Final

import orjson

from adapters.channels.base import CannotBeSent, HttpCall, OutboundMessage
from adapters.channels.splitting import split_text
from adapters.channels.whatsapp.config import WhatsAppConfig
from domain.content import Text

MAX_TEXT: Final = 4096

_PHONE: Final = re.compile(r"\+?\d+")
_USER_ID: Final = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]+")


def build(config: WhatsAppConfig, message: OutboundMessage) -> list[HttpCall]:
    """
    Return one call for each piece of text that the message is cut into.

    Each carries our message id, which comes back in every delivery report: the only way to
    learn what became of a message whose answer was lost. Only the first one quotes.
    """
    recipient = _recipient(message)
    bodies: list[dict[str, Any]] = [
        {
            "messaging_product": "whatsapp",
            **recipient,
            "type": "text",
            "text": {"body": piece, "preview_url": False},
            "biz_opaque_callback_data": message.message_id,
        }
        for piece in _pieces(message)
    ]
    if not bodies:
        raise CannotBeSent(message.message_id, "there is no text in it")
    if message.reply_to_provider_id is not None:
        bodies[0]["context"] = {"message_id": message.reply_to_provider_id}
    return [_call(config, body) for body in bodies]


def _pieces(message: OutboundMessage) -> list[str]:
    pieces: list[str] = []
    for part in message.parts:
        if not isinstance(part, Text):
            raise CannotBeSent(message.message_id, f"a part of kind {part.kind!r}")
        pieces += split_text(part.text, MAX_TEXT, "chars")
    return pieces


def _recipient(message: OutboundMessage) -> dict[str, str]:
    """Return the field that the kind of address belongs in: number, user id or group."""
    address = message.address
    if not address:
        raise CannotBeSent(message.message_id, "there is no address")
    if _PHONE.fullmatch(address):
        return {"recipient_type": "individual", "to": address}
    if _USER_ID.fullmatch(address):
        return {"recipient_type": "individual", "recipient": address}
    return {"recipient_type": "group", "to": address}


def _call(config: WhatsAppConfig, body: dict[str, Any]) -> HttpCall:
    token = config.access_token.get_secret_value()
    base = config.api_base.rstrip("/")
    return HttpCall(
        method="POST",
        url=f"{base}/{config.api_version}/{config.phone_number_id}/messages",
        headers=(("authorization", f"Bearer {token}"), ("content-type", "application/json")),
        content=orjson.dumps(body),
        label="whatsapp messages",
    )
