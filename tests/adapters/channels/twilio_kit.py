"""What the tests of Twilio share: accounts, forms and their signatures."""

from typing import Any, Final
from urllib.parse import urlencode

from adapters.channels.base import ChannelAdapter, RawRequest
from adapters.channels.registry import adapter_for
from adapters.channels.twilio.signature import form_part, sign
from tests.adapters.channels.kit import NOW

TOKEN: Final = "auth-token-of-a-test"
WEBHOOK: Final = "https://recado.test/channels/sms/webhook"
OURS: Final = "+551130000000"
ANA: Final = "+5511900000001"
FORM: Final = ("content-type", "application/x-www-form-urlencoded")

SMS: Final = {"MessageSid": "SM1", "AccountSid": "AC1", "From": ANA, "To": OURS, "Body": "Oi"}
WHATSAPP: Final = {
    **SMS,
    "From": f"whatsapp:{ANA}",
    "To": f"whatsapp:{OURS}",
    "WaId": "5511900000001",
    "ProfileName": "Ana Lima",
}


def twilio(**changes: Any) -> ChannelAdapter:
    config = {"account_sid": "AC1", "auth_token": TOKEN, "sender": OURS, "webhook_url": WEBHOOK}
    return adapter_for("twilio", {**config, **changes})


def posted(
    form: dict[str, str] | bytes,
    *headers: tuple[str, str],
    query: tuple[tuple[str, str], ...] = (),
    url: str = WEBHOOK,
) -> RawRequest:
    """Return a webhook with a form in it, or with any other body."""
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    url = f"{url}?{urlencode(query)}" if query else url
    return RawRequest("POST", "/channels/sms/webhook", query, headers, body, NOW, url)


def signed(form: dict[str, str], url: str = WEBHOOK, **more: Any) -> RawRequest:
    signature = sign(TOKEN.encode(), "sha1", url, form_part(list(form.items())))
    return posted(form, FORM, ("x-twilio-signature", signature.decode()), **more)
