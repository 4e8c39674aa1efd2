"""
A Twilio webhook as canonical values: a message, what became of one of ours, or a notice.

It carries no time; what it tells has just happened.
"""

from typing import Any, Final, Literal

from adapters.channels.base import RawRequest, unreadable
from adapters.channels.forms import fields_of
from adapters.channels.reading import (
    Object,
    Unreadable,
    content_key,
    load_object,
    raw_text,
    short,
    text_of,
)
from adapters.channels.twilio.address import account_of, address_of, peer_of, thread_of
from adapters.channels.twilio.consent import consent_of
from adapters.channels.twilio.content import is_message, parts_of
from adapters.channels.twilio.errors import reason_of
from domain.chat.events import MessageState
from domain.inbound import (
    AccountRef,
    ConsentChanged,
    DeliveryReported,
    InboundEvent,
    MessageArrived,
    Notice,
)

CORRELATION: Final = "message"
"""The parameter of a report's address that holds our message id."""

_STATES: Final = {
    "accepted": MessageState.QUEUED,
    "scheduled": MessageState.QUEUED,
    "queued": MessageState.QUEUED,
    "sending": MessageState.QUEUED,
    "sent": MessageState.SENT,
    "partially_delivered": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}
_OF_CONVERSATIONS: Final = ("onMessage", "onConversation", "onParticipant", "onDelivery", "onUser")
"""So begin the events of another product, whose talks are answered there."""
_Why = Literal["notice", "unknown", "unreadable"]
_SIDS: Final = ("MessageSid", "SmsSid", "SmsMessageSid")
_REFERRAL: Final = "Referral"


def parse(request: RawRequest, own: AccountRef) -> list[InboundEvent]:
    """Return everything that a body says; `own` is the sender that this account is for."""
    try:
        form = _form_in(request.body)
    except Unreadable as error:
        return [unreadable(request, error.code)]
    word = (text_of(form, "MessageStatus") or text_of(form, "SmsStatus") or "").lower()
    if word in _STATES and not text_of(form, "Body"):
        return [_report(form, word, request, own)]
    if (text_of(form, "EventType") or "").startswith(_OF_CONVERSATIONS):
        return [_note(form, request, "notice")]
    if is_message(form):
        return _message(form, request, own)
    return [_note(form, request, "unknown")]


def _form_in(body: bytes) -> Object:
    """Return the fields of a body; some webhooks are JSON, with a hash in their address."""
    return load_object(body) if body[:1] == b"{" else fields_of(body)


def _message(form: Object, request: RawRequest, own: AccountRef) -> list[InboundEvent]:
    peer, address = peer_of(form), address_of(form, "From")
    if peer is None or address is None:
        return [_note(form, request, "unreadable")]
    common: dict[str, Any] = {
        "account": _account(form, "To", own),
        "occurred_at": request.received_at,
        "peer": peer,
        "thread": thread_of(address),
    }
    sid = _sid(form) or content_key("nameless", form)
    arrived = MessageArrived(
        **common,
        dedup_key=f"m:{sid}",
        provider_id=sid,
        parts=parts_of(form),
        reply_to=text_of(form, "OriginalRepliedMessageSid"),
        forwarded=_says_yes(form, "Forwarded") or _says_yes(form, "FrequentlyForwarded"),
        referral=_referral(form),
    )
    consent = consent_of(form)
    if consent is None:
        return [arrived]
    return [arrived, ConsentChanged(**common, dedup_key=f"p:{sid}", consent=consent)]


def _report(form: Object, word: str, request: RawRequest, own: AccountRef) -> InboundEvent:
    sid = _sid(form)
    ours = request.query_named(CORRELATION)
    correlation = ours[0] if ours else None
    if sid is None and correlation is None:
        return _note(form, request, "unknown")
    state = _STATES[word]
    return DeliveryReported(
        account=_account(form, "From", own),
        dedup_key=short(f"s:{sid or correlation}:{word}"),
        occurred_at=request.received_at,
        state=state,
        provider_id=sid,
        correlation=correlation,
        error=reason_of(form) if state is MessageState.FAILED else None,
    )


def _account(form: Object, end: str, own: AccountRef) -> AccountRef | None:
    """Return which sender a body speaks of: our end of it, or the service that it is in."""
    address = address_of(form, end)
    names = {address, text_of(form, "MessagingServiceSid")}
    return own if own.value in names else account_of(address)


def _sid(form: Object) -> str | None:
    sid = next((sid for key in _SIDS if (sid := text_of(form, key))), None)
    return None if sid is None else short(sid)


def _referral(form: Object) -> str | None:
    """Return the advertisement that the client came from."""
    told = {
        key.removeprefix(_REFERRAL): value
        for key, value in form.items()
        if key.startswith(_REFERRAL) and key != "ReferralNumMedia" and value
    }
    return raw_text(told) if told else None


def _says_yes(form: Object, key: str) -> bool:
    return (text_of(form, key) or "").lower() == "true"


def _note(form: Object, request: RawRequest, why: _Why) -> Notice:
    event = text_of(form, "EventType") or text_of(form, "MessageStatus")
    return Notice(
        account=None,
        dedup_key=content_key("n", form),
        occurred_at=request.received_at,
        code=short(event or "form"),
        raw=raw_text(form),
        why=why,
    )
