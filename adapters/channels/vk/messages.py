"""What clients write and change, and what is written to them from VK itself."""

from adapters.channels.reading import (
    Object,
    content_key,
    flag_of,
    int_of,
    moment_of,
    object_of,
    objects_of,
    raw_text,
    text_of,
)
from adapters.channels.vk.content import parts_of
from adapters.channels.vk.place import Place, author_of, peer_of
from adapters.channels.vk.scope import Scope
from domain.inbound import (
    EchoArrived,
    InboundEvent,
    MessageArrived,
    MessageWasDeleted,
    MessageWasEdited,
    Peer,
)


def read_message(event: Object, scope: Scope) -> InboundEvent | None:
    """Return a new message, an echo of one of the community's, or what happened in a chat."""
    message = object_of(event, "message") or event
    if action := object_of(message, "action"):
        return scope.note("notice", f"service.{text_of(action, 'type') or 'unknown'}")
    if _is_ours(message, scope):
        return read_echo(message, scope)
    place, peer = Place.of_message(message), peer_of(author_of(message))
    if place is None or peer is None:
        return None
    id_ = _id_of(message, place)
    return MessageArrived(
        account=scope.account,
        dedup_key=f"m:{id_}",
        occurred_at=moment_of(message, "date", scope.now),
        peer=peer,
        thread=place.thread,
        provider_id=id_,
        parts=parts_of(message),
        reply_to=_reply_to(message, place),
        forwarded=bool(objects_of(message, "fwd_messages")),
        referral=_referral(message),
    )


def read_echo(event: Object, scope: Scope) -> InboundEvent | None:
    """Return what was sent to a client from VK itself, or comes back of what we sent."""
    message = object_of(event, "message") or event
    place, peer = Place.of_message(message), _receiver(message)
    if place is None or peer is None:
        return None
    id_ = _id_of(message, place)
    return EchoArrived(
        account=scope.account,
        dedup_key=f"m:{id_}",
        occurred_at=moment_of(message, "date", scope.now),
        peer=peer,
        thread=place.thread,
        provider_id=id_,
        parts=parts_of(message),
    )


def read_edit(event: Object, scope: Scope) -> InboundEvent | None:
    """Return a message as it reads after a change, or that it is gone."""
    message = object_of(event, "message") or event
    place = Place.of_message(message)
    peer = _receiver(message) if _is_ours(message, scope) else peer_of(author_of(message))
    if place is None or peer is None:
        return None
    at = moment_of(message, "update_time", moment_of(message, "date", scope.now))
    id_ = _id_of(message, place)
    if int_of(message, "deleted") == 1 or flag_of(message, "deleted"):
        return MessageWasDeleted(
            account=scope.account,
            dedup_key=scope.key(),
            occurred_at=at,
            peer=peer,
            thread=place.thread,
            provider_id=id_,
        )
    return MessageWasEdited(
        account=scope.account,
        dedup_key=scope.key(),
        occurred_at=at,
        peer=peer,
        thread=place.thread,
        provider_id=id_,
        parts=parts_of(message),
    )


def _id_of(message: Object, place: Place) -> str:
    """Return the provider's id; a message that came without one is named by its content."""
    return place.message_id(message) or f"{place.peer}:{content_key('nameless', message)}"


def _is_ours(message: Object, scope: Scope) -> bool:
    """Return whether the community itself wrote it."""
    ours = scope.account is not None and str(author_of(message)) == f"-{scope.account.value}"
    return ours or int_of(message, "out") == 1


def _receiver(message: Object) -> Peer | None:
    """Return whom the community wrote to; in a chat of many, the chat."""
    place = Place.of_message(message)
    return peer_of(place.peer) if place else None


def _reply_to(message: Object, place: Place) -> str | None:
    return place.message_id(object_of(message, "reply_message"))


def _referral(message: Object) -> str | None:
    """Return the mark of the link (`vk.me/…?ref=…`) that the client came by."""
    told = {key: value for key in ("ref", "ref_source") if (value := text_of(message, key))}
    return raw_text(told) if told else None
