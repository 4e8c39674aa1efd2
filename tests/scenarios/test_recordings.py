"""Webhooks that others recorded, signed and posted as their providers would."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

from domain.channel import PayloadKept
from domain.chat.events import MessageReceived
from domain.content import kind_of, words_of
from tests.adapters.channels.kit import recordings
from tests.scenarios.deliveries import Delivery, Telegram, WhatsApp
from tests.scenarios.installation import Installation, Team
from tests.scenarios.waiting import deliver_all

KINDS = {"text", "image", "audio", "video", "document", "sticker", "location", "voice"}
Told = tuple[str, str, str]
"""The provider's id of a message, its kind and its words."""


def of_whatsapp(channel: WhatsApp) -> Iterator[tuple[Delivery, list[Told]]]:
    """Yield recordings, each message under an id of its own, and what clients say in it."""
    for n, (name, body) in enumerate(recordings("whatsapp").items()):
        told: list[Told] = []
        for list_ in ("messages", "message_echoes", "statuses", "calls"):
            for number, item in enumerate(items(body, list_)):
                item["id"] = f"wamid.{name}.{list_}.{number}"
        for preference in items(body, "user_preferences"):
            # Of somebody who has agreed already, agreeing again is no news.
            preference["wa_id"] = f"551190000{n:04d}"
        for message in items(body, "messages"):
            kind = message["type"]
            if kind in KINDS:
                content = message[kind]
                words = content.get("body") or content.get("caption") or ""
                kind = "voice" if content.get("voice") else kind
                told.append((message["id"], kind, words if kind != "location" else ""))
        for value in values(body):
            # They are the recorder's number's, and ours is another one.
            if "metadata" in value:
                value["metadata"]["phone_number_id"] = channel.phone_number_id
        yield channel.raw(json.dumps(body).encode()), told


def values(body: Any) -> Iterator[dict[str, Any]]:
    for entry in body.get("entry", ()):
        for change in entry.get("changes", ()):
            yield change["value"]


def items(body: Any, name: str) -> Iterator[dict[str, Any]]:
    for value in values(body):
        yield from value.get(name, ())


def of_telegram(channel: Telegram) -> Iterator[tuple[Delivery, list[Told]]]:
    """Yield recordings, each update under numbers of its own, and what clients say in it."""
    for number, update in enumerate(recordings("telegram").values(), 1):
        told: list[Told] = []
        update["update_id"] = number
        for name in ("message", "business_message"):
            message = update.get(name)
            if message is None:
                continue
            message["message_id"] = number
            kind = next((kind for kind in sorted(KINDS) if kind in message), None)
            if kind is not None:
                words = message.get("text") or message.get("caption") or ""
                told.append((f"{message['chat']['id']}:{number}", kind, words))
        yield channel.update(update), told


def test_every_recorded_message_is_in_the_log_once_and_the_rest_is_kept(
    house: Installation, team: Team, second: str
) -> None:
    """M1, M4: and delivered three times more, to two processes at once, nothing is added."""
    pairs = [*of_whatsapp(team.whatsapp), *of_telegram(team.telegram)]
    before = head = house.head
    for delivery, _ in pairs:
        answer = house.post(delivery)
        assert answer.status_code == 200, (delivery.body[:300], answer.text)
        last, head = head, house.head
        assert head > last, ("answered, and recorded nowhere", delivery.body)
    log = house.log(before)
    arrived = {
        r.event.provider_id.rpartition("#")[2]: (kind_of(r.event.parts), words_of(r.event.parts))
        for r in log
        if isinstance(r.event, MessageReceived)
    }
    expected = [told for _, list_ in pairs for told in list_]
    assert len(expected) >= 25
    for id_, kind, words in expected:
        assert arrived.get(id_) is not None, id_
        assert arrived[id_][0] == kind, id_
        if kind != "location":
            assert arrived[id_][1] == words, id_
    ids = Counter(r.event.provider_id for r in log if isinstance(r.event, MessageReceived))
    assert set(ids.values()) == {1}
    assert any(isinstance(r.event, PayloadKept) for r in log)
    again = [delivery for delivery, _ in pairs for _ in range(3)]
    random.Random(7).shuffle(again)
    assert set(deliver_all(again, [house.address, second], together=30)) == {200}
    added = [(r.stream, r.event.TOPIC) for r in house.log(head)]
    assert added == []
