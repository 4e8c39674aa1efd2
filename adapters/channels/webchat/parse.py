"""
What a visitor's page says: one JSON object for each thing.

`{"type", "visitor", "client_msg_id", …}`, where `visitor` is the id that his token names.
The time of a message is the time of its arrival: a visitor's clock proves nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from adapters.channels.base import RawRequest, unreadable
from adapters.channels.guessing import medium_of
from adapters.channels.reading import (
    Object,
    Unreadable,
    content_key,
    int_of,
    list_of,
    load_object,
    object_of,
    raw_text,
    short,
    string_of,
    text_of,
)
from adapters.channels.webchat.config import WebChatConfig
from adapters.channels.webchat.visitors import opened, read
from domain.chat.events import MessageState
from domain.content import Choice, Media, Parts, Text, Unsupported
from domain.inbound import (
    AccountRef,
    DeliveryReported,
    InboundEvent,
    MessageArrived,
    Notice,
    Peer,
)
from domain.values import Identity

VISITOR: Final = "webchat.visitor"
USER: Final = "webchat.user"
SITE: Final = "webchat.site"

_MOST_RECEIPTS: Final = 100
_RECEIPTS: Final = {"delivered": MessageState.DELIVERED, "read": MessageState.READ}
_PASSING: Final = frozenset({"typing", "page", "identify"})
"""What is said beside the talk; the same thing is kept once."""


def parse(config: WebChatConfig, request: RawRequest) -> list[InboundEvent]:
    """Return what a page said; never empty, never an exception (M4)."""
    try:
        body = load_object(request.body)
    except Unreadable as error:
        return [unreadable(request, error.code)]
    visitor = text_of(body, "visitor")
    if visitor is None:
        return [_notice(config, request, body, "nobody", "unknown")]
    kind = text_of(body, "type") or "unknown"
    if kind in _RECEIPTS:
        reported = _receipts(config, request, body, visitor)
        return reported or [_notice(config, request, body, kind, "unknown")]
    if kind in _PASSING:
        return [_notice(config, request, body, kind, "notice")]
    return [_message(config, request, body, visitor, kind)]


def message_id(visitor: str, id_: str) -> str:
    """Return the name of a message; nobody can speak of another visitor's."""
    return short(f"{visitor}:{id_}")


def _message(
    config: WebChatConfig, request: RawRequest, body: Object, visitor: str, kind: str
) -> MessageArrived:
    named = text_of(body, "client_msg_id") or content_key("nameless", body)
    provider_id = message_id(visitor, named)
    parts = _PARTS[kind](config, body) if kind in _PARTS else ()
    quoted = text_of(body, "reply_to")
    page = object_of(body, "page")
    return MessageArrived(
        account=AccountRef(SITE, config.site),
        dedup_key=f"m:{provider_id}",
        occurred_at=request.received_at,
        peer=_peer(config, request, body, visitor),
        thread=visitor,
        provider_id=provider_id,
        parts=parts or (Unsupported(what=short(kind), raw=raw_text(body)),),
        reply_to=message_id(visitor, quoted) if quoted else None,
        referral=raw_text(page) if page else None,
    )


def _peer(config: WebChatConfig, request: RawRequest, body: Object, visitor: str) -> Peer:
    """Return who writes; a user's id only where the token says that it was vouched for."""
    identities = [Identity(VISITOR, visitor)]
    shown = read(config, bearer_of(request) or "")
    if shown is not None and shown.id == visitor and shown.user is not None:
        identities.append(Identity(USER, shown.user))
    return Peer(tuple(identities), text_of(body, "name"))


def bearer_of(request: RawRequest) -> str | None:
    """Return the token that a request shows; None where there is not exactly one."""
    shown = request.headers_named("authorization")
    scheme, _, token = shown[0].partition(" ") if len(shown) == 1 else ("", "", "")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _text(_: WebChatConfig, body: Object) -> Parts:
    text = string_of(body, "text")
    return (Text(text=text),) if text else ()


def _choice(_: WebChatConfig, body: Object) -> Parts:
    id_ = text_of(body, "id")
    return (Choice(id=id_, title=text_of(body, "title") or id_),) if id_ else ()


def _file(config: WebChatConfig, body: Object) -> Parts:
    """Return the file that a handle of ours names: nobody refers to what he did not upload."""
    handle = opened(config, "file", text_of(body, "file") or "")
    try:
        file = load_object(handle or b"")
    except Unreadable:
        return ()
    if text_of(file, "visitor") != text_of(body, "visitor"):
        return ()
    mime = text_of(file, "mime") or "application/octet-stream"
    media = Media(
        media=medium_of(mime),
        mime=mime,
        name=text_of(file, "name"),
        size=int_of(file, "size"),
        sha256=text_of(file, "sha256"),
        caption=text_of(body, "text"),
    )
    return (media,)


_PARTS: Final[Mapping[str, Callable[[WebChatConfig, Object], Parts]]] = {
    "text": _text,
    "choice": _choice,
    "file": _file,
}


def _receipts(
    config: WebChatConfig, request: RawRequest, body: Object, visitor: str
) -> list[InboundEvent]:
    state = _RECEIPTS[text_of(body, "type") or ""]
    ids = dict.fromkeys(id_ for id_ in list_of(body, "ids") if isinstance(id_, str) and id_)
    return [
        DeliveryReported(
            account=AccountRef(SITE, config.site),
            dedup_key=f"s:{state.value}:{message_id(visitor, id_)}",
            occurred_at=request.received_at,
            state=state,
            provider_id=message_id(visitor, id_),
        )
        for id_ in list(ids)[:_MOST_RECEIPTS]
    ]


def _notice(
    config: WebChatConfig, request: RawRequest, body: Object, code: str, why: Any
) -> Notice:
    said = {key: value for key, value in body.items() if key != "client_msg_id"}
    return Notice(
        account=AccountRef(SITE, config.site),
        dedup_key=content_key(f"n:{code}", said),
        occurred_at=request.received_at,
        code=f"webchat.{code}",
        raw=orjson.dumps(said).decode(),
        why=why,
    )
