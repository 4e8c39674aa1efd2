"""
A WhatsApp webhook as canonical values.

One body holds several entries, changes and messages, of several numbers. What is read is
what a change holds, not the name of its field; whatever is not understood becomes a notice.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from adapters.channels.base import RawRequest, unreadable
from adapters.channels.reading import (
    Object,
    Unreadable,
    list_of,
    load_object,
    moment_of,
    object_of,
    text_of,
)
from adapters.channels.whatsapp.messages import read_echo, read_message
from adapters.channels.whatsapp.others import note, read_call, read_preference, read_status
from adapters.channels.whatsapp.scope import ACCOUNT_SCHEME, Scope
from domain.inbound import AccountRef, InboundEvent

__all__ = ["ACCOUNT_SCHEME", "parse"]

_READERS: Final[tuple[tuple[str, Callable[[Object, Scope], InboundEvent]], ...]] = (
    ("messages", read_message),
    ("statuses", read_status),
    ("message_echoes", read_echo),
    ("user_preferences", read_preference),
    ("calls", read_call),
)

_NOT_NOW: Final = frozenset({"history", "standby"})
"""Messages of the past, and of chats that another application answers: not ours to answer."""

_KNOWN_FIELDS: Final = frozenset(
    {
        *_NOT_NOW,
        "account_alerts",
        "account_review_update",
        "account_settings_update",
        "account_update",
        "business_capability_update",
        "business_status_update",
        "flows",
        "message_template_components_update",
        "message_template_quality_update",
        "message_template_status_update",
        "messaging_handovers",
        "partner_solutions",
        "payment_configuration_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "security",
        "smb_app_state_sync",
        "template_category_update",
        "template_correct_category_detection",
        "user_id_update",
    }
)


def parse(request: RawRequest) -> list[InboundEvent]:
    """Return everything that a body says: at least one value for each thing in it."""
    try:
        body = load_object(request.body)
    except Unreadable as error:
        return [unreadable(request, error.code)]
    return list(_read_body(body, request.received_at))


def _read_body(body: Object, now: datetime) -> Iterator[InboundEvent]:
    entries = list_of(body, "entry")
    if not entries:
        yield from _read_bare(body, now)
        return
    yield from _read_junk(entries, now)
    for entry in entries:
        if isinstance(entry, dict):
            yield from _read_entry(entry, now)


def _read_bare(body: Object, now: datetime) -> Iterator[InboundEvent]:
    """Read a change without its envelope, as the provider's console shows and sends it."""
    if isinstance(body.get("value"), dict):
        yield from _read_change(body, now)
    elif any(key in body for key, _ in _READERS):
        yield from _read_change({"value": body}, now)
    else:
        yield note("body", body, Scope.of_nobody(now), why="unknown")


def _read_entry(entry: Object, now: datetime) -> Iterator[InboundEvent]:
    sent_at = moment_of(entry, "time", now)
    changes = list_of(entry, "changes")
    if not changes:
        yield note("entry", entry, Scope.of_nobody(sent_at), why="unknown")
    yield from _read_junk(changes, sent_at)
    for change in changes:
        if isinstance(change, dict):
            yield from _read_change(change, sent_at)


def _read_change(change: Object, now: datetime) -> Iterator[InboundEvent]:
    value, field = object_of(change, "value"), text_of(change, "field") or "change"
    scope = _scope_of(value, now)
    found = False
    for key, read in () if field in _NOT_NOW else _READERS:
        items = list_of(value, key)
        yield from _read_junk(items, now)
        for item in items:
            found = True
            if isinstance(item, dict):
                yield read(item, scope)
    if errors := list_of(value, "errors"):
        yield note("errors", errors, scope)
    elif not found:
        yield note(field, change, scope, why="notice" if field in _KNOWN_FIELDS else "unknown")


def _read_junk(items: list[Any], now: datetime) -> Iterator[InboundEvent]:
    """Keep, in one notice, what stands in a list of objects and is none."""
    if junk := [item for item in items if not isinstance(item, dict)]:
        yield note("not-an-object", junk, Scope.of_nobody(now), why="unreadable")


def _scope_of(value: Object, now: datetime) -> Scope:
    number = text_of(object_of(value, "metadata"), "phone_number_id")
    contacts = [contact for contact in list_of(value, "contacts") if isinstance(contact, dict)]
    return Scope(AccountRef(ACCOUNT_SCHEME, number) if number else None, contacts, now)
