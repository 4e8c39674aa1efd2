"""An answer as calls to the Bot API."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from adapters.channels.base import ButtonRule, CannotBeSent, HttpCall, OutboundMessage, OutFile
from adapters.channels.multipart import multipart
from adapters.channels.offers import fits, written_out
from adapters.channels.splitting import split_text
from adapters.channels.telegram.config import TelegramConfig
from adapters.channels.telegram.happenings import PRESSED
from adapters.channels.telegram.media import MAX_CAPTION, Way, way_of
from adapters.channels.telegram.place import Place
from domain.content import Media, Offer, Text
from domain.inbound import InboundEvent, MessageArrived

MAX_TEXT: Final = 4096
BUTTONS: Final = ButtonRule(most=100, max_title=64)

_LONGEST_DATA: Final = 64
"""Bytes that a button may carry."""
_UPLOAD_TIMEOUT: Final = 120.0
_MESSAGE: Final = re.compile(r"-?[0-9]+(@[^\s@]+)?:(?P<number>[0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class _Draft:
    """One call in the making: a method's parameters, and the file that goes along."""

    method: str
    fields: dict[str, Any]
    attached: tuple[str, OutFile] | None = None


def build(config: TelegramConfig, message: OutboundMessage) -> list[HttpCall]:
    """Return one call for each file and each piece of text; the first one quotes."""
    target = _target(message)
    drafts = list(_drafts(message))
    if not drafts:
        raise CannotBeSent(message.message_id, "there is nothing in it")
    quoted = _quoted(message.reply_to_provider_id)
    if quoted is not None:
        # The client may have deleted what is quoted; the answer is wanted all the same.
        reply = {"message_id": quoted, "allow_sending_without_reply": True}
        drafts[0].fields["reply_parameters"] = reply
    return [_call(config, draft, target | draft.fields) for draft in drafts]


def call(config: TelegramConfig, method: str, fields: dict[str, Any]) -> HttpCall:
    """Return a call to a method with its parameters as JSON."""
    return _call(config, _Draft(method, fields), fields)


def acknowledge(config: TelegramConfig, event: InboundEvent) -> HttpCall | None:
    """Return the call that ends the wait which a pressed button shows; None for anything else."""
    if not isinstance(event, MessageArrived) or not event.provider_id.startswith(PRESSED):
        return None
    fields = {"callback_query_id": event.provider_id.removeprefix(PRESSED)}
    return call(config, "answerCallbackQuery", fields)


def _target(message: OutboundMessage) -> dict[str, Any]:
    place = Place.of_address(message.address)
    if place is None:
        raise CannotBeSent(message.message_id, "its address is no Telegram chat")
    target: dict[str, Any] = {"chat_id": place.chat}
    if place.topic is not None:
        target["message_thread_id"] = place.topic
    if place.direct is not None:
        target["direct_messages_topic_id"] = place.direct
    if place.business is not None:
        target["business_connection_id"] = place.business
    return target


def _drafts(message: OutboundMessage) -> Iterator[_Draft]:
    for part in message.parts:
        match part:
            case Text(text=text):
                yield from _texts(text)
            case Media():
                yield from _file(message, part)
            case Offer():
                yield from _offer(part)
            case _:
                raise CannotBeSent(message.message_id, f"a part of kind {part.kind!r}")


def _texts(text: str) -> list[_Draft]:
    pieces = split_text(text, MAX_TEXT, "utf16")
    return [_Draft("sendMessage", {"text": piece}) for piece in pieces]


def _file(message: OutboundMessage, part: Media) -> Iterator[_Draft]:
    file = message.files.get(part.sha256 or "")
    way = way_of(part.media, file) if file else None
    if file is None or way is None:
        why = "its file is not at hand" if file is None else "its file is too large"
        raise CannotBeSent(message.message_id, why)
    fields, after = _captioned(part.caption or "", way)
    yield _Draft(way.method, fields, (way.field, file))
    yield from after


def _captioned(caption: str, way: Way) -> tuple[dict[str, Any], list[_Draft]]:
    """Return the caption's parameter where it fits, and the messages it becomes elsewhere."""
    if not caption.strip():
        return {}, []
    if way.has_caption and len(split_text(caption, MAX_CAPTION, "utf16")) == 1:
        return {"caption": caption}, []
    return {}, _texts(caption)


def _offer(offer: Offer) -> list[_Draft]:
    """Return the question with a button a line below it; it comes back as a `Choice`."""
    ids_fit = all(0 < len(option.id.encode()) <= _LONGEST_DATA for option in offer.options)
    if not fits(offer, BUTTONS) or not ids_fit or not offer.text.strip():
        return _texts(written_out(offer))
    drafts = _texts(offer.text)
    rows = [[{"text": option.title, "callback_data": option.id}] for option in offer.options]
    drafts[-1].fields["reply_markup"] = {"inline_keyboard": rows}
    return drafts


def _quoted(provider_id: str | None) -> int | None:
    """Return the message's number in its chat; an answer to a button has none."""
    match = _MESSAGE.fullmatch(provider_id or "")
    return int(match["number"]) if match else None


def _call(config: TelegramConfig, draft: _Draft, fields: dict[str, Any]) -> HttpCall:
    token = config.bot_token.get_secret_value()
    kind, content, timeout = "application/json", orjson.dumps(fields), 15.0
    if draft.attached is not None:
        form = {name: _as_text(value) for name, value in fields.items()}
        kind, content = multipart(form, *draft.attached)
        timeout = _UPLOAD_TIMEOUT
    return HttpCall(
        method="POST",
        url=f"{config.api_base.rstrip('/')}/bot{token}/{draft.method}",
        headers=(("content-type", kind),),
        content=content,
        label=f"telegram {draft.method}",
        timeout=timeout,
    )


def _as_text(value: Any) -> str:
    """Return a parameter as a form carries it: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
