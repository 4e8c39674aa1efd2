"""An answer as calls to the Graph API."""

import re
from collections.abc import Iterator
from typing import Any, Final

from adapters.channels.base import CannotBeSent, HttpCall, OutboundMessage
from adapters.channels.meta import graph
from adapters.channels.offers import written_out
from adapters.channels.splitting import split_text
from adapters.channels.whatsapp.config import WhatsAppConfig
from adapters.channels.whatsapp.media import MAX_CAPTION, way_of
from adapters.channels.whatsapp.offers import interactive
from domain.content import Media, Offer, Part, TemplateCall, Text

MAX_TEXT: Final = 4096

_PHONE: Final = re.compile(r"\+?\d+")
_USER_ID: Final = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]+")

_Content = dict[str, Any]


def build(config: WhatsAppConfig, message: OutboundMessage) -> list[HttpCall]:
    """
    Return one call for each file, question, template and piece of text.

    Each carries our message id, which comes back in every delivery report: the only way to
    learn what became of a message whose answer was lost. Only the first one quotes.
    """
    frame = {
        "messaging_product": "whatsapp",
        **_recipient(message),
        "biz_opaque_callback_data": message.message_id,
    }
    contents = [content for part in message.parts for content in _contents(part, message)]
    if not contents:
        raise CannotBeSent(message.message_id, "there is nothing in it")
    if message.reply_to_provider_id is not None:
        contents[0]["context"] = {"message_id": message.reply_to_provider_id}
    path = f"{config.phone_number_id}/messages"
    return [graph.post(config, path, frame | content, "whatsapp messages") for content in contents]


def _contents(part: Part, message: OutboundMessage) -> Iterator[_Content]:
    match part:
        case Text(text=text):
            yield from _texts(text)
        case Media():
            yield from _file(part, message)
        case Offer():
            asked = interactive(part)
            if asked is None:
                yield from _texts(written_out(part))
            else:
                yield {"type": "interactive", "interactive": asked}
        case TemplateCall():
            yield {"type": "template", "template": _template(part, message)}
        case _:
            raise CannotBeSent(message.message_id, f"a part of kind {part.kind!r}")


def _texts(text: str) -> Iterator[_Content]:
    for piece in split_text(text, MAX_TEXT, "chars"):
        yield {"type": "text", "text": {"body": piece, "preview_url": False}}


def _file(part: Media, message: OutboundMessage) -> Iterator[_Content]:
    file = message.files.get(part.sha256 or "")
    handle = message.handles.get(part.sha256 or "")
    if file is None or handle is None:
        raise CannotBeSent(message.message_id, "a file of it was not handed over")
    way = way_of(part.media, file)
    if way is None:
        raise CannotBeSent(message.message_id, f"{file.mime} is not taken, or too large")
    caption = (part.caption or "").strip()
    beside = way.has_caption and len(caption) <= MAX_CAPTION
    yield {"type": way.type, way.type: way.content(handle, file, caption if beside else None)}
    if caption and not beside:
        yield from _texts(caption)


def _template(part: TemplateCall, message: OutboundMessage) -> _Content:
    template: _Content = {"name": part.name, "language": {"code": part.language}}
    # Line ends and rows of spaces are refused in what fills a blank.
    values = [" ".join(value.split()) for value in part.values]
    if not all(values):
        raise CannotBeSent(message.message_id, "a blank of the template is left empty")
    if values:
        parameters = [{"type": "text", "text": value} for value in values]
        template["components"] = [{"type": "body", "parameters": parameters}]
    return template


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
