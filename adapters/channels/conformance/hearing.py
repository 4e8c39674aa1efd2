"""What is read: everything, always the same, whatever it looks like (M1, M4)."""

import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any, Final

import orjson

from adapters.channels.base import ChannelAdapter, InboundEvent, RawRequest
from adapters.channels.conformance.cases import InboundCase, raw_request, with_body
from adapters.channels.conformance.matching import differences, plain
from adapters.channels.conformance.mutants import (
    at,
    backwards,
    bodies,
    hurtful,
    mistyped,
    replaced,
    with_one_key_more,
    without_one_key,
)
from adapters.channels.conformance.subject import Subject
from domain.chat.events import MessageState
from domain.content import kind_of, words_of
from domain.inbound import DeliveryReported, FromPeer, Inbound, MessageArrived, Notice

SLOW: Final = 5.0
"""Seconds for one body: far more than any machine needs, far less than a hang."""
_LONGEST_KEY: Final = 600


def expectations(subject: Subject) -> Iterator[str]:
    """Yield every case that does not give what it says."""
    adapter = subject.make()
    if not subject.cases.inbound:
        yield "there is no NAME.inbound.json"
    heard = False
    for case in subject.cases.inbound:
        request = subject.request(case)
        events = heard_by(adapter, request)
        heard = heard or any(isinstance(event, MessageArrived) for event in events)
        wanted = case.expect.get("events")
        if wanted is not None:
            yield from (f"{case.name}: {d}" for d in differences(wanted, plain(events)))
        if "ack" in case.expect:
            told = differences(case.expect["ack"], plain(adapter.ack(request)))
            yield from (f"{case.name}: ack {d}" for d in told)
    if subject.cases.inbound and not heard:
        yield "no case gives a message"


def heard_by(adapter: ChannelAdapter, request: RawRequest) -> list[InboundEvent]:
    """Return what is read in a request; nothing where the adapter fails, which `totality` tells."""
    try:
        return list(adapter.parse(request))
    except Exception:
        return []


def totality(subject: Subject) -> Iterator[str]:
    """Yield every body on which the adapter fails, falls silent or hangs."""
    adapter = subject.make()
    for request in (*hurtful(subject), *mistyped(subject)):
        began = time.perf_counter()
        what = _failure(adapter, request)
        if time.perf_counter() - began > SLOW:
            what = f"takes longer than {SLOW:.0f} s"
        if what is not None:
            yield f"a body of {len(request.body)} bytes {request.body[:60]!r}: {what}"


def _failure(adapter: ChannelAdapter, request: RawRequest) -> str | None:
    try:
        events: Any = adapter.parse(request)
    except Exception as error:
        return f"raises {type(error).__name__}"
    if not isinstance(events, list) or not all(isinstance(e, Inbound) for e in events):
        return "gives no list of events"
    return None if events else "gives nothing"


def tolerance(subject: Subject) -> Iterator[str]:
    """Yield every key whose absence, or presence, loses a message."""
    adapter, needed = subject.make(), subject.cases.account.needed
    for case in [c for c in subject.cases.inbound if isinstance(c.body, dict)]:
        before = _gists(heard_by(adapter, subject.request(case)))
        for path, changed in with_one_key_more(case):
            after = heard_by(adapter, subject.request(changed))
            if after and _gists(after) != before:
                yield f"{case.name}: a key that nobody knows, in {path}, changes what is read"
        for path, changed in without_one_key(case) if needed else ():
            after = heard_by(adapter, subject.request(changed))
            is_needed = bool(needed.intersection(path[-1:]))
            if not is_needed and after and len(_gists(after)) < len(before):
                yield f"{case.name}: without {path} something is lost"


def _gists(events: list[InboundEvent]) -> list[tuple[str, str]]:
    """Return what the events are and say, but for those that are merely kept."""
    told = [(event, getattr(event, "parts", ())) for event in events]
    return [
        (type(event).__name__, f"{kind_of(parts)} {words_of(parts)}")
        for event, parts in told
        if not isinstance(event, Notice)
    ]


def determinism(subject: Subject) -> Iterator[str]:
    """Yield every event whose name is not the same in each delivery."""
    adapter = subject.make()
    for case in subject.cases.inbound:
        request = subject.request(case)
        keys = _keys(adapter, request)
        if keys != _keys(subject.make(), request):
            yield f"{case.name}: read twice, it has other keys"
        later = replace(request, received_at=request.received_at + timedelta(hours=5))
        if keys != _keys(adapter, later):
            yield f"{case.name}: delivered again later, it has other keys"
        if isinstance(case.body, dict):
            turned = subject.request(with_body(case, backwards(case.body)))
            if keys != _keys(adapter, turned):
                yield f"{case.name}: with its members in another order, it has other keys"
        yield from _shared_keys(case, heard_by(adapter, request))
    yield from _rebatched(subject, adapter)


def _keys(adapter: ChannelAdapter, request: RawRequest) -> list[str]:
    return [event.dedup_key for event in heard_by(adapter, request)]


def _shared_keys(case: InboundCase, events: list[InboundEvent]) -> Iterator[str]:
    by_key: dict[str, InboundEvent] = {}
    for event in events:
        other = by_key.setdefault(event.dedup_key, event)
        if type(other) is not type(event) or _state(other) != _state(event):
            yield f"{case.name}: two things have the key {event.dedup_key!r}"
        if isinstance(event, DeliveryReported) and event.dedup_key == f"m:{event.provider_id}":
            yield f"{case.name}: a delivery report has the key of its message"


def _state(event: InboundEvent) -> MessageState | None:
    return event.state if isinstance(event, DeliveryReported) else None


def _rebatched(subject: Subject, adapter: ChannelAdapter) -> Iterator[str]:
    """Yield whether bodies merged into one, in another order, have other keys."""
    path = subject.cases.account.batch
    if not path:
        return
    batches = [body for body in bodies(subject) if _list_at(body, path)]
    if not batches:
        return
    alone = {key for body in batches for key in _keys_of(subject, adapter, body)}
    items = [item for body in batches for item in at(body, path)]
    merged = replaced(batches[0], path, items[::-1])
    if set(_keys_of(subject, adapter, merged)) != alone:
        yield "merged into one body, in another order, the events have other keys"
    for item in items:
        if not set(_keys_of(subject, adapter, replaced(batches[0], path, [item]))) <= alone:
            yield "split from its body, an event has another key"


def _list_at(body: Any, path: tuple[Any, ...]) -> bool:
    try:
        return isinstance(at(body, path), list)
    except (KeyError, TypeError, IndexError):
        return False


def _keys_of(subject: Subject, adapter: ChannelAdapter, body: Any) -> list[str]:
    empty = raw_request(subject.cases.account, {"body": {}})
    return _keys(adapter, replace(empty, body=orjson.dumps(body)))


def safety(subject: Subject) -> Iterator[str]:
    """Yield every event that cannot be stored, and every place where a secret shows."""
    adapter, secrets = subject.make(), subject.secrets()
    for case in subject.cases.inbound:
        for event in heard_by(adapter, subject.request(case)):
            yield from (f"{case.name}: {what}" for what in _unfit(event))
            if any(secret in repr(event) for secret in secrets):
                yield f"{case.name}: a secret of the account is in what is recorded"
    for request in (*mistyped(subject), *hurtful(subject)):
        for event in heard_by(adapter, request):
            body = request.body[:60]
            yield from (f"a body {body!r}: {what}" for what in _unfit(event))
    if any(secret in f"{adapter!r} {subject.config()!r}" for secret in secrets):
        yield "a secret shows in the repr of the adapter or of its configuration"


def _unfit(event: InboundEvent) -> Iterator[str]:
    if event.occurred_at.tzinfo is None:
        yield "a time without a zone"
    if not 0 < len(event.dedup_key) <= _LONGEST_KEY:
        yield f"a key of {len(event.dedup_key)} characters"
    if isinstance(event, FromPeer) and not event.peer.identities:
        yield "somebody without an identity"
    if isinstance(event, FromPeer) and not all(i.scheme and i.value for i in event.peer.identities):
        yield "an identity without a scheme or a value"
    if any("\x00" in text or not _is_utf8(text) for text in _texts(asdict(event))):
        yield "a text that cannot be stored"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
