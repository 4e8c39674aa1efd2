"""What the tests of Messenger and Instagram share."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from adapters.channels.base import (
    ChannelAdapter,
    FetchesMedia,
    HttpCall,
    HttpResponse,
    OutFile,
    UploadsMedia,
)
from adapters.channels.registry import adapter_for
from domain.inbound import InboundEvent
from tests.adapters.channels.kit import APP_SECRET, json_request, whatsapp

ACCOUNT: Final = "1784"
BIA: Final = "5560"
AT: Final = 1893574800000
"""2030-01-02 09:00 UTC, in milliseconds."""

_CONFIG: Final = {
    "app_secret": APP_SECRET,
    "verify_token": "verify-token-of-a-test",
    "access_token": "access-token-of-a-test",
}


def messenger(**changes: Any) -> ChannelAdapter:
    return adapter_for("messenger", {**_CONFIG, "page_id": ACCOUNT, **changes})


def instagram(**changes: Any) -> ChannelAdapter:
    return adapter_for("instagram", {**_CONFIG, "account_id": ACCOUNT, **changes})


BOTH: Final = (messenger(), instagram())
ALL: Final = (whatsapp(), *BOTH)


def entry(*items: Any, list_name: str = "messaging", **more: Any) -> dict[str, Any]:
    return {"id": ACCOUNT, "time": AT + 5, list_name: list(items), **more}


def body(*items: Any, list_name: str = "messaging") -> dict[str, Any]:
    """Return a body with one entry of these items."""
    return {"object": "page", "entry": [entry(*items, list_name=list_name)]}


def from_bia(**what: Any) -> dict[str, Any]:
    """Return an item whose sender is Bia."""
    sides = {"sender": {"id": BIA}, "recipient": {"id": ACCOUNT}}
    return {**sides, "timestamp": AT, **what}


def said(**message: Any) -> dict[str, Any]:
    return from_bia(message={"mid": "m_1", **message})


def attached(type_: str, **payload: Any) -> dict[str, Any]:
    return said(attachments=[{"type": type_, "payload": payload}])


def read(adapter: ChannelAdapter, value: Any) -> list[InboundEvent]:
    return adapter.parse(json_request(value))


def read_one(adapter: ChannelAdapter, item: dict[str, Any]) -> InboundEvent:
    (event,) = read(adapter, body(item))
    return event


def out_file(content: bytes, mime: str, name: str = "nota", url: str | None = None) -> OutFile:
    """Return a file to be sent; its digest is made up, as nothing here looks at it."""
    return OutFile(f"{len(content)}{mime}", mime, name, content, url)


def answer(status: int, value: Any, *headers: tuple[str, str]) -> HttpResponse:
    content = value if isinstance(value, bytes) else orjson.dumps(value)
    return HttpResponse(status, headers, content)


def sent_bodies(calls: Sequence[HttpCall]) -> list[dict[str, Any]]:
    return [orjson.loads(call.content) for call in calls]


def uploads(adapter: ChannelAdapter) -> UploadsMedia:
    assert isinstance(adapter, UploadsMedia)
    return adapter


def fetches(adapter: ChannelAdapter) -> FetchesMedia:
    assert isinstance(adapter, FetchesMedia)
    return adapter
