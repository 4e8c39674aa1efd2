"""What clients write, and what is written to them from the provider's own app."""

from typing import Final, TypedDict

from adapters.channels.meta.notes import note
from adapters.channels.reading import (
    Object,
    content_key,
    flag_of,
    moment_of,
    object_of,
    raw_text,
    short,
    text_of,
)
from adapters.channels.whatsapp.content import kind_of_message, parts_of
from adapters.channels.whatsapp.scope import Scope
from domain.inbound import (
    AccountRef,
    EchoArrived,
    InboundEvent,
    MessageArrived,
    MessageWasDeleted,
    MessageWasEdited,
    Peer,
    ReactionArrived,
)
from domain.values import Timestamp

_NOT_BY_A_CLIENT: Final = frozenset({"system", "request_welcome"})


class _Common(TypedDict):
    account: AccountRef | None
    dedup_key: str
    occurred_at: Timestamp
    peer: Peer
    thread: str | None


def read_message(message: Object, scope: Scope) -> InboundEvent:
    """Return what one item of a list of messages says."""
    kind = kind_of_message(message)
    if kind in _NOT_BY_A_CLIENT:
        what = text_of(object_of(message, kind), "type")
        return note(f"{kind}.{what}" if what else kind, message, scope)
    peer = _party(message, "from", scope)
    if peer is None:
        return note("message-without-sender", message, scope, why="unreadable")
    common = _common(message, scope, peer)
    changed = _change_of_another(kind, message, common) or _reaction(kind, message, common)
    return changed or _arrived(message, common)


def read_echo(message: Object, scope: Scope) -> InboundEvent:
    """Return what somebody of ours did in the provider's app."""
    kind = kind_of_message(message)
    peer = _party(message, "to", scope)
    if peer is None:
        return note("echo-without-recipient", message, scope, why="unreadable")
    if kind == "reaction":
        return note("echo.reaction", message, scope)
    common = _common(message, scope, peer)
    changed = _change_of_another(kind, message, common)
    return changed or EchoArrived(**common, provider_id=_id_of(message), parts=parts_of(message))


def _party(message: Object, side: str, scope: Scope) -> Peer | None:
    """Return who is on one side of a message: `from` or `to`."""
    user_id, parent_id = f"{side}_user_id", f"{side}_parent_user_id"
    return scope.peer(*(text_of(message, key) for key in (side, user_id, parent_id)))


def _common(message: Object, scope: Scope, peer: Peer) -> _Common:
    return _Common(
        account=scope.account,
        dedup_key=f"m:{_id_of(message)}",
        occurred_at=moment_of(message, "timestamp", scope.now),
        peer=peer,
        thread=text_of(message, "group_id"),
    )


def _id_of(message: Object) -> str:
    """Return the provider's id; a message that came without one is named by its content."""
    return short(text_of(message, "id") or content_key("nameless", message))


def _arrived(message: Object, common: _Common) -> MessageArrived:
    context = object_of(message, "context")
    return MessageArrived(
        **common,
        provider_id=_id_of(message),
        parts=parts_of(message),
        reply_to=text_of(context, "id"),
        forwarded=flag_of(context, "forwarded") or flag_of(context, "frequently_forwarded"),
        referral=_referral(message, context),
    )


def _referral(message: Object, context: Object) -> str | None:
    """Return the advertisement, or the product in the catalogue, that the client came from."""
    if referral := object_of(message, "referral"):
        return raw_text(referral)
    product = object_of(context, "referred_product")
    return raw_text({"referred_product": product}) if product else None


def _change_of_another(
    kind: str, message: Object, common: _Common
) -> MessageWasEdited | MessageWasDeleted | None:
    """Return an edit or a deletion; each has an id of its own beside the one it is about."""
    if kind not in {"edit", "revoke"}:
        return None
    change = object_of(message, kind)
    original = text_of(change, "original_message_id")
    if original is None:
        return None
    if kind == "revoke":
        return MessageWasDeleted(**common, provider_id=short(original))
    return MessageWasEdited(
        **common, provider_id=short(original), parts=parts_of(object_of(change, "message"))
    )


def _reaction(kind: str, message: Object, common: _Common) -> ReactionArrived | None:
    reaction = object_of(message, "reaction") if kind == "reaction" else {}
    target = text_of(reaction, "message_id")
    if target is None:
        return None
    return ReactionArrived(**common, provider_id=short(target), emoji=text_of(reaction, "emoji"))
