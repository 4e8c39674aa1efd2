"""Suite: what a webhook costs to verify and to read, and how fast answers leave."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Final

import orjson

from adapters.channels.base import ChannelAdapter, RawRequest, Verdict
from adapters.channels.registry import adapter_for
from deploy.bench import payloads
from deploy.bench.company import APP_SECRET, PHONE_NUMBER_ID
from deploy.bench.failed import BenchFailed
from deploy.bench.place import Place
from deploy.bench.provider import SLOW, provider
from deploy.bench.report import Report
from deploy.bench.sending import Account, seconds_to_send
from deploy.bench.suite import Scale

_SECRET: Final = "bench-secret"  # noqa: S105 - of nobody
_URL: Final = "https://bench.test/channels/bench/webhook"
_SLOW_CHATS: Final = 200


def run(place: Place, scale: Scale) -> Report:
    """Read webhooks in this process, then send to a provider beside it."""
    times, rounds, messages = (50, 1, 60) if scale.is_quick else (20_000, 3, 3_000)
    report = Report("channels")
    for kind, make in _REQUESTS.items():
        adapter, request = make()
        spent = [_microseconds(adapter, request, times) for _ in range(rounds)]
        report.add(f"{kind}: verify and read one text", spent, "µs")
    url = place.servers().postgres
    with provider() as base:
        alone: list[float] = []
        beside: list[float] = []
        for number in range(rounds):
            quick = Account(f"1{number}0", base, messages)
            alone.append(messages / seconds_to_send(url, quick))
            again = Account(f"1{number}1", base, messages)
            slow = Account(f"1{number}2", base + SLOW.decode().rstrip("/"), _SLOW_CHATS)
            beside.append(messages / seconds_to_send(url, again, slow))
    report.add("sending, no limits", alone, "messages/s", least=500)
    ratio = median(beside) / median(alone)
    report.add("beside an account that hangs", beside, "messages/s", ratio=ratio, least_ratio=0.8)
    report.notes += [
        "each answer is in a chat of its own: taken, sent by HTTP, and its outcome committed",
        "the dispatcher, its desk and who measures share one process; the provider is another",
        f"an account that hangs has {_SLOW_CHATS} answers to send, and gets no reply",
    ]
    return report


def _microseconds(adapter: ChannelAdapter, request: RawRequest, times: int) -> float:
    if adapter.verify(request) is not Verdict.OK or len(adapter.parse(request)) != 1:
        raise BenchFailed(f"{adapter.meta.kind} does not read its own webhook")
    began = time.perf_counter()
    for _ in range(times):
        adapter.verify(request)
        adapter.parse(request)
    return 1e6 * (time.perf_counter() - began) / times


def _whatsapp() -> tuple[ChannelAdapter, RawRequest]:
    config = {
        "phone_number_id": PHONE_NUMBER_ID,
        "app_secret": APP_SECRET,
        "verify_token": "v",
        "access_token": "a",
    }
    head, _, body = payloads.request(payloads.body(1, 1, 1_900_000_000)).partition(b"\r\n\r\n")
    lines = (line.partition(b": ") for line in head.split(b"\r\n")[1:])
    headers = tuple((name.decode(), value.decode()) for name, _, value in lines)
    return adapter_for("whatsapp", config), _request(body, headers)


def _telegram() -> tuple[ChannelAdapter, RawRequest]:
    who = {"id": 700_000_001, "first_name": "Cliente"}
    message = {
        "message_id": 1,
        "date": 1_900_000_000,
        "chat": {**who, "type": "private"},
        "from": {**who, "is_bot": False},
        "text": payloads.text(1),
    }
    headers = (("x-telegram-bot-api-secret-token", _SECRET),)
    config = {"bot_token": "42:bench", "secret_token": _SECRET}
    body = orjson.dumps({"update_id": 1, "message": message})
    return adapter_for("telegram", config), _request(body, headers)


def _request(body: bytes, headers: tuple[tuple[str, str], ...]) -> RawRequest:
    return RawRequest("POST", "/channels/bench/webhook", (), headers, body, _NOW, _URL)


_NOW: Final = datetime(2030, 1, 2, tzinfo=UTC)
_REQUESTS: Final[dict[str, Callable[[], tuple[ChannelAdapter, RawRequest]]]] = {
    "whatsapp": _whatsapp,
    "telegram": _telegram,
}
