"""What is told about messages, clients and the account, beside the messages themselves."""

from typing import Final, Literal

from adapters.channels.meta.notes import note
from adapters.channels.reading import (
    Object,
    content_key,
    moment_of,
    objects_of,
    short,
    text_of,
)
from adapters.channels.whatsapp.errors import reason_of
from adapters.channels.whatsapp.scope import Scope
from domain.chat.events import MessageState
from domain.inbound import Consent, ConsentChanged, DeliveryReported, InboundEvent

_STATES: Final = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "played": MessageState.PLAYED,
    "failed": MessageState.FAILED,
}

_ALSO_TOLD: Final = frozenset({"accepted", "deleted", "pending", "warning"})
"""States that change nothing about a message of ours."""

_CONSENTS: Final = {
    "stop": Consent.OPTED_OUT,
    "resume": Consent.OPTED_IN,
    "signup": Consent.OPTED_IN,
}


def read_status(status: Object, scope: Scope) -> InboundEvent:
    """Return what became of a message of ours; calls and payments report here, too."""
    about = text_of(status, "type") or "message"
    word = (text_of(status, "status") or "none").lower()
    provider_id = text_of(status, "id")
    correlation = text_of(status, "biz_opaque_callback_data")
    state = _STATES.get(word)
    if about != "message" or state is None or not (provider_id or correlation):
        is_known = about != "message" or word in _ALSO_TOLD
        why: Literal["notice", "unknown"] = "notice" if is_known else "unknown"
        return note(f"status.{about}.{word}", status, scope, why=why)
    failed = state is MessageState.FAILED
    return DeliveryReported(
        account=scope.account,
        dedup_key=short(f"s:{provider_id or correlation}:{word}"),
        occurred_at=moment_of(status, "timestamp", scope.now),
        state=state,
        provider_id=short(provider_id) if provider_id else None,
        correlation=correlation,
        error=reason_of(objects_of(status, "errors")) if failed else None,
    )


def read_preference(preference: Object, scope: Scope) -> InboundEvent:
    """Return a client's wish to get, or not to get, messages of a category."""
    peer = scope.peer(text_of(preference, "wa_id"), text_of(preference, "user_id"))
    consent = _CONSENTS.get((text_of(preference, "value") or "").lower())
    if peer is None or consent is None:
        return note("user_preferences", preference, scope, why="unknown")
    return ConsentChanged(
        account=scope.account,
        dedup_key=content_key("p", preference),
        occurred_at=moment_of(preference, "timestamp", scope.now),
        peer=peer,
        consent=consent,
        scope=text_of(preference, "category") or "all",
    )


def read_call(call: Object, scope: Scope) -> InboundEvent:
    """Return the record of a call, which the panel has no use for yet."""
    return note(f"call.{text_of(call, 'event') or 'unknown'}", call, scope)
