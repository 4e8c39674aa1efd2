"""
Filters and searches that nobody would write, but somebody might send (T5, T2).

`RECADO_HOSTILE=5000` asks as many filters, and a fifth as many searches.
"""

import os
import random
import time
from typing import Any

import orjson
import pytest

from deploy.bench.report import percentile
from tests.adapters.http.conftest import Caller

HOW_MANY = int(os.environ.get("RECADO_HOSTILE", "150"))
SLOWEST = 0.2
"""Seconds, at the 99th percentile; looked at only where many are asked."""
PIECES = [
    *("'", '"', "\\", "%", "_", "\x00", "\ud800", "\u202e", "💥", "ß", "İ", "ﷺ", "\u0301"),
    *("';--", "$1", "%(f0)s", "{}", "{0}", "&|!:*", "<->", "()", "a:*", "NULL", "1e999", "-0"),
    *("9" * 40, "x" * 300, "2030-01-01", "0000-00-00", "9999-12-31", "me", "nobody", "none"),
    *("nota fiscal", "123.456.789-09", "custom:", "all", "not", "today", " ", ""),
]
WORDS = {
    "field": [
        *("tag", "client_tag", "channel", "group", "operator", "section", "unread", "period"),
        *("attachment", "text", "name", "priority", "snoozed", "client", "cpf", "phone", "email"),
    ],
    "is": [
        *("any", "all", "none", "is", "contains", "begins", "yes", "no", "says", "within"),
        *("before", "after", "less", "more", "between", "present", "missing"),
    ],
}


class Hostile:
    """Filters by lot: half of them nearly right, the rest whatever comes."""

    def __init__(self, seed: int, fields: list[str]) -> None:
        self.lot = random.Random(seed)
        self.fields = [*WORDS["field"], *(f"custom:{field}" for field in fields)]

    def text(self) -> str:
        return "".join(self.lot.choices(PIECES, k=self.lot.randint(1, 3)))

    def value(self, depth: int = 0) -> Any:
        kind = self.lot.randint(0, 9 if depth < 3 else 5)
        match kind:
            case 0:
                return self.lot.choice([None, True, 0, -1, 1.5, 2**80, -(10**300), 1e308])
            case 6:
                return [self.value(depth + 1) for _ in range(self.lot.randint(0, 4))]
            case 7:
                return {"last": self.value(3), "unit": self.lot.choice(["days", "hours", "x"])}
            case 8:
                return {"from": self.value(3), "to": self.value(3)}
            case 9:
                return [self.text() for _ in range(self.lot.randint(1, 60))]
            case _:
                return self.text()

    def filter(self, depth: int = 0) -> Any:
        match self.lot.randint(0, 6 if depth < 7 else 2):
            case 3:
                return {"all": [self.filter(depth + 1) for _ in range(self.lot.randint(0, 3))]}
            case 4:
                return {"any": [self.filter(depth + 1) for _ in range(self.lot.randint(0, 3))]}
            case 5 | 6:
                return {"not": self.filter(depth + 1)}
            case _:
                asked = {"field": self.lot.choice(self.fields), "is": self.lot.choice(WORDS["is"])}
                if self.lot.random() < 0.9:
                    asked["value"] = self.value()
                return asked if self.lot.random() < 0.95 else self.value()

    def written(self) -> str:
        text: str = orjson.dumps(_storable(self.filter())).decode()
        if self.lot.random() < 0.05:
            cut = self.lot.randint(0, len(text))
            text = text[:cut] + self.text() + text[cut:]
        return text.encode(errors="replace").decode()


def _storable(value: Any) -> Any:
    """Return the value as orjson takes it: no halves of characters, no huge numbers."""
    match value:
        case str():
            return value.encode(errors="replace").decode()
        case int() if abs(value) >= 2**63:
            return float(value)
        case list():
            return [_storable(one) for one in value]
        case dict():
            return {key: _storable(one) for key, one in value.items()}
        case _:
            return value


@pytest.fixture
async def fields(caller: Caller) -> list[str]:
    """A field of each kind, and a few chats to be asked about."""
    made = []
    for kind in ("text", "number", "date", "list", "boolean", "link", "cpf_cnpj"):
        body = {"name": kind, "kind": kind} | ({"options": ["a"]} if kind == "list" else {})
        made.append((await caller.post("/v1/fields", "admin", body)).json()["id"])
    for client in (1, 2):
        await caller.new_chat(client, "a nota fiscal 123.456.789-09")
    return made


async def test_no_filter_is_an_error_of_the_database(caller: Caller, fields: list[str]) -> None:
    """T5: it is asked, or refused with its place."""
    hostile, took, asked = Hostile(7, fields), list[float](), 0
    for _ in range(HOW_MANY):
        filter_ = hostile.written()
        path = hostile.lot.choice(["/v1/chats", "/v1/counts"])
        began = time.perf_counter()
        answer = await caller.get(path, "ana", params={"filter": filter_})
        took.append(time.perf_counter() - began)
        assert answer.status_code in {200, 422}, filter_
        asked += answer.status_code == 200
    assert asked > HOW_MANY / 20, "hardly any could be read"
    _check_quick(took)


async def test_no_search_is_an_error_of_the_database(caller: Caller, fields: list[str]) -> None:
    """T2, C3"""
    hostile, took = Hostile(8, fields), list[float]()
    (chat, *_) = await caller.chats("ana")
    for _ in range(HOW_MANY // 5):
        q = "".join(hostile.text() for _ in range(2)).encode(errors="replace").decode()[:200]
        path = hostile.lot.choice(
            ["/v1/chats", "/v1/counts", "/v1/search", f"/v1/chats/{chat['id']}/messages"]
        )
        began = time.perf_counter()
        answer = await caller.get(path, "ana", params={"q": q or "x"})
        took.append(time.perf_counter() - began)
        assert answer.status_code == 200, (path, q)
    _check_quick(took)


def _check_quick(took: list[float]) -> None:
    if len(took) >= 1_000:
        slowest = percentile(took, 99)
        told = f"p50 {1000 * percentile(took, 50):.1f} ms, p99 {1000 * slowest:.1f} ms"
        assert slowest < SLOWEST, told
