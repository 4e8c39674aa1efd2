"""What clients write, and what is written to them from elsewhere."""

from typing import Final, TypedDict

from adapters.channels.meta.messaging.content import choice_of, parts_of
from adapters.channels.meta.messaging.scope import Scope
from adapters.channels.meta.notes import note
from adapters.channels.reading import (
    Object,
    content_key,
    flag_of,
    object_of,
    raw_text,
    short,
    string_of,
    text_of,
)
from domain.chat.events import MessageState
from domain.content import Text
from domain.inbound import (
    AccountRef,
    DeliveryReported,
    EchoArrived,
    InboundEvent,
    MessageArrived,
    MessageWasDeleted,
    MessageWasEdited,
    Peer,
    ReactionArrived,
)
from domain.values import Timestamp

OURS: Final = "recado:"
"""Stands before our message id in the metadata of what we send."""

_EMOJIS: Final = {
    "love": "\u2764\ufe0f",
    "like": "\U0001f44d",
    "dislike": "\U0001f44e",
    "smile": "\U0001f606",
    "wow": "\U0001f62e",
    "sad": "\U0001f622",
    "angry": "\U0001f620",
}


class _Common(TypedDict):
    account: AccountRef | None
    occurred_at: Timestamp
    peer: Peer


def read_message(item: Object, message: Object, scope: Scope) -> InboundEvent:
    """Return what a `message` says: one of a client's, or the echo of one to him."""
    is_ours = flag_of(message, "is_echo")
    if is_ours and (echo := _own_echo(message, scope)):
        return echo
    peer = scope.peer(item, is_ours=is_ours)
    if peer is None:
        return note("message-without-sender", item, scope, why="unreadable")
    common = _common(scope, peer)
    id_ = _id_of(item, message)
    if flag_of(message, "is_deleted"):
        return MessageWasDeleted(**common, dedup_key=f"d:{id_}", provider_id=id_)
    if is_ours:
        return EchoArrived(**common, dedup_key=f"m:{id_}", provider_id=id_, parts=parts_of(message))
    reply_to = text_of(object_of(message, "reply_to"), "mid")
    return MessageArrived(
        **common,
        dedup_key=f"m:{id_}",
        provider_id=id_,
        parts=parts_of(message),
        reply_to=short(reply_to) if reply_to else None,
        referral=_referral(message),
    )


def read_postback(item: Object, postback: Object, scope: Scope) -> InboundEvent:
    """Return the button that a client pressed, as a message of his."""
    peer = scope.peer(item, is_ours=False)
    if peer is None:
        return note("postback", item, scope, why="unreadable")
    id_ = _id_of(item, postback)
    return MessageArrived(
        **_common(scope, peer),
        dedup_key=f"m:{id_}",
        provider_id=id_,
        parts=(choice_of(postback),),
        referral=_referral(postback),
    )


def read_reaction(item: Object, reaction: Object, scope: Scope) -> InboundEvent:
    """Return a reaction; one of our own, from the provider's app, is a notice only."""
    peer, target = scope.peer(item, is_ours=False), text_of(reaction, "mid")
    if peer is None or target is None:
        return note("reaction", item, scope, why="unreadable")
    if flag_of(reaction, "is_echo"):
        return note("echo.reaction", item, scope)
    name = text_of(reaction, "reaction") or ""
    emoji = text_of(reaction, "emoji") or _EMOJIS.get(name, name or None)
    removed = text_of(reaction, "action") == "unreact"
    return ReactionArrived(
        **_common(scope, peer),
        dedup_key=content_key("r", item),
        provider_id=short(target),
        emoji=None if removed else emoji,
    )


def read_edit(item: Object, edit: Object, scope: Scope) -> InboundEvent:
    """Return what a client made of a message of his."""
    peer, target, text = (
        scope.peer(item, is_ours=False),
        text_of(edit, "mid"),
        string_of(edit, "text"),
    )
    if peer is None or target is None or text is None:
        return note("message_edit", item, scope, why="unreadable")
    return MessageWasEdited(
        **_common(scope, peer),
        dedup_key=content_key("e", edit),
        provider_id=short(target),
        parts=(Text(text=text),),
    )


def _common(scope: Scope, peer: Peer) -> _Common:
    return _Common(account=scope.account, occurred_at=scope.now, peer=peer)


def _id_of(item: Object, named: Object) -> str:
    """Return the provider's id; what came without one is named by its content."""
    return short(text_of(named, "mid") or content_key("nameless", item))


def _own_echo(message: Object, scope: Scope) -> DeliveryReported | None:
    """
    Return that a message of ours has left, where the echo gives our own id back.

    It also says what became of a message whose answer was lost (M6).
    """
    metadata, mid = text_of(message, "metadata") or "", text_of(message, "mid")
    if not metadata.startswith(OURS) or mid is None:
        return None
    return DeliveryReported(
        account=scope.account,
        dedup_key=short(f"s:{mid}:sent"),
        occurred_at=scope.now,
        state=MessageState.SENT,
        provider_id=short(mid),
        correlation=metadata.removeprefix(OURS),
    )


def _referral(message: Object) -> str | None:
    """Return the advertisement, link or product that the client came from."""
    referral = object_of(message, "referral")
    return raw_text(referral) if referral else None
