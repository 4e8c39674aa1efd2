"""Webhooks as WhatsApp delivers them: signed, each with a message of its own."""

import hmac
from collections.abc import Iterable
from typing import Final

import orjson

from deploy.bench.company import APP_SECRET, CHANNEL, PHONE_NUMBER_ID

_FILLER: Final = "Oi! Comprei ontem e o boleto não chegou, podem me mandar de novo? "
TEXT_BYTES: Final = 200


def phone(number: int) -> str:
    """Return the invented telephone number of the nth client."""
    return f"55119{number:08d}"


def name(number: int) -> str:
    """Return what the nth client calls himself."""
    return f"Cliente {number:08d}"


def text(number: int) -> str:
    """Return what the nth message says; its number can be read in it again."""
    mark = f"[b{number:08d}]"
    return mark + (_FILLER * 4)[: TEXT_BYTES - len(mark)]


def body(number: int, client: int, at: int) -> bytes:
    """Return the nth message as JSON, sent by a client at a time in Unix seconds."""
    sender = phone(client)
    message = {
        "from": sender,
        "id": f"wamid.b{number}",
        "timestamp": str(at),
        "type": "text",
        "text": {"body": text(number)},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551130000000", "phone_number_id": PHONE_NUMBER_ID},
        "contacts": [{"profile": {"name": name(client)}, "wa_id": sender}],
        "messages": [message],
    }
    changes = [{"field": "messages", "value": value}]
    return orjson.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
    )


def request(content: bytes) -> bytes:
    """Return the signed HTTP request that delivers a body."""
    signature = hmac.digest(APP_SECRET.encode(), content, "sha256").hex()
    head = (
        f"POST /channels/{CHANNEL}/webhook HTTP/1.1\r\nhost: bench.test\r\n"
        f"content-type: application/json\r\ncontent-length: {len(content)}\r\n"
        f"x-hub-signature-256: sha256={signature}\r\n\r\n"
    )
    return head.encode() + content


def requests(first: int, clients: Iterable[int], at: int) -> list[bytes]:
    """Return a request for each client, with messages numbered from `first` on."""
    return [request(body(first + n, client, at)) for n, client in enumerate(clients)]
