"""What clients do beside writing: press buttons, react, delete, block and come back."""

from typing import Final

from adapters.channels.reading import (
    Object,
    int_of,
    list_of,
    moment_of,
    object_of,
    objects_of,
    short,
    text_of,
)
from adapters.channels.telegram.place import Place
from adapters.channels.telegram.scope import Scope, peer_of
from domain.content import Choice
from domain.inbound import (
    Consent,
    ConsentChanged,
    InboundEvent,
    MessageArrived,
    MessageWasDeleted,
    ReactionArrived,
)

PRESSED: Final = "callback:"
"""Begins the id of what is no message, but a button that was pressed."""

_CONSENTS: Final = {
    "kicked": Consent.BLOCKED,
    "left": Consent.BLOCKED,
    "member": Consent.OPTED_IN,
}

_EMOJI_WITHOUT_A_CHARACTER: Final = {"paid": "⭐"}
_CUSTOM_EMOJI: Final = "❔"


def read_button(query: Object, scope: Scope) -> list[InboundEvent]:
    """Return a pressed button as the client's answer; it has no time of its own."""
    message = object_of(query, "message")
    place = Place.of_message(message)
    peer = peer_of(object_of(query, "from"), place) if place else None
    id_ = short(text_of(query, "id") or "")
    data = text_of(query, "data") or text_of(query, "game_short_name")
    if place is None or peer is None or not id_ or data is None:
        return []
    return [
        MessageArrived(
            account=None,
            dedup_key=f"c:{id_}",
            occurred_at=scope.now,
            peer=peer,
            thread=place.thread,
            provider_id=f"{PRESSED}{id_}",
            parts=(Choice(id=data, title=_label(message, data)),),
            reply_to=place.message_id(message),
        )
    ]


def _label(message: Object, data: str) -> str:
    """Return what stood on the button."""
    for row in list_of(object_of(message, "reply_markup"), "inline_keyboard"):
        for button in row if isinstance(row, list) else ():
            if isinstance(button, dict) and text_of(button, "callback_data") == data:
                return text_of(button, "text") or data
    return data


def read_reaction(reaction: Object, scope: Scope) -> list[InboundEvent]:
    """Return the emoji that was added last, or None where all were taken back."""
    place = Place.of_message(reaction)
    who = object_of(reaction, "user") or object_of(reaction, "actor_chat")
    peer = peer_of(who, place) if place else None
    target = place.message_id(reaction) if place else None
    if place is None or peer is None or target is None:
        return []
    before = objects_of(reaction, "old_reaction")
    now = objects_of(reaction, "new_reaction")
    added = [one for one in now if one not in before] or now
    return [
        ReactionArrived(
            account=None,
            dedup_key=scope.key(),
            occurred_at=moment_of(reaction, "date", scope.now),
            peer=peer,
            thread=place.thread,
            provider_id=target,
            emoji=_emoji(added[0]) if added else None,
        )
    ]


def _emoji(reaction: Object) -> str:
    known = _EMOJI_WITHOUT_A_CHARACTER.get(text_of(reaction, "type") or "")
    return known or text_of(reaction, "emoji") or _CUSTOM_EMOJI


def read_deletions(deletion: Object, scope: Scope) -> list[InboundEvent]:
    """Return every message that was deleted in a business chat."""
    place = Place.of_message(deletion)
    peer = peer_of(object_of(deletion, "chat"), place) if place else None
    if place is None or peer is None:
        return []
    numbers = [int_of({"id": number}, "id") for number in list_of(deletion, "message_ids")]
    return [
        MessageWasDeleted(
            account=None,
            dedup_key=scope.key(number),
            occurred_at=scope.now,
            peer=peer,
            thread=place.thread,
            provider_id=place.id_of(number),
        )
        for number in numbers
        if number is not None
    ]


def read_membership(change: Object, scope: Scope) -> list[InboundEvent]:
    """Return that a client blocked the bot or came back; in a group it is nobody's wish."""
    place = Place.of_message(change)
    consent = _CONSENTS.get(text_of(object_of(change, "new_chat_member"), "status") or "")
    peer = peer_of(object_of(change, "from"), place) if place else None
    if place is None or peer is None or consent is None or not place.is_private:
        return []
    return [
        ConsentChanged(
            account=None,
            dedup_key=scope.key(),
            occurred_at=moment_of(change, "date", scope.now),
            peer=peer,
            consent=consent,
        )
    ]
