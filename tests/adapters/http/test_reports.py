"""`GET /v1/reports/fairness`: who sees what, and what is no span of time (V13, R12)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.operator import ChangePresence
from domain.values import Presence
from tests.adapters.http.conftest import Caller, Installation

PATH = "/v1/reports/fairness"


def span(**others: Any) -> dict[str, str]:
    now = datetime.now(UTC)
    ends = {
        "since": (now - timedelta(hours=1)).isoformat(),
        "until": (now + timedelta(hours=1)).isoformat(),
    }
    return ends | others


@pytest.fixture
async def worked(installation: Installation, caller: Caller) -> str:
    """Ana, Bia and Caio are there; Ana pulled a chat and passed it on to Bia. Its id."""
    for name in ("ana", "bia", "caio"):
        id_ = installation.ids[name]
        await installation.ask(f"operator-{id_}", ChangePresence(presence=Presence.ONLINE))
    chat = await caller.new_chat()
    pulled = await caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
    assert pulled.is_success, pulled.text
    body = {"operator": installation.ids["bia"], "comment": "por favor"}
    passed = await caller.post(f"/v1/chats/{chat}/transfer", "ana", body)
    assert passed.is_success, passed.text
    await caller.seen()
    return chat


async def told(caller: Caller, who: str, **params: Any) -> list[Any]:
    got = await caller.get(PATH, who, params=span(**params))
    assert got.status_code == 200, got.text
    items: list[Any] = got.json()["items"]
    return items


def names(items: list[Any]) -> list[str]:
    return sorted(item["operator"]["name"] for item in items)


@pytest.mark.usefixtures("worked")
async def test_whoever_sees_all_is_told_of_all(caller: Caller) -> None:
    for who in ("admin", "ada"):
        assert names(await told(caller, who)) == ["Ana", "Bia", "Caio"]


async def test_each_count_leads_to_its_events(
    caller: Caller, worked: str, installation: Installation
) -> None:
    (ana,) = await told(caller, "admin", operator=installation.ids["ana"])
    assert (ana["pulled"]["count"], ana["transferred_out"]["count"]) == (1, 1)
    history = (await caller.get(f"/v1/chats/{worked}/history", "admin")).json()["items"]
    topics = {event["position"]: event["topic"] for event in history}
    assert [topics[position] for position in ana["pulled"]["positions"]] == ["chat-assigned.v1"]
    assert ana["groups"][0]["name"] == "Sales"
    assert ana["minutes"]["online"] >= 0


@pytest.mark.usefixtures("worked")
async def test_an_operator_sees_himself_and_nobody_else(
    caller: Caller, installation: Installation
) -> None:
    """V13"""
    assert names(await told(caller, "ana")) == ["Ana"]
    assert names(await told(caller, "ana", operator="me")) == ["Ana"]
    other = await caller.get(PATH, "ana", params=span(operator=installation.ids["bia"]))
    assert other.status_code == 404


@pytest.mark.usefixtures("worked")
async def test_a_supervisor_sees_his_groups(caller: Caller, installation: Installation) -> None:
    """V13: neither the people nor the chats of others."""
    assert names(await told(caller, "sara")) == ["Caio"]
    for params in ({"group": installation.ids["Sales"]}, {"operator": installation.ids["ana"]}):
        hidden = await caller.get(PATH, "sara", params=span(**params))
        assert hidden.status_code == 404
        assert hidden.json()["code"] == "not_found"


@pytest.mark.usefixtures("worked")
async def test_a_group_narrows_what_is_counted(caller: Caller, installation: Installation) -> None:
    sales = await told(caller, "admin", group=installation.ids["Sales"])
    finance = await told(caller, "admin", group=installation.ids["Finance"])
    assert sum(item["pulled"]["count"] for item in sales) == 1
    assert sum(item["pulled"]["count"] for item in finance) == 0


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"since": "2030-01-02T00:00:00Z"},
        {"since": "yesterday", "until": "2030-01-02T00:00:00Z"},
        {"since": "2030-01-02T00:00:00", "until": "2030-01-03T00:00:00"},
        {"since": "2030-01-02T00:00:00Z", "until": "2030-01-02T00:00:00Z"},
        {"since": "2020-01-02T00:00:00Z", "until": "2030-01-02T00:00:00Z"},
    ],
)
async def test_what_is_no_span_of_time_is_a_problem(caller: Caller, params: dict[str, str]) -> None:
    refused = await caller.get(PATH, "admin", params=params)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "invalid"
    assert refused.json()["errors"]


async def test_nobody_is_told_nothing(caller: Caller) -> None:
    assert (await caller.get(PATH, params=span())).status_code == 401


async def test_the_document_tells_of_it(caller: Caller) -> None:
    document = (await caller.get("/openapi.json")).json()
    answer = document["paths"][PATH]["get"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"]["$ref"].endswith("/FairnessReport")
