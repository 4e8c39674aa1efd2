"""Webhooks of this provider's three products that others recorded: nothing is lost (M4)."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.channels.base import ChannelAdapter
from domain.content import Choice, Media, Share, Unsupported, words_of
from domain.inbound import (
    EchoArrived,
    MessageArrived,
    MessageWasDeleted,
    Notice,
)
from tests.adapters.channels.kit import json_request, recordings, without_each_key
from tests.adapters.channels.meta_kit import ALL, BOTH

EACH = pytest.mark.parametrize("adapter", BOTH, ids=lambda adapter: adapter.meta.kind)
ALL_THREE = pytest.mark.parametrize("adapter", ALL, ids=lambda adapter: adapter.meta.kind)
FILES = {"image": "image", "audio": "audio", "video": "video", "file": "document"}
MADE_UP = {
    "botman-it_calls_generic_event_for_unkown_facebook_events",
    "botman-it_returns_the_message-2",
    "bottender-otherRequest",
}
"""Recordings whose authors wanted something that nobody understands."""
FRAME = {"entry", "messaging", "standby", "sender", "message", "postback", "id"}
"""Without a sender's id, too, nobody can be answered: such a message is kept as a notice."""


def items_in(body: Any) -> Iterator[dict[str, Any]]:
    """Yield every item of a body, found without the adapter."""
    entries = body.get("entry", [{"messaging": [body]}])
    for entry in entries:
        for key in ("messaging", "standby"):
            yield from entry.get(key, ())


def keys_of(adapter: ChannelAdapter, body: Any) -> list[str]:
    return [event.dedup_key for event in adapter.parse(json_request(body))]


@EACH
def test_every_recorded_message_arrives_once_with_its_kind_words_and_file(
    adapter: ChannelAdapter,
) -> None:
    seen = 0
    for name, body in recordings(adapter.meta.kind).items():
        events = adapter.parse(json_request(body))
        for item in items_in(body):
            if "message" in item:
                seen += 1
                message = item["message"]
                (event,) = [e for e in events if getattr(e, "provider_id", "") == message["mid"]]
                check_message(name, message, event)
            if "postback" in item:
                seen += 1
                (event,) = events
                assert isinstance(event, MessageArrived), name
                (choice,) = event.parts
                assert isinstance(choice, Choice), name
                assert choice.id == item["postback"]["payload"], name
    assert seen >= 8


def check_message(name: str, message: dict[str, Any], event: Any) -> None:
    if message.get("is_deleted"):
        assert isinstance(event, MessageWasDeleted), name
        return
    assert isinstance(event, EchoArrived if message.get("is_echo") else MessageArrived), name
    if "text" in message:
        assert words_of(event.parts[:1]) == message["text"], name
    for attachment, part in zip(message.get("attachments", ()), event.parts, strict=False):
        link = (attachment.get("payload") or {}).get("url")
        if attachment["type"] in FILES:
            assert isinstance(part, Media), name
            assert (part.media.value, part.reference) == (FILES[attachment["type"]], link), name
        elif link is not None:
            assert isinstance(part, Share), name
            assert part.link == link, name


@ALL_THREE
def test_nothing_recorded_is_not_understood_that_should_have_been(adapter: ChannelAdapter) -> None:
    """M4: the rate is reported with the test, and is nought."""
    events = [
        (name, event)
        for name, body in recordings(adapter.meta.kind).items()
        for event in adapter.parse(json_request(body))
    ]
    lost = [(name, what) for name, event in events if (what := not_understood(event))]
    lost = [(name, what) for name, what in lost if name not in MADE_UP]
    rate = len(lost) / len(events)
    print(f"{adapter.meta.kind}: {len(lost)} of {len(events)} not understood ({rate:.2%})")  # noqa: T201 - the report
    assert lost == []


def not_understood(event: Any) -> str | None:
    if isinstance(event, Notice):
        return None if event.why == "notice" else event.code
    parts = [part for part in getattr(event, "parts", ()) if isinstance(part, Unsupported)]
    # The provider itself says of these that it does not give them.
    told = [p for p in parts if '"errors"' not in p.raw and p.what != "interactive"]
    return told[0].what if told else None


@EACH
def test_no_recorded_message_is_lost_for_want_of_a_key_beside_it(adapter: ChannelAdapter) -> None:
    """M4: any key but those of the frame may be missing."""
    for name, body in recordings(adapter.meta.kind).items():
        before = of_clients(adapter, body)
        for path, changed in without_each_key(body):
            if path[-1] not in FRAME:
                assert of_clients(adapter, changed) >= before, (name, path)


def of_clients(adapter: ChannelAdapter, body: Any) -> int:
    events = adapter.parse(json_request(body))
    return len([event for event in events if isinstance(event, MessageArrived)])


@ALL_THREE
def test_recordings_rebatched_in_any_way_have_the_same_keys(adapter: ChannelAdapter) -> None:
    """M1"""
    bodies = [b for b in recordings(adapter.meta.kind).values() if "entry" in b]
    alone = {key for body in bodies for key in keys_of(adapter, body)}
    entries = [entry for body in bodies for entry in body["entry"]]
    chance = random.Random(1)
    for _ in range(20):
        chance.shuffle(entries)
        cut = chance.randrange(len(entries))
        pieces = [{"entry": entries[:cut]}, {"entry": entries[cut:] or entries[:1]}]
        assert {key for piece in pieces if piece["entry"] for key in keys_of(adapter, piece)} == (
            alone
        )
        later = [{**entry, "time": 1} for entry in entries]
        assert set(keys_of(adapter, {"entry": later})) == alone


@EACH
def test_items_of_one_account_merged_into_one_entry_have_the_same_keys(
    adapter: ChannelAdapter,
) -> None:
    """M1"""
    bodies = [b for b in recordings(adapter.meta.kind).values() if "entry" in b]
    by_account: dict[str, list[Any]] = {}
    for body in bodies:
        for entry in body["entry"]:
            by_account.setdefault(entry["id"], []).extend(entry.get("messaging", ()))
    for account, items in by_account.items():
        apart = [{"entry": [{"id": account, "messaging": [item]}]} for item in items]
        alone = {key for body in apart for key in keys_of(adapter, body)}
        if items:
            merged = {"entry": [{"id": account, "time": 7, "messaging": items[::-1]}]}
            assert set(keys_of(adapter, merged)) == alone


@EACH
def test_recordings_read_twice_say_the_same(adapter: ChannelAdapter) -> None:
    """M1"""
    for name, body in recordings(adapter.meta.kind).items():
        request = json_request(body)
        assert adapter.parse(request) == adapter.parse(request), name
