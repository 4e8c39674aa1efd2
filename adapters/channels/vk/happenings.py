"""What clients do beside writing: allow and forbid, read, react, press buttons."""

from typing import Final

from adapters.channels.reading import Object, int_of, raw_text, short, text_of
from adapters.channels.vk.content import option_in
from adapters.channels.vk.place import Place, peer_of
from adapters.channels.vk.scope import Scope
from domain.chat.events import MessageState
from domain.content import Choice
from domain.inbound import (
    Consent,
    ConsentChanged,
    DeliveryReported,
    InboundEvent,
    MessageArrived,
    ReactionArrived,
)

PRESSED: Final = "event:"
"""Begins the id of what is no message, but a button that was pressed."""

_CONSENTS: Final = {"message_allow": Consent.OPTED_IN, "message_deny": Consent.OPTED_OUT}

_REACTIONS: Final = {
    1: "❤️", 2: "🔥", 3: "😂", 4: "👍", 5: "💩", 6: "❓", 7: "😭", 8: "😡",
    9: "👎", 10: "👌", 11: "😃", 12: "🤔", 13: "🙏", 14: "😘", 15: "😍", 16: "🎉",
}  # fmt: skip
_ANOTHER: Final = "❔"


def read_consent(event: Object, scope: Scope) -> InboundEvent | None:
    """Return that a client lets the community write to him, or no longer does."""
    peer = peer_of(int_of(event, "user_id"))
    if peer is None:
        return None
    return ConsentChanged(
        account=scope.account,
        dedup_key=scope.key(),
        occurred_at=scope.now,
        peer=peer,
        consent=_CONSENTS[scope.kind],
    )


def read_reading(event: Object, scope: Scope) -> InboundEvent | None:
    """
    Return that a message of the community's was read.

    Where VK gives only its own number of it, which nobody else is told, all is taken for
    read that was sent until now: people read to the end.
    """
    place = Place.named(int_of(event, "peer_id") or int_of(event, "from_id"))
    number = int_of(event, "conversation_message_id") or int_of(event, "cmid")
    own = int_of(event, "read_message_id")
    if place is None or not (number or own):
        return None
    return DeliveryReported(
        account=scope.account,
        dedup_key=short(f"s:{place.peer}:{number or f'id{own}'}:read"),
        occurred_at=scope.now,
        state=MessageState.READ,
        provider_id=f"{place.peer}:{number}" if number else None,
        watermark=None if number else scope.now,
        peer=peer_of(place.peer),
        thread=place.thread,
    )


def read_reaction(event: Object, scope: Scope) -> InboundEvent | None:
    """Return the reaction that a client set, or None where he took it back."""
    place, peer = Place.named(int_of(event, "peer_id")), peer_of(int_of(event, "reacted_id"))
    target = place.message_id(event) if place else None
    if place is None or peer is None or target is None:
        return None
    number = int_of(event, "reaction_id")
    return ReactionArrived(
        account=scope.account,
        dedup_key=scope.key(),
        occurred_at=scope.now,
        peer=peer,
        thread=place.thread,
        provider_id=target,
        emoji=_REACTIONS.get(number, _ANOTHER) if number else None,
    )


def read_button(event: Object, scope: Scope) -> InboundEvent | None:
    """Return a pressed button that sent no message as the client's answer."""
    user = int_of(event, "user_id")
    place, peer = Place.named(int_of(event, "peer_id") or user), peer_of(user)
    id_ = text_of(event, "event_id") or text_of(scope.event, "event_id")
    payload = event.get("payload")
    if place is None or peer is None or id_ is None or payload in (None, "", {}):
        return None
    option = option_in(payload if isinstance(payload, str) else raw_text(payload))
    return MessageArrived(
        account=scope.account,
        dedup_key=short(f"c:{id_}"),
        occurred_at=scope.now,
        peer=peer,
        thread=place.thread,
        provider_id=short(f"{PRESSED}{id_}"),
        parts=(Choice(id=option, title=option),),
        reply_to=place.message_id(event),
    )
