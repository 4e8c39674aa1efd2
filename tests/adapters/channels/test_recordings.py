"""Webhooks that others recorded: nothing that a client wrote is lost (M4)."""

from collections.abc import Iterator
from typing import Any

from adapters.channels.base import ChannelAdapter
from domain.content import kind_of, words_of
from domain.inbound import FromPeer, InboundEvent, MessageArrived, Notice
from tests.adapters.channels.kit import (
    json_request,
    recordings,
    telegram,
    whatsapp,
    without_each_key,
)

WITH_TEXT = {"text": "body", "button": "text"}
MEDIA = {"image", "audio", "video", "document", "sticker"}
FRAME = {"entry", "changes", "value", "messages", "message_echoes", "user_preferences"}


def graph_items(body: Any, key: str) -> Iterator[dict[str, Any]]:
    """Yield every item of a list in a Graph body, found without the adapter."""
    for entry in body.get("entry", ()):
        for change in entry.get("changes", ()):
            yield from change["value"].get(key, ())


def of_client(event: InboundEvent) -> bool:
    return isinstance(event, FromPeer)


def test_every_recorded_whatsapp_message_arrives_with_its_kind_and_words() -> None:
    seen = 0
    for name, body in recordings("whatsapp").items():
        events = whatsapp().parse(json_request(body))
        messages = [m for m in graph_items(body, "messages") if m["type"] != "system"]
        assert len([e for e in events if of_client(e) and "message_echoes" not in str(body)]) >= (
            len(messages)
        ), name
        for message in messages:
            seen += 1
            event = next(e for e in events if e.dedup_key == f"m:{message['id']}")
            assert isinstance(event, FromPeer), name
            check_parts(name, message, event)
    assert seen >= 25


def check_parts(name: str, message: dict[str, Any], event: FromPeer) -> None:
    kind, parts = message["type"], getattr(event, "parts", ())
    if kind in WITH_TEXT:
        assert words_of(parts) == message[kind][WITH_TEXT[kind]], name
    elif kind in MEDIA:
        expected = "voice" if message[kind].get("voice") else kind
        assert kind_of(parts) == expected, name
        assert words_of(parts) == message[kind].get("caption", ""), name


def test_every_recorded_delivery_report_and_notice_is_kept() -> None:
    for name, body in recordings("whatsapp").items():
        events = whatsapp().parse(json_request(body))
        keys = ("messages", "statuses", "message_echoes", "user_preferences", "calls")
        items = [item for key in keys for item in graph_items(body, key)]
        assert len(events) >= max(len(items), 1), name
        assert not [e for e in events if isinstance(e, Notice) and e.why != "notice"], name


def test_every_recorded_telegram_message_arrives_with_its_kind_and_words() -> None:
    seen = 0
    for name, update in recordings("telegram").items():
        events = telegram().parse(json_request(update))
        message = update.get("message") or update.get("business_message") or {}
        arrived = [e for e in events if isinstance(e, MessageArrived)]
        words = message.get("text") or message.get("caption")
        if words:
            assert [words_of(e.parts) for e in arrived] == [words], name
        for kind in ("voice", "audio", "video", "document", "sticker", "location"):
            if kind in message:
                assert [kind_of(e.parts) for e in arrived] == [kind], name
        seen += len(arrived)
        assert len(events) == 1, name
        assert not [e for e in events if isinstance(e, Notice) and e.why != "notice"], name
    assert seen >= 20


def test_no_recorded_message_is_lost_for_want_of_a_key_beside_it() -> None:
    """M4: any key but those of the frame and a Telegram message's own chat may be missing."""
    for name, body in recordings("whatsapp").items():
        before = len([e for e in whatsapp().parse(json_request(body)) if of_client(e)])
        for path, changed in without_each_key(body):
            if path[-1] not in FRAME:
                after = [e for e in whatsapp().parse(json_request(changed)) if of_client(e)]
                assert len(after) >= before, (name, path)


def test_no_recorded_telegram_message_is_lost_for_want_of_a_key_beside_it() -> None:
    """M4"""
    for name, update in recordings("telegram").items():
        message = update.get("message", {})
        in_group = message.get("chat", {}).get("id", 0) < 0
        for path, changed in without_each_key({"message": message} if "text" in message else {}):
            needed = path[:2] == ("message", "chat") and path[2:] in {(), ("id",)}
            sender = in_group and path[1:] in {("from",), ("from", "id")}
            if path in {("message",), ("message", "text")} or needed or sender:
                continue
            (event,) = telegram().parse(json_request(changed))
            assert isinstance(event, MessageArrived), (name, path)
            assert words_of(event.parts) == message["text"], (name, path)


def test_recordings_read_twice_say_the_same() -> None:
    """M1"""
    for adapter, channel in ((whatsapp(), "whatsapp"), (telegram(), "telegram")):
        for name, body in recordings(channel).items():
            assert keys_of(adapter, body) == keys_of(adapter, backwards(body)), name


def keys_of(adapter: ChannelAdapter, body: Any) -> list[str]:
    return [event.dedup_key for event in adapter.parse(json_request(body))]


def backwards(value: Any) -> Any:
    """Return a value with the members of every object in another order."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return [backwards(item) for item in value] if isinstance(value, list) else value


def test_recordings_rebatched_into_one_body_have_the_same_keys() -> None:
    """M1"""
    adapter, bodies = whatsapp(), list(recordings("whatsapp").values())
    alone = {key for body in bodies for key in keys_of(adapter, body)}
    entries = [entry for body in bodies for entry in body["entry"]]
    assert set(keys_of(adapter, {"entry": entries[::-1]})) == alone
    merged = [change for entry in entries for change in entry["changes"]]
    assert set(keys_of(adapter, {"entry": [{"time": 1, "changes": merged}]})) == alone
