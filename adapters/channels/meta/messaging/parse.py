"""
A webhook of Messenger's or Instagram's as canonical values.

What is read is what an item holds, not the list it stands in: while another application
holds the thread the same items come as `standby`, and the console sends them as changes.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Final

from adapters.channels.base import RawRequest
from adapters.channels.meta import envelope
from adapters.channels.meta.messaging.messages import (
    read_edit,
    read_message,
    read_postback,
    read_reaction,
)
from adapters.channels.meta.messaging.others import read_delivery, read_optin, read_seen
from adapters.channels.meta.messaging.scope import Product, Scope
from adapters.channels.meta.notes import note, note_junk
from adapters.channels.reading import Object, list_of, object_of, text_of
from domain.inbound import InboundEvent

_LISTS: Final = ("messaging", "standby")
_STANDBY: Final = "standby"

_TOLD: Final = frozenset(
    {
        "account_linking",
        "app_roles",
        "calls",
        "checkout_update",
        "customer_information",
        "game_play",
        "message_context",
        "messaging_customer_information",
        "messaging_feedback",
        "pass_metadata",
        "pass_thread_control",
        "payment",
        "policy-enforcement",
        "policy_enforcement",
        "pre_checkout",
        "referral",
        "request_thread_control",
        "take_thread_control",
        "typing",
    }
)
"""Kinds of items that say something that no chat is told about."""

_FRAME: Final = frozenset({"sender", "recipient", "timestamp", "prior_message"})

_OF_TALKS: Final = ("messag", "standby", "conversation")
"""How changes are called that tell of talks; all others are of a Page or a profile."""


def parse(request: RawRequest, product: Product) -> list[InboundEvent]:
    """Return everything that a body says: at least one value for each thing in it."""
    return envelope.parse(
        request, partial(_read_entry, product=product), partial(_read_bare, product=product)
    )


def _read_bare(body: Object, now: datetime, product: Product) -> Iterator[InboundEvent]:
    """Read a body without its envelope: an entry, a change or an item."""
    scope = Scope(product, None, now)
    if any(list_of(body, key) for key in (*_LISTS, "changes")):
        yield from _read_entry(body, now, product)
    elif isinstance(body.get("value"), dict):
        yield from _read_change(body, scope)
    elif _is_item(body):
        yield from _read_item(body, scope.at(body))
    else:
        yield note("body", body, scope, why="unknown")


def _read_entry(entry: Object, now: datetime, product: Product) -> Iterator[InboundEvent]:
    scope = Scope(product, text_of(entry, "id"), now)
    found = False
    for key in _LISTS:
        items = list_of(entry, key)
        found = found or bool(items)
        yield from note_junk(items, scope)
        for item in items:
            if isinstance(item, dict) and key == _STANDBY:
                yield from _read_standby(item, scope.at(item))
            elif isinstance(item, dict):
                yield from _read_item(item, scope.at(item))
    changes = list_of(entry, "changes")
    yield from note_junk(changes, scope)
    for change in changes:
        if isinstance(change, dict):
            yield from _read_change(change, scope)
    if not (found or changes):
        yield note("entry", entry, scope, why="unknown")


def _read_standby(item: Object, scope: Scope) -> Iterator[InboundEvent]:
    if scope.product.reads_standby and _is_item(item):
        yield from _read_item(item, scope)
    else:
        yield note(_STANDBY, item, scope)


def _read_change(change: Object, scope: Scope) -> Iterator[InboundEvent]:
    value, field = object_of(change, "value"), text_of(change, "field") or "change"
    if _is_item(value) and ("sender" in value or "recipient" in value):
        yield from _read_item(value, scope.at(value))
    else:
        is_of_talks = field == "change" or field.startswith(_OF_TALKS)
        yield note(field, change, scope, why="unknown" if is_of_talks else "notice")


def _is_item(value: Object) -> bool:
    return any(isinstance(value.get(key), dict) for key in (*_ONE, *_MANY, *_TOLD))


def _read_item(item: Object, scope: Scope) -> Iterator[InboundEvent]:
    found = False
    for key, read in _ONE.items():
        if isinstance(item.get(key), dict):
            found = True
            yield read(item, item[key], scope)
    for key, read_all in _MANY.items():
        if isinstance(item.get(key), dict):
            events = list(read_all(item, item[key], scope))
            found = found or bool(events)
            yield from events
    if not found:
        told = next((key for key in item if key in _TOLD), None)
        what = told or next((key for key in item if key not in _FRAME), "nothing")
        yield note(what, item, scope, why="notice" if told else "unknown")


_ONE: Final = {
    "message": read_message,
    "postback": read_postback,
    "reaction": read_reaction,
    "message_edit": read_edit,
    "optin": read_optin,
}
_MANY: Final = {"delivery": read_delivery, "read": read_seen}
