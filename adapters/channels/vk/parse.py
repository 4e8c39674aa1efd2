"""
A VK event as canonical values.

`event_id` is the same in every delivery; a message's key is its place and number instead, so
that the echo of what was sent here is known again. The secret in an event is left out of
all that is kept.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from adapters.channels.base import RawRequest, unreadable
from adapters.channels.reading import Object, Unreadable, load_object, object_of, objects_of
from adapters.channels.vk.happenings import (
    read_button,
    read_consent,
    read_reaction,
    read_reading,
)
from adapters.channels.vk.messages import read_echo, read_edit, read_message
from adapters.channels.vk.scope import Scope
from domain.inbound import InboundEvent

_READERS: Final[Mapping[str, Callable[[Object, Scope], InboundEvent | None]]] = MappingProxyType(
    {
        "message_new": read_message,
        "message_reply": read_echo,
        "message_edit": read_edit,
        "message_allow": read_consent,
        "message_deny": read_consent,
        "message_read": read_reading,
        "message_reaction_event": read_reaction,
        "message_event": read_button,
    }
)

_PREFIXES: Final = (
    "app_", "audio_", "board_", "chat_", "donut_", "group_", "lead_", "like_", "market_",
    "photo_", "poll_", "user_", "video_", "vkpay_", "wall_", "confirmation", "message_typing",
)  # fmt: skip
"""What begins so happens elsewhere in the community: no chat is told about it."""


def parse(request: RawRequest) -> list[InboundEvent]:
    """Return everything that a body says: at least one value for each event in it."""
    try:
        body = load_object(request.body)
    except Unreadable as error:
        return [unreadable(request, error.code)]
    body.pop("secret", None)
    # So VK's Long Poll gives events, and so they are often recorded.
    updates = objects_of(body, "updates")
    if updates and "type" not in body:
        return [_read(update, request) for update in updates]
    return [_read(body, request)]


def _read(event: Object, request: RawRequest) -> InboundEvent:
    event.pop("secret", None)
    scope = Scope.of_event(event, request.received_at)
    reader = _READERS.get(scope.kind)
    told = object_of(event, "object")
    if reader is not None:
        # Where nothing was said there is nothing to understand: an address is tried out so.
        return reader(told, scope) or scope.note("unreadable" if told else "notice")
    return scope.note("notice" if scope.kind.startswith(_PREFIXES) else "unknown")
