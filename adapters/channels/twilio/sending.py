"""An answer as calls to Twilio's Messages resource."""

import base64
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

import orjson

from adapters.channels.base import CannotBeSent, HttpCall, MediaRule, OutboundMessage
from adapters.channels.offers import written_out
from adapters.channels.splitting import split_text
from adapters.channels.twilio.config import TwilioConfig
from adapters.channels.twilio.parse import CORRELATION
from domain.content import Media, MediaKind, Offer, TemplateCall, Text

MAX_TEXT: Final = 1600

_ADDRESS: Final = re.compile(r"([a-z]{2,20}:[^\s:]+|\+?[0-9]{3,20})")
_MB: Final = 1024 * 1024
_CAPTION: Final = 1024


def _rule(mimes: str, megabytes: int, max_caption: int) -> MediaRule:
    return MediaRule(frozenset(mimes.split()), megabytes * _MB, max_caption)


WHATSAPP_RULES: Final[Mapping[MediaKind, MediaRule]] = MappingProxyType(
    {
        MediaKind.IMAGE: _rule("image/jpeg image/png image/webp", 5, _CAPTION),
        MediaKind.VIDEO: _rule("video/mp4", 16, _CAPTION),
        MediaKind.AUDIO: _rule("audio/*", 16, 0),
        MediaKind.VOICE: _rule("audio/*", 16, 0),
        MediaKind.DOCUMENT: _rule("application/* text/*", 16, 0),
        MediaKind.STICKER: _rule("image/webp", 1, 0),
    }
)
SMS_RULES: Final[Mapping[MediaKind, MediaRule]] = MappingProxyType(
    {
        MediaKind.IMAGE: _rule("image/*", 5, MAX_TEXT),
        MediaKind.VIDEO: _rule("video/*", 5, MAX_TEXT),
        MediaKind.AUDIO: _rule("audio/*", 5, MAX_TEXT),
        MediaKind.VOICE: _rule("audio/*", 5, MAX_TEXT),
        MediaKind.DOCUMENT: _rule("application/pdf text/*", 5, MAX_TEXT),
    }
)


def rules_for(config: TwilioConfig) -> Mapping[MediaKind, MediaRule]:
    return WHATSAPP_RULES if config.is_whatsapp else SMS_RULES


def build(config: TwilioConfig, message: OutboundMessage) -> list[HttpCall]:
    """Return one call for each file, template and piece of text."""
    if not _ADDRESS.fullmatch(message.address):
        raise CannotBeSent(message.message_id, "its address is none of Twilio's")
    forms = list(_forms(config, message))
    if not forms:
        raise CannotBeSent(message.message_id, "there is nothing in it")
    frame = _frame(config, message)
    return [_call(config, frame | form) for form in forms]


def _frame(config: TwilioConfig, message: OutboundMessage) -> dict[str, str]:
    """
    Return what every call says: from whom, to whom, and where to report what became of it.

    The report's address holds our message id, so that a message whose answer was lost is
    known by its reports.
    """
    frame = {"To": message.address}
    frame["MessagingServiceSid" if config.is_service else "From"] = config.sender
    if config.webhook_url is not None:
        ours = urlencode({CORRELATION: message.message_id})
        frame["StatusCallback"] = f"{config.webhook_url}?{ours}"
    return frame


def _forms(config: TwilioConfig, message: OutboundMessage) -> Iterator[dict[str, str]]:
    for part in message.parts:
        match part:
            case Text(text=text):
                yield from _texts(text)
            case Offer():
                yield from _texts(written_out(part))
            case Media():
                yield from _file(config, message, part)
            case TemplateCall():
                yield _template(part)
            case _:
                raise CannotBeSent(message.message_id, f"a part of kind {part.kind!r}")


def _texts(text: str) -> list[dict[str, str]]:
    return [{"Body": piece} for piece in split_text(text, MAX_TEXT, "chars")]


def _file(config: TwilioConfig, message: OutboundMessage, part: Media) -> Iterator[dict[str, str]]:
    file = message.files.get(part.sha256 or "")
    rule = rules_for(config).get(part.media)
    if file is None or file.public_url is None:
        raise CannotBeSent(message.message_id, "Twilio cannot fetch its file from here")
    if rule is None or len(file.content) > rule.max_bytes:
        raise CannotBeSent(message.message_id, "its file is too large, or of another kind")
    caption = part.caption or ""
    if not caption.strip():
        yield {"MediaUrl": file.public_url}
    elif len(caption) <= rule.max_caption:
        yield {"MediaUrl": file.public_url, "Body": caption}
    else:
        yield {"MediaUrl": file.public_url}
        yield from _texts(caption)


def _template(part: TemplateCall) -> dict[str, str]:
    """Return a template by its `HX…`; its blanks are numbered from one."""
    blanks = {str(number): value for number, value in enumerate(part.values, 1)}
    form = {"ContentSid": part.name}
    return form | ({"ContentVariables": orjson.dumps(blanks).decode()} if blanks else {})


def _call(config: TwilioConfig, form: dict[str, str]) -> HttpCall:
    path = f"2010-04-01/Accounts/{config.account_sid}/Messages.json"
    return HttpCall(
        method="POST",
        url=f"{config.api_base.rstrip('/')}/{path}",
        headers=(
            ("authorization", authorization(config)),
            ("content-type", "application/x-www-form-urlencoded"),
        ),
        content=urlencode(form).encode(),
        label="twilio Messages",
    )


def authorization(config: TwilioConfig) -> str:
    """Return the header that proves the account."""
    pair = f"{config.account_sid}:{config.auth_token.get_secret_value()}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
