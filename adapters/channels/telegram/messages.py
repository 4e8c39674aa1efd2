"""What clients write, what they change in it, and what is written to them elsewhere."""

from typing import Literal, TypedDict

from adapters.channels.reading import (
    Object,
    content_key,
    int_of,
    moment_of,
    object_of,
    raw_text,
    text_of,
)
from adapters.channels.telegram.content import is_service, parts_of, service_of
from adapters.channels.telegram.names import SERVICES
from adapters.channels.telegram.place import Place
from adapters.channels.telegram.scope import Scope, direct_client_of, peer_of, sender_of
from domain.inbound import (
    AccountRef,
    EchoArrived,
    InboundEvent,
    MessageArrived,
    MessageWasEdited,
    Notice,
    Peer,
)
from domain.values import Timestamp


class _Common(TypedDict):
    account: AccountRef | None
    occurred_at: Timestamp
    peer: Peer
    thread: str | None
    provider_id: str


def read_message(message: Object, scope: Scope) -> list[InboundEvent]:
    """Return a new message, or the record of a service message."""
    if is_service(message):
        return [_service(message, scope)]
    place = Place.of_message(message)
    common = _common(message, scope, place, "date")
    if place is None or common is None:
        return [scope.note("message-without-sender", message, why="unreadable")]
    key = _key(message, scope, place)
    if _is_ours(message, scope, place):
        return [EchoArrived(**common, dedup_key=key, parts=parts_of(message))]
    return [
        MessageArrived(
            **common,
            dedup_key=key,
            parts=parts_of(message),
            reply_to=_reply_to(message, place),
            forwarded=_is_forwarded(message),
            referral=_referral(message),
        )
    ]


def read_edit(message: Object, scope: Scope) -> list[InboundEvent]:
    """Return a message as it reads after a change."""
    if is_service(message):
        return [_service(message, scope)]
    place = Place.of_message(message)
    common = _common(message, scope, place, "edit_date")
    if place is None or common is None:
        return [scope.note("message-without-sender", message, why="unreadable")]
    return [MessageWasEdited(**common, dedup_key=scope.key(), parts=parts_of(message))]


def _service(message: Object, scope: Scope) -> Notice:
    what = service_of(message)
    why: Literal["notice", "unknown"] = "notice" if what in SERVICES else "unknown"
    return scope.note(f"service.{what}", message, why=why)


def _common(message: Object, scope: Scope, place: Place | None, date: str) -> _Common | None:
    if place is None:
        return None
    sender = sender_of(message, place)
    wrote_himself = not place.is_private or int_of(sender, "id") == place.chat
    peer = peer_of(sender if wrote_himself else object_of(message, "chat"), place)
    if peer is None:
        return None
    return _Common(
        account=None,
        occurred_at=moment_of(message, date, moment_of(message, "date", scope.now)),
        peer=peer,
        thread=place.thread,
        provider_id=_id_of(message, place),
    )


def _id_of(message: Object, place: Place) -> str:
    """Return the provider's id; a message that came without one is named by its content."""
    return place.message_id(message) or place.id_of(content_key("nameless", message))


def _key(message: Object, scope: Scope, place: Place) -> str:
    """Return the key of a new message; only the bot's own chats are numbered as it knows them."""
    is_business = scope.kind == "business_message"
    is_known = scope.kind == "message" or (is_business and place.business is not None)
    prefix = "m" if is_known else "b" if is_business else "g"
    return f"{prefix}:{_id_of(message, place)}"


def _is_ours(message: Object, scope: Scope, place: Place) -> bool:
    """Return whether somebody on our side wrote it, in Telegram itself."""
    author = int_of(object_of(message, "from"), "id")
    if author is None:
        return False
    if scope.kind == "business_message":
        return place.is_private and author != place.chat
    if (client := int_of(direct_client_of(message), "id")) is not None:
        return author != client
    return str(author) == scope.bot_id


def _reply_to(message: Object, place: Place) -> str | None:
    """Return what is quoted; every message in a topic formally answers the topic's first."""
    quoted = object_of(message, "reply_to_message")
    if "forum_topic_created" in quoted:
        return None
    return place.message_id(quoted)


def _is_forwarded(message: Object) -> bool:
    return any(message.get(key) is not None for key in ("forward_origin", "forward_date"))


def _referral(message: Object) -> str | None:
    """Return the payload of the link (`t.me/bot?start=…`) that the client came by."""
    command, _, payload = (text_of(message, "text") or "").partition(" ")
    return raw_text({"start": payload}) if command == "/start" and payload else None
