"""
A WhatsApp webhook as canonical values.

One body holds several entries, changes and messages, of several numbers. What is read is
what a change holds, not the name of its field; whatever is not understood becomes a notice.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Final

from adapters.channels.base import RawRequest
from adapters.channels.meta import envelope
from adapters.channels.meta.envelope import Nobody
from adapters.channels.meta.notes import note, note_junk
from adapters.channels.reading import Object, list_of, object_of, text_of
from adapters.channels.whatsapp.messages import read_echo, read_message
from adapters.channels.whatsapp.others import read_call, read_preference, read_status
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

_PAST: Final = frozenset({"history"})
"""Messages of before the number was connected: nobody waits for an answer to them."""
_STANDBY: Final = frozenset({"standby"})

_KNOWN_FIELDS: Final = frozenset(
    {
        *_PAST,
        *_STANDBY,
        "account_alerts",
        "account_review_update",
        "account_settings_update",
        "account_update",
        "automatic_events",
        "business_capability_update",
        "business_status_update",
        "business_username_update",
        "flows",
        "group_lifecycle_update",
        "group_participants_update",
        "group_settings_update",
        "group_status_update",
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
        "tracking_events",
        "user_id_update",
    }
)


def parse(request: RawRequest, *, standby: bool = True) -> list[InboundEvent]:
    """
    Return everything that a body says: at least one value for each thing in it.

    `standby` says whether to read what clients write while another application answers them.
    """
    not_now = _PAST if standby else _PAST | _STANDBY
    return envelope.parse(
        request, partial(_read_entry, not_now=not_now), partial(_read_bare, not_now=not_now)
    )


def _read_bare(body: Object, now: datetime, not_now: frozenset[str]) -> Iterator[InboundEvent]:
    """Read a change without its envelope, as the provider's console shows and sends it."""
    if isinstance(body.get("value"), dict):
        yield from _read_change(body, now, not_now)
    elif any(key in body for key, _ in _READERS):
        yield from _read_change({"value": body}, now, not_now)
    else:
        yield note("body", body, Nobody(now), why="unknown")


def _read_entry(entry: Object, now: datetime, not_now: frozenset[str]) -> Iterator[InboundEvent]:
    changes = list_of(entry, "changes")
    if not changes:
        yield note("entry", entry, Nobody(now), why="unknown")
    yield from note_junk(changes, Nobody(now))
    for change in changes:
        if isinstance(change, dict):
            yield from _read_change(change, now, not_now)


def _read_change(change: Object, now: datetime, not_now: frozenset[str]) -> Iterator[InboundEvent]:
    value, field = object_of(change, "value"), text_of(change, "field") or "change"
    scope = _scope_of(value, now)
    found = False
    for key, read in () if field in not_now else _READERS:
        items = list_of(value, key)
        yield from note_junk(items, Nobody(now))
        for item in items:
            found = True
            if isinstance(item, dict):
                yield read(item, scope)
    if errors := list_of(value, "errors"):
        yield note("errors", errors, scope)
    elif not found:
        yield note(field, change, scope, why="notice" if field in _KNOWN_FIELDS else "unknown")


def _scope_of(value: Object, now: datetime) -> Scope:
    number = text_of(object_of(value, "metadata"), "phone_number_id")
    contacts = [contact for contact in list_of(value, "contacts") if isinstance(contact, dict)]
    return Scope(AccountRef(ACCOUNT_SCHEME, number) if number else None, contacts, now)
