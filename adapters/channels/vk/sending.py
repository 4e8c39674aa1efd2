"""An answer as calls to `messages.send`."""

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Final

import orjson

from adapters.channels.base import (
    ButtonRule,
    CannotBeSent,
    HttpCall,
    MediaRule,
    OutboundMessage,
)
from adapters.channels.offers import fits, written_out
from adapters.channels.splitting import split_text
from adapters.channels.vk.calls import call
from adapters.channels.vk.config import VkConfig
from adapters.channels.vk.content import payload_of
from adapters.channels.vk.happenings import PRESSED
from domain.content import Media, MediaKind, Offer, Option, Text
from domain.inbound import InboundEvent, MessageArrived

MAX_TEXT: Final = 9000
BUTTONS: Final = ButtonRule(most=10, max_title=40)

_ROWS: Final = 6
_LONGEST_PAYLOAD: Final = 255
_MB: Final = 1024 * 1024
_PEER: Final = re.compile(r"-?[1-9][0-9]{0,18}")
_MESSAGE: Final = re.compile(r"(?P<peer>-?[0-9]{1,19}):(?P<number>[0-9]{1,18})")

PHOTOS: Final = frozenset({"image/jpeg", "image/png", "image/gif"})
MEDIA: Final[Mapping[MediaKind, MediaRule]] = MappingProxyType(
    {
        kind: MediaRule(frozenset({"*/*"}), 50 * _MB, MAX_TEXT)
        for kind in (MediaKind.IMAGE, MediaKind.DOCUMENT, MediaKind.VIDEO, MediaKind.VOICE)
    }
)
"""Photos go as photos, all else as documents; VK takes no music."""


def build(config: VkConfig, message: OutboundMessage) -> list[HttpCall]:
    """Return one call for each file and each piece of text; the first one quotes."""
    if not _PEER.fullmatch(message.address):
        raise CannotBeSent(message.message_id, "its address is no VK peer")
    forms = list(_forms(message))
    if not forms:
        raise CannotBeSent(message.message_id, "there is nothing in it")
    if quoted := _MESSAGE.fullmatch(message.reply_to_provider_id or ""):
        forms[0]["forward"] = _quote(quoted)
    for number, form in enumerate(forms):
        form["peer_ids"] = message.address
        form["random_id"] = str(random_id(message.message_id, number))
    return [call(config, "messages.send", form) for form in forms]


def acknowledge(config: VkConfig, event: InboundEvent) -> HttpCall | None:
    """Return the call that ends the wait which a pressed button shows; None for anything else."""
    if not isinstance(event, MessageArrived) or not event.provider_id.startswith(PRESSED):
        return None
    user = event.peer.identities[0].value
    told = {
        "event_id": event.provider_id.removeprefix(PRESSED),
        "user_id": user,
        "peer_id": event.thread or user,
    }
    return call(config, "messages.sendMessageEventAnswer", told)


def random_id(message_id: str, number: int) -> int:
    """
    Return what VK knows a repeated call by: the same for the same piece of the same message.

    VK gives back what it sent already, instead of sending it once more.
    """
    digest = blake2b(f"{message_id}:{number}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1 or 1


def _forms(message: OutboundMessage) -> Iterator[dict[str, str]]:
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


def _texts(text: str) -> list[dict[str, str]]:
    return [{"message": piece} for piece in split_text(text, MAX_TEXT, "chars")]


def _file(message: OutboundMessage, part: Media) -> Iterator[dict[str, str]]:
    handle = message.handles.get(part.sha256 or "")
    if handle is None:
        raise CannotBeSent(message.message_id, "its file was not handed over")
    first, *others = _texts(part.caption or "") or [{}]
    yield {"attachment": handle, **first}
    yield from others


def _offer(offer: Offer) -> list[dict[str, str]]:
    """Return the question with buttons below it, each of which writes what stands on it."""
    payloads_fit = all(len(payload_of(option.id)) <= _LONGEST_PAYLOAD for option in offer.options)
    if not fits(offer, BUTTONS) or not payloads_fit or not offer.text.strip():
        return _texts(written_out(offer))
    forms = _texts(offer.text)
    in_a_row = 1 if len(offer.options) <= _ROWS else 2
    buttons = [_button(option) for option in offer.options]
    rows = [buttons[at : at + in_a_row] for at in range(0, len(buttons), in_a_row)]
    forms[-1]["keyboard"] = orjson.dumps({"inline": True, "buttons": rows}).decode()
    return forms


def _button(option: Option) -> dict[str, object]:
    payload = payload_of(option.id)
    return {"action": {"type": "text", "label": option.title, "payload": payload}}


def _quote(quoted: re.Match[str]) -> str:
    return orjson.dumps(
        {
            "peer_id": int(quoted["peer"]),
            "conversation_message_ids": [int(quoted["number"])],
            "is_reply": True,
        }
    ).decode()
