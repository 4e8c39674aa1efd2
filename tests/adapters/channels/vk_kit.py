"""What the tests of VK share: a community, and events of it."""

from typing import Any, Final

import orjson

from adapters.channels.base import ChannelAdapter, RawRequest
from adapters.channels.registry import adapter_for
from domain.inbound import InboundEvent
from tests.adapters.channels.kit import request

GROUP: Final = 4200
SECRET: Final = "secret-of-a-test"
KEY: Final = "access-token-of-a-test"
CONFIRMATION: Final = "c0ffee"
ANA: Final = 77
CHAT: Final = 2_000_000_001


def vk(**changes: Any) -> ChannelAdapter:
    config = {
        "group_id": str(GROUP),
        "access_token": KEY,
        "secret": SECRET,
        "confirmation": CONFIRMATION,
    }
    return adapter_for("vk", {**config, **changes})


def event(kind: str, object_: Any, **more: Any) -> dict[str, Any]:
    """Return an event as VK posts it."""
    frame = {"type": kind, "group_id": GROUP, "event_id": "e1", "v": "5.199", "secret": SECRET}
    return {**frame, "object": object_, **more}


def message(**content: Any) -> dict[str, Any]:
    """Return a message of Ana's."""
    whole = {"id": 100, "conversation_message_id": 5, "from_id": ANA, "peer_id": ANA}
    return {**whole, "date": 1893574800, **content}


def posted(body: Any) -> RawRequest:
    return request(body if isinstance(body, bytes) else orjson.dumps(body))


def read(kind: str, object_: Any, **more: Any) -> InboundEvent:
    (read,) = vk().parse(posted(event(kind, object_, **more)))
    return read
