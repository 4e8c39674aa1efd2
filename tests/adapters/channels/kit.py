"""What the tests of channels share: adapters, requests, and where recordings lie."""

import copy
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from adapters.channels.base import ChannelAdapter, RawRequest
from adapters.channels.registry import adapter_for

NOW: Final = datetime(2030, 1, 2, 9, 0, tzinfo=UTC)
APP_SECRET: Final = "app-secret-of-a-test"
SECRET_TOKEN: Final = "secret-token-of-a-test"
SIGNATURE: Final = "x-hub-signature-256"
SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"
PAYLOADS: Final = Path(__file__).parents[4] / "shared" / "payloads"


def whatsapp(**changes: Any) -> ChannelAdapter:
    config = {
        "phone_number_id": "106540352242922",
        "app_secret": APP_SECRET,
        "verify_token": "verify-token-of-a-test",
        "access_token": "access-token-of-a-test",
    }
    return adapter_for("whatsapp", {**config, **changes})


def telegram(**changes: str) -> ChannelAdapter:
    config = {"bot_token": "4200:token-of-a-test", "secret_token": SECRET_TOKEN}
    return adapter_for("telegram", {**config, **changes})


def request(
    body: bytes = b"",
    *headers: tuple[str, str],
    method: str = "POST",
    query: tuple[tuple[str, str], ...] = (),
) -> RawRequest:
    url = "https://recado.test/channels/a/webhook"
    return RawRequest(method, "/channels/a/webhook", query, headers, body, NOW, url)


def json_request(value: Any) -> RawRequest:
    return request(orjson.dumps(value))


def signature_of(body: bytes, secret: str = APP_SECRET) -> str:
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def recordings(channel: str) -> dict[str, Any]:
    """Return recorded bodies by name; the test is skipped where the folder is absent."""
    folder = PAYLOADS / channel
    if not folder.is_dir():
        pytest.skip(f"NO RECORDINGS: {folder} is absent, so parsing was not tried on them")
    return {path.stem: json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))}


def without_each_key(value: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the path of every key in a value, and a copy of the value without it."""
    for path in paths_in(value):
        changed = copy.deepcopy(value)
        holder = changed
        for step in path[:-1]:
            holder = holder[step]
        del holder[path[-1]]
        yield path, changed


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    """Return a copy of a value with something else at a path."""
    changed = copy.deepcopy(value)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = by
    return changed


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every key of every object in a value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from paths_in(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths_in(item, (*path, index))


def graph_body(*changes: dict[str, Any]) -> dict[str, Any]:
    """Return a body of the Graph API with one entry of these changes."""
    entry = {"id": "102290129340398", "changes": list(changes)}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def graph_change(**value: Any) -> dict[str, Any]:
    """Return a change of field `messages` for the number of `whatsapp()`."""
    metadata = {"display_phone_number": "551130000000", "phone_number_id": "106540352242922"}
    whole = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    return {"field": "messages", "value": whole}


ANA: Final = {"profile": {"name": "Ana Lima"}, "wa_id": "5511900000001"}


def from_ana(kind: str, content: Any = None, **more: Any) -> dict[str, Any]:
    """Return a WhatsApp message of Ana's."""
    message = {"from": "5511900000001", "id": "wamid.A1", "timestamp": "1893574800", "type": kind}
    return {**message, **({kind: content} if content is not None else {}), **more}
