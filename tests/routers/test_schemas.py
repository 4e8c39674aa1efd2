"""The AsyncAPI document of what is on the streams."""

import json

from faststream.nats import NatsBroker

from domain.entities import EVENT_TYPES
from routers.schemas import EVENTS, asyncapi


def test_every_event_and_every_view_is_in_the_document() -> None:
    document = asyncapi(NatsBroker("nats://127.0.0.1:4222"))
    assert document["asyncapi"] == "3.0.0"
    addresses = {channel["address"] for channel in document["channels"].values()}
    for kind, events in EVENTS.items():
        assert {f"recado.log.{kind}.{{id}}.{event.TOPIC}" for event in events} <= addresses
    assert {event.TOPIC for events in EVENTS.values() for event in events} == set(EVENT_TYPES)
    for projection in ("chats", "messages", "operators", "groups", "clients", "counts"):
        assert f"recado.views.{projection}.{{key}}" in addresses


def test_an_events_message_says_who_asked_and_what_happened() -> None:
    schemas = asyncapi(NatsBroker("nats://127.0.0.1:4222"))["components"]["schemas"]
    message = schemas["ChatClosedMessage"]
    assert set(message["required"]) == {"actor", "via", "data"}
    assert message["properties"]["data"]["$ref"].endswith("/ChatClosed")
    assert schemas["ChatClosed"]["required"] == ["at"]


def test_the_document_is_the_same_each_time() -> None:
    one, other = (json.dumps(asyncapi(NatsBroker("nats://127.0.0.1:4222"))) for _ in range(2))
    assert one == other
