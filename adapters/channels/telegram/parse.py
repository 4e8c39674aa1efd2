"""
A Telegram update as canonical values.

An update that is delivered again has the same `update_id`, but those restart at random
after a quiet week; a message's place and number are its own for ever. So a message's key is
those two, and the key of anything else is its whole update's content, number included:
edits and reactions of one message, even within a second, stay apart.
"""

from collections.abc import Callable
from typing import Final, Literal

from adapters.channels.base import RawRequest, unreadable
from adapters.channels.reading import (
    Object,
    Unreadable,
    content_key,
    load_object,
    moment_of,
    objects_of,
    raw_text,
    short,
)
from adapters.channels.telegram.happenings import (
    read_button,
    read_deletions,
    read_membership,
    read_reaction,
)
from adapters.channels.telegram.messages import read_edit, read_message
from adapters.channels.telegram.scope import Scope
from domain.inbound import InboundEvent, Notice

_Reader = Callable[[Object, Scope], list[InboundEvent]]

_READERS: Final[dict[str, _Reader]] = {
    "message": read_message,
    "business_message": read_message,
    "guest_message": read_message,
    "edited_message": read_edit,
    "edited_business_message": read_edit,
    "deleted_business_messages": read_deletions,
    "callback_query": read_button,
    "message_reaction": read_reaction,
    "my_chat_member": read_membership,
}

HEARD: Final = tuple(_READERS)
"""Updates that chats are told about; some come only to a bot that asks for them."""

_KEPT: Final = frozenset(
    {
        "channel_post", "edited_channel_post", "business_connection", "message_reaction_count",
        "inline_query", "chosen_inline_result", "shipping_query", "pre_checkout_query",
        "purchased_paid_media", "poll", "poll_answer", "chat_member", "chat_join_request",
        "chat_boost", "removed_chat_boost", "managed_bot", "stopped_message_generation",
        "subscription",
    }
)  # fmt: skip
"""Updates that no chat is told about."""


def parse(request: RawRequest, bot_id: str) -> list[InboundEvent]:
    """Return everything that an update says: at least one value for each thing in it."""
    try:
        body = load_object(request.body)
    except Unreadable as error:
        return [unreadable(request, error.code)]
    return [event for one in _updates(body) for event in _read_update(one, request, bot_id)]


def _updates(body: Object) -> list[Object]:
    """Return the updates in a body; polling gives several, and a message may stand alone."""
    if "update_id" in body:
        return [body]
    return objects_of(body, "result") or [{"message": body} if _is_message(body) else body]


def _is_message(value: Object) -> bool:
    return isinstance(value.get("chat"), dict) and "message_id" in value


def _read_update(update: Object, request: RawRequest, bot_id: str) -> list[InboundEvent]:
    events: list[InboundEvent] = []
    rest: Object = {}
    for kind, value in update.items():
        if kind == "update_id" or value is None:
            continue
        if isinstance(value, dict) and _is_heard_of(kind, value):
            scope = Scope(update, kind, bot_id, request.received_at)
            events += _read(kind, value, scope)
        else:
            rest[kind] = value
    if rest or not events:
        events.append(_unknown(update, rest, request))
    return events


def _is_heard_of(kind: str, value: Object) -> bool:
    """Return whether it can be read: a message of a kind that is new is a message, too."""
    return kind in _READERS or kind in _KEPT or _reader_of_new(kind, value) is not None


def _reader_of_new(kind: str, value: Object) -> _Reader | None:
    if not kind.endswith("_message") or not _is_message(value):
        return None
    return read_edit if kind.startswith("edited_") else read_message


def _read(kind: str, value: Object, scope: Scope) -> list[InboundEvent]:
    reader = _READERS.get(kind)
    if reader is None and kind not in _KEPT:
        reader = _reader_of_new(kind, value)
    events = reader(value, scope) if reader else []
    return events or [scope.note(kind, value)]


def _unknown(update: Object, rest: Object, request: RawRequest) -> Notice:
    """Keep, in one notice, what an update holds and nobody here has heard of."""
    known = any(key in _READERS or key in _KEPT for key in rest)
    why: Literal["unknown", "unreadable"] = "unreadable" if known else "unknown"
    return Notice(
        account=None,
        dedup_key=content_key("u", update, "rest"),
        occurred_at=moment_of(update, "date", request.received_at),
        code=short(next(iter(rest), "empty")),
        raw=raw_text(update),
        why=why,
    )
