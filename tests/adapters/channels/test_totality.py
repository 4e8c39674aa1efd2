"""No body, whatever is in it, makes an adapter fail or fall silent (M4)."""

import copy
import dataclasses
import os
import time
from collections.abc import Iterator
from enum import Enum
from random import Random
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.channels.base import ChannelAdapter
from adapters.channels.reading import raw_body
from domain.content import Text
from domain.inbound import FromPeer, InboundEvent, MessageArrived, Notice
from tests.adapters.channels.kit import (
    ANA,
    from_ana,
    graph_body,
    graph_change,
    paths_in,
    recordings,
    replaced,
    request,
    telegram,
    whatsapp,
)
from tests.adapters.channels.meta_kit import body as messaging_body
from tests.adapters.channels.meta_kit import instagram, messenger, said
from tests.adapters.channels.test_conformance import BUILT_IN, subject

ADAPTERS = pytest.mark.parametrize(
    "adapter",
    [whatsapp(), telegram(), messenger(), instagram()],
    ids=lambda adapter: adapter.meta.kind,
)
KEYS = st.sampled_from(
    [
        *("entry", "changes", "value", "field", "messages", "statuses", "contacts", "metadata"),
        *("from", "id", "type", "text", "body", "timestamp", "reaction", "edit", "interactive"),
        *("update_id", "message", "chat", "message_id", "photo", "callback_query", "data"),
        *("edited_message", "message_reaction", "my_chat_member", "date", "reply_to_message"),
        *("rich_message", "blocks", "cells", "new_chat_member", "status", "user_preferences"),
        *("messaging", "standby", "sender", "recipient", "postback", "attachments", "payload"),
        *("mid", "is_echo", "is_deleted", "watermark", "delivery", "read", "optin", "message_edit"),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8)
    | st.sampled_from(["text", "private", "kicked", "stop", "read", "9" * 5000, "\x00"])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=30,
)
JUNK: tuple[Any, ...] = (
    None,
    True,
    -1,
    1 << 63,
    1e300,
    "",
    "x\x00",
    [],
    {},
    [[]],
    [{}],
    {"id": {}},
)


def check(adapter: ChannelAdapter, body: bytes) -> list[InboundEvent]:
    """Parse a body, and check what holds for every event of every body."""
    events = adapter.parse(request(body))
    assert events
    for event in events:
        assert event.occurred_at.tzinfo is not None
        assert 0 < len(event.dedup_key) < 600
        if isinstance(event, FromPeer):
            assert event.peer.identities
        for text in texts_in(dataclasses.asdict(event)):
            assert "\x00" not in text
            text.encode()
        if isinstance(event, Notice) and event.why != "unreadable":
            orjson.loads(event.raw)
    return events


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str) and not isinstance(value, Enum):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_in(item)


@ADAPTERS
@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=200))
def test_any_bytes_are_read(adapter: ChannelAdapter, body: bytes) -> None:
    check(adapter, body)


@ADAPTERS
@settings(max_examples=80, deadline=None)
@given(value=st.dictionaries(KEYS, JSON, max_size=6))
def test_any_json_made_of_the_channels_own_words_is_read(
    adapter: ChannelAdapter, value: dict[str, Any]
) -> None:
    check(adapter, orjson.dumps(value))


@ADAPTERS
@settings(max_examples=60, deadline=None)
@given(message=st.dictionaries(KEYS, JSON, max_size=8))
def test_any_message_of_a_known_sender_is_shown_or_noted(
    adapter: ChannelAdapter, message: dict[str, Any]
) -> None:
    check(adapter, orjson.dumps(graph_body(graph_change(contacts=[ANA], messages=[message]))))
    check(adapter, orjson.dumps({"message": {**message, "chat": {"id": 1}}}))
    check(adapter, orjson.dumps(messaging_body(said(**message))))


@ADAPTERS
def test_a_wrong_type_at_any_key_of_a_recording_is_read(adapter: ChannelAdapter) -> None:
    """Some of the junk at each place, all of it over all places."""
    turn = 0
    for body in recordings(adapter.meta.kind).values():
        for path in paths_in(body):
            for junk in (JUNK[turn % 12], JUNK[(turn + 5) % 12], JUNK[(turn + 8) % 12]):
                check(adapter, orjson.dumps(replaced(body, path, junk)))
            turn += 1


BODIES = int(os.environ.get("RECADO_BODIES", "1000"))
"""How many bodies are made for each channel; `RECADO_BODIES=20000` for a long look."""


@pytest.mark.parametrize("kind", [kind for kind in BUILT_IN if kind != "email"])
def test_bodies_changed_at_random_in_several_places_are_read(kind: str) -> None:
    """What one recording or case holds also turns up in the middle of another."""
    chance, tried = Random(20300102), subject(kind)
    adapter, cases = tried.make(), tried.cases.inbound
    whole = [*recordings_of(kind), *(case.body for case in cases if case.body is not None)]
    for _ in range(BODIES):
        body = copy.deepcopy(chance.choice(whole))
        for _ in range(chance.randint(1, 6)):
            body = changed_at_random(body, whole, chance)
        check(adapter, as_form(body) if kind == "twilio" else orjson.dumps(body))


def recordings_of(kind: str) -> list[Any]:
    """Return what somebody else recorded of a channel; our own format nobody has."""
    return [] if kind == "webchat" else list(recordings(kind).values())


def as_form(body: Any) -> bytes:
    """Return a body as a form, which holds nothing but texts."""
    fields = body if isinstance(body, dict) else {"Body": body}
    return urlencode({k: v if isinstance(v, str) else repr(v) for k, v in fields.items()}).encode()


def changed_at_random(body: Any, others: list[Any], chance: Random) -> Any:
    """Return a body with a key gone, or with junk or a piece of another body in its place."""
    paths = list(paths_in(body))
    if not paths:
        return body
    path = chance.choice(paths)
    holder = body
    for step in path[:-1]:
        holder = holder[step]
    match chance.randrange(4):
        case 0:
            del holder[path[-1]]
        case 1:
            holder[path[-1]] = chance.choice(JUNK)
        case 2:
            holder[path[-1]] = [holder[path[-1]]] * chance.randint(0, 3)
        case _:
            other = chance.choice(others)
            for step in chance.choice(list(paths_in(other))):
                other = other[step]
            holder[path[-1]] = copy.deepcopy(other)
    return body


@ADAPTERS
def test_a_recording_cut_off_anywhere_is_unreadable_and_kept(adapter: ChannelAdapter) -> None:
    for body in recordings(adapter.meta.kind).values():
        whole = orjson.dumps(body)
        for end in range(0, len(whole), 61):
            (event,) = check(adapter, whole[:end])
            assert isinstance(event, Notice)
            assert (event.why, event.raw) == ("unreadable", raw_body(whole[:end]))


@ADAPTERS
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 3_000_000,
        b'{"entry":' * 300_000,
        b'{"message":' * 1000 + b"{}" + b"}" * 1000,
        b'{"entry":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"a":"' + b"\xff" * 3_000_000 + b'"}',
        b'{"a":' + b"9" * 3_000_000 + b"}",
        b'{"message":{"text":"' + b"x" * 3_000_000 + b'","chat":{"id":1}}}',
        b'{"a":"\\ud800","b":' + b"9" * 5000 + b"}",
        b'{"a":"\\ud800","b":' + b"9" * 400 + b"}",
        b'{"a":"\\ud800","b":' + b"1e999}",
        b'{"a":"\\ud800","b":' + b"[" * 3000 + b"]" * 3000 + b"}",
    ],
    ids=lambda body: f"{bytes(body[:16]).decode('latin-1')}-{len(body)}",
)
def test_bodies_made_to_hurt_are_read_in_no_time(adapter: ChannelAdapter, body: bytes) -> None:
    began = time.process_time()
    check(adapter, body)
    assert time.process_time() - began < 3


def test_a_full_batch_of_three_megabytes_is_read_in_no_time() -> None:
    """The provider sends at most 1,000 updates and 3 MB in one body."""
    text = {"body": "ç" * 1400}
    messages = [from_ana("text", text, id=f"wamid.{n}") for n in range(1000)]
    body = orjson.dumps(graph_body(graph_change(contacts=[ANA], messages=messages)))
    began = time.process_time()
    events = whatsapp().parse(request(body))
    assert time.process_time() - began < 3
    assert len([e for e in events if isinstance(e, MessageArrived)]) == 1000


WRONG: tuple[Any, ...] = (None, 7, [], {}, "\x00")
NEEDED_OF_A_TEXT = {"entry", "changes", "value", "messages", "text", "body"}


def test_a_whatsapp_text_is_read_whatever_else_is_missing_or_wrong() -> None:
    """M4"""
    body = graph_body(graph_change(contacts=[ANA], messages=[from_ana("text", {"body": "Oi"})]))
    for path in paths_in(body):
        if path[-1] in NEEDED_OF_A_TEXT:
            continue
        for junk in WRONG:
            events = check(whatsapp(), orjson.dumps(replaced(body, path, junk)))
            said = [e.parts for e in events if isinstance(e, MessageArrived)]
            assert said == [(Text(text="Oi"),)], (path, junk)


def test_a_telegram_text_is_read_whatever_else_is_missing_or_wrong() -> None:
    """M4"""
    person = {"id": 77, "is_bot": False, "first_name": "Ana"}
    message = {"message_id": 5, "from": person, "chat": {"id": 77, "type": "private"}, "date": 1}
    update = {"update_id": 1, "message": {**message, "text": "Oi", "entities": [{"offset": 0}]}}
    for path in paths_in(update):
        if path in {("message",), ("message", "text"), ("message", "chat")}:
            continue
        for junk in WRONG:
            if path == ("message", "chat", "id") and junk != 7:
                continue
            (event,) = check(telegram(), orjson.dumps(replaced(update, path, junk)))
            assert isinstance(event, MessageArrived), (path, junk)
            assert event.parts == (Text(text="Oi"),), (path, junk)
