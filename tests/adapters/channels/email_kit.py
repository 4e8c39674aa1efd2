"""What the tests of e-mail share: accounts, mails, and where recordings lie."""

from email.message import EmailMessage
from typing import Any, Final

import pytest

from adapters.channels.base import OutboundMessage, RawRequest
from adapters.channels.email import Email, EmailConfig
from domain.content import Media, Parts, Text
from domain.inbound import InboundEvent, MessageArrived
from tests.adapters.channels.kit import NOW, PAYLOADS, request

OWN: Final = "support@ipe.test"
SECRET: Final = "drop-secret-of-a-test"
REPLY_SECRET: Final = "reply-secret-of-a-test"
MESSAGE_ID: Final = "0192a3b4-0000-8000-8000-000000000001"


def config(**changes: Any) -> EmailConfig:
    given = {
        "from_address": OWN,
        "from_name": "Loja Ipê",
        "smtp_host": "127.0.0.1",
        "smtp_security": "none",
        "drop_secret": SECRET,
        "reply_secret": REPLY_SECRET,
    }
    return EmailConfig.model_validate({**given, **changes})


def account(**changes: Any) -> Email:
    return Email(config(**changes))


def mail(text: str = "Oi", /, **headers: str) -> EmailMessage:
    """Return a mail of Ana's; `_` in the names of headers stands for `-`."""
    made = EmailMessage()
    given = {
        "From": "Ana Lima <ana@cliente.test>",
        "To": OWN,
        "Subject": "Pedido 42",
        "Message_ID": "<1@cliente.test>",
        "Date": "Wed, 02 Jan 2030 08:00:00 +0000",
    }
    for name, value in {**given, **headers}.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def raw_mail(body: str, *headers: str) -> bytes:
    """Return a mail as its lines say, without a library that mends them."""
    return "\r\n".join(["From: ana@cliente.test", *headers, "", body]).encode()


def pulled(raw: bytes, uid: int = 7) -> RawRequest:
    query = (("uidvalidity", "11"), ("uid", str(uid)))
    return RawRequest("PULL", "imap/INBOX", query, (), raw, NOW, "")


def events(raw: bytes, **changes: Any) -> list[InboundEvent]:
    return account(**changes).parse(request(raw))


def arrived(raw: bytes | EmailMessage, **changes: Any) -> MessageArrived:
    """Return the one message that a mail is."""
    (event,) = events(raw.as_bytes() if isinstance(raw, EmailMessage) else raw, **changes)
    assert isinstance(event, MessageArrived), event
    return event


def texts(parts: Parts) -> list[str]:
    return [part.text for part in parts if isinstance(part, Text)]


def files(parts: Parts) -> list[Media]:
    return [part for part in parts if isinstance(part, Media)]


def outbound(text: str = "Já saiu.", **changes: Any) -> OutboundMessage:
    given: dict[str, Any] = {
        "message_id": MESSAGE_ID,
        "address": "ana@cliente.test#0123456789abcdef",
        "parts": (Text(text=text),),
        "subject": "Pedido 42",
        "last_received_id": "<1@cliente.test>",
    }
    return OutboundMessage(**{**given, **changes})


def recorded_mails() -> dict[str, bytes]:
    """Return recorded mails by name; the test is skipped where the folder is absent."""
    folder = PAYLOADS / "email"
    if not folder.is_dir():
        pytest.skip(f"NO RECORDINGS: {folder} is absent, so parsing was not tried on them")
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.eml"))}
