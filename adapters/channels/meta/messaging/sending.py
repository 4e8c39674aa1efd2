"""An answer as calls to the Send API."""

from collections.abc import Iterator
from typing import Any, Final

from adapters.channels.base import ButtonRule, CannotBeSent, HttpCall, OutboundMessage
from adapters.channels.meta import graph
from adapters.channels.meta.messaging.config import MessagingConfig
from adapters.channels.meta.messaging.manner import Manner
from adapters.channels.meta.messaging.messages import OURS
from adapters.channels.offers import fits, written_out
from adapters.channels.splitting import split_text
from domain.content import Media, Offer, Part, Text

BUTTONS: Final = ButtonRule(most=13, max_title=20)

_LONGEST_PAYLOAD: Final = 1000
_LONGEST_METADATA: Final = 1000

_Content = dict[str, Any]


def build(config: MessagingConfig, manner: Manner, message: OutboundMessage) -> list[HttpCall]:
    """Return one call for each file, question and piece of text; the first one quotes."""
    if not message.address:
        raise CannotBeSent(message.message_id, "there is no address")
    contents = [content for part in message.parts for content in _contents(part, manner, message)]
    if not contents:
        raise CannotBeSent(message.message_id, "there is nothing in it")
    bodies = [
        {"recipient": {"id": message.address}, **_reason(config), "message": content}
        for content in contents
    ]
    if message.reply_to_provider_id is not None:
        bodies[0]["reply_to"] = {"mid": message.reply_to_provider_id}
    path, label = f"{manner.account}/messages", f"{manner.product} messages"
    return [graph.post(config, path, body, label) for body in bodies]


def _reason(config: MessagingConfig) -> dict[str, str]:
    """Return why it may be sent now. Whoever answers here is a person, as the tag demands."""
    if config.human_agent:
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    return {"messaging_type": "RESPONSE"}


def _contents(part: Part, manner: Manner, message: OutboundMessage) -> Iterator[_Content]:
    signed: _Content = {}
    metadata = OURS + message.message_id
    if manner.keeps_metadata and len(metadata) <= _LONGEST_METADATA:
        signed["metadata"] = metadata
    for content in _plain_contents(part, manner, message):
        yield content | signed


def _plain_contents(part: Part, manner: Manner, message: OutboundMessage) -> Iterator[_Content]:
    match part:
        case Text(text=text):
            yield from _texts(text, manner)
        case Media():
            yield {"attachment": _attachment(part, manner, message)}
            yield from _texts(part.caption or "", manner)
        case Offer():
            yield from _question(part, manner)
        case _:
            raise CannotBeSent(message.message_id, f"a part of kind {part.kind!r}")


def _texts(text: str, manner: Manner) -> Iterator[_Content]:
    for piece in split_text(text, manner.max_text, manner.text_unit):
        yield {"text": piece}


def _question(offer: Offer, manner: Manner) -> Iterator[_Content]:
    """Yield a question; its answers hang below its last piece, or are written out."""
    pieces = list(_texts(offer.text, manner))
    short_ids = all(0 < len(option.id) <= _LONGEST_PAYLOAD for option in offer.options)
    if not pieces or not short_ids or not fits(offer, BUTTONS):
        yield from _texts(written_out(offer), manner)
        return
    pieces[-1]["quick_replies"] = [
        {"content_type": "text", "title": option.title, "payload": option.id}
        for option in offer.options
    ]
    yield from pieces


def _attachment(part: Media, manner: Manner, message: OutboundMessage) -> _Content:
    file = message.files.get(part.sha256 or "")
    if file is None:
        raise CannotBeSent(message.message_id, "a file of it is not there")
    way = manner.way_of(file)
    if way is None:
        raise CannotBeSent(message.message_id, f"{file.mime} is not taken, or too large")
    if manner.fetches:
        if file.public_url is None:
            raise CannotBeSent(message.message_id, "a file of it has no public address")
        return {"type": way.type, "payload": {"url": file.public_url}}
    handle = message.handles.get(file.sha256)
    if handle is None:
        raise CannotBeSent(message.message_id, "a file of it was not handed over")
    return {"type": way.type, "payload": {"attachment_id": handle}}
