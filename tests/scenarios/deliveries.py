"""Webhooks as WhatsApp and Telegram sign and send them."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Any

from deploy.workspace import ChannelTable

NOWHERE = "http://127.0.0.1:9"
"""Where nobody listens: what is sent there is tried again for ever."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call of a provider."""

    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Telegram:
    """A bot."""

    name: str
    secret: str
    api_base: str = NOWHERE

    @property
    def bot_token(self) -> str:
        """Its number is the bot's own: no two channels are the same bot."""
        return f"42{int.from_bytes(self.name.encode()[-4:])}:bar"

    def table(self, group: str | None) -> ChannelTable:
        config = {
            "bot_token": self.bot_token,
            "secret_token": self.secret,
            "api_base": self.api_base,
        }
        return ChannelTable(name=self.name, kind="telegram", group=group, config=config)

    def text(self, client: int, words: str, number: int) -> Delivery:
        """Return a text of the client; `number` is the message's id in his chat with the bot."""
        person = {"id": client, "is_bot": False, "first_name": f"T{client}"}
        chat = {"id": client, "type": "private", "first_name": f"T{client}"}
        message = {
            "message_id": number,
            "date": int(time.time()),
            "chat": chat,
            "from": person,
            "text": words,
        }
        return self.update({"update_id": client * 10_000 + number, "message": message})

    def update(self, update: Any) -> Delivery:
        return self.raw(json.dumps(update).encode())

    def raw(self, body: bytes) -> Delivery:
        headers = {
            "content-type": "application/json",
            "x-telegram-bot-api-secret-token": self.secret,
        }
        return Delivery(f"/channels/{self.name}/webhook", body, headers)


@dataclass(frozen=True, slots=True)
class WhatsApp:
    """A telephone number of the company."""

    name: str
    secret: str
    phone_number_id: str
    api_base: str = NOWHERE

    def table(self, group: str | None) -> ChannelTable:
        config = {
            "phone_number_id": self.phone_number_id,
            "app_secret": self.secret,
            "verify_token": "verify",
            "access_token": "access",
            "api_base": self.api_base,
        }
        return ChannelTable(name=self.name, kind="whatsapp", group=group, config=config)

    def text(self, client: int, words: str, number: int) -> Delivery:
        """Return a text of the client, the `number`th that he writes."""
        phone = f"55119{client:08d}"
        message = {
            "from": phone,
            "id": f"wamid.{self.name}.{client}.{number}",
            "timestamp": f"{int(time.time())}",
            "type": "text",
            "text": {"body": words},
        }
        contact = {"profile": {"name": f"W{client}"}, "wa_id": phone}
        return self.value({"contacts": [contact], "messages": [message]})

    def value(self, value: Any) -> Delivery:
        metadata = {
            "display_phone_number": "551130000000",
            "phone_number_id": self.phone_number_id,
        }
        whole = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        entry = {"id": "1", "changes": [{"field": "messages", "value": whole}]}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]})
        return self.raw(body.encode())

    def raw(self, body: bytes) -> Delivery:
        digest = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={digest}"}
        return Delivery(f"/channels/{self.name}/webhook", body, headers)
