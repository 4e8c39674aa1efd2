"""What is told about messages and clients, beside the messages themselves."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from adapters.channels.meta.messaging.scope import Scope
from adapters.channels.meta.notes import note
from adapters.channels.reading import Object, content_key, moment_of, short, text_of
from domain.chat.events import MessageState
from domain.inbound import Consent, ConsentChanged, DeliveryReported, InboundEvent

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_OPTED_OUT: Final = "STOP_NOTIFICATIONS"


def read_delivery(item: Object, delivery: Object, scope: Scope) -> Iterator[InboundEvent]:
    """Return that messages were delivered: those named, and all up to a time."""
    mids = delivery.get("mids")
    for mid in mids if isinstance(mids, list) else ():
        if isinstance(mid, str) and mid:
            yield _reported(mid, MessageState.DELIVERED, scope)
    yield from _up_to(item, delivery, MessageState.DELIVERED, scope)


def read_seen(item: Object, read: Object, scope: Scope) -> Iterator[InboundEvent]:
    """Return that a message was read (Instagram), or all up to a time (Messenger)."""
    if mid := text_of(read, "mid"):
        yield _reported(mid, MessageState.READ, scope)
    yield from _up_to(item, read, MessageState.READ, scope)


def read_optin(item: Object, optin: Object, scope: Scope) -> InboundEvent:
    """Return a client's wish to be written to, or not to be."""
    peer = scope.peer(item, is_ours=False)
    if peer is None:
        # Who ticked a box on a web page has no id until he is first written to.
        return note("optin", item, scope)
    stopped = text_of(optin, "notification_messages_status") == _OPTED_OUT
    return ConsentChanged(
        account=scope.account,
        dedup_key=content_key("o", item),
        occurred_at=scope.now,
        peer=peer,
        consent=Consent.OPTED_OUT if stopped else Consent.OPTED_IN,
        scope=text_of(optin, "topic") or text_of(optin, "type") or "all",
    )


def _reported(mid: str, state: MessageState, scope: Scope) -> DeliveryReported:
    return DeliveryReported(
        account=scope.account,
        dedup_key=short(f"s:{mid}:{state.value}"),
        occurred_at=scope.now,
        state=state,
        provider_id=short(mid),
    )


def _up_to(
    item: Object, report: Object, state: MessageState, scope: Scope
) -> Iterator[InboundEvent]:
    peer = scope.peer(item, is_ours=False)
    watermark = moment_of(report, "watermark", _NEVER)
    if peer is None or watermark == _NEVER:
        return
    yield DeliveryReported(
        account=scope.account,
        dedup_key=content_key("w", peer.identities[0].value, state.value, watermark.isoformat()),
        occurred_at=scope.now,
        state=state,
        watermark=watermark,
        peer=peer,
    )
