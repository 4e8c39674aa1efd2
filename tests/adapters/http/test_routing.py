"""What people ask of routing over HTTP: groups, who is there, why, and what is left behind."""

from typing import Any

import pytest

from domain.group import NobodyOnline
from domain.operator import ChangeOperator, ChangePresence
from domain.values import Presence
from tests.adapters.http.conftest import Caller
from tests.adapters.http.test_acts import act


async def be(caller: Caller, who: str, status: str) -> Any:
    return await caller.call("PUT", "/v1/me/presence", who, json={"status": status})


async def groups(caller: Caller) -> dict[str, dict[str, Any]]:
    await caller.seen()
    items = (await caller.get("/v1/groups", "ana")).json()["items"]
    return {item["name"]: item for item in items}


async def patch_group(caller: Caller, group: str, **body: Any) -> Any:
    return await caller.call("PATCH", f"/v1/groups/{group}", "admin", json=body)


async def test_the_dialog_of_a_transfer_can_ask_who_is_there(caller: Caller) -> None:
    """R9: in each group how many are online, what they have and could still take."""
    for who in ("ana", "bia"):
        await be(caller, who, "online")
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "assign", {"operator": "me"})
    told = await groups(caller)
    people = (await caller.get("/v1/operators", "ana")).json()["items"]

    sales = told["Sales"]
    assert (sales["members"], sales["online"], sales["load"], sales["free"]) == (2, 2, 1, 9)
    assert (told["Finance"]["online"], told["Finance"]["free"]) == (0, 0)
    assert {o["name"]: o["free"] for o in people if o["name"] in {"Ana", "Bia", "Caio"}} == {
        "Ana": 4,
        "Bia": 5,
        "Caio": 0,
    }


async def test_a_group_is_set_up_by_administrators(caller: Caller) -> None:
    """R2, R9, V5"""
    body = {"name": "Night"}
    assert (await caller.post("/v1/groups", "ana", body)).status_code == 403
    made = (await caller.post("/v1/groups", "admin", body)).json()
    assert (await caller.post("/v1/groups", "admin", body)).json()["code"] == "already_exists"
    changed = await patch_group(
        caller,
        made["id"],
        hours={"mon": ["22:00-02:00"], "holidays": "BR-SP"},
        clock_in_hours=True,
        answer_within=120,
    )
    assert changed.status_code == 200, changed.text
    night = (await groups(caller))["Night"]
    assert (night["clock_in_hours"], night["answer_within"]) == (True, 120)
    assert night["hours"]["time_zone"] == "America/Sao_Paulo"
    assert len(night["hours"]["closed"]) > 100
    assert (await patch_group(caller, made["id"], hours={})).status_code == 200
    night = (await groups(caller))["Night"]
    assert (night["is_open"], night["opens_at"]) == (False, None)
    assert (night["answer_within"], night["clock_in_hours"]) == (120, True)
    refused = await caller.call("PATCH", f"/v1/groups/{made['id']}", "ana", json={"name": "X"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"on_nobody_online": "overflow"}, 422, "overflow_is_incomplete"),
        ({"overflow_to": "Sales", "overflow_after": 60}, 409, "overflow_goes_in_circles"),
        ({"overflow_to": "nowhere", "overflow_after": 60}, 404, "not_found"),
        ({"policy": "random"}, 422, "invalid"),
        ({"hours": {"mon": ["9-18"]}}, 422, "invalid"),
        ({"hours": {"holidays": "XX"}}, 422, "invalid"),
        ({"patience": -1}, 422, "invalid"),
        ({"nobody_knows": 1}, 422, "invalid"),
    ],
)
async def test_a_group_that_cannot_be_is_refused_and_nothing_changes(
    caller: Caller, body: dict[str, Any], status: int, code: str
) -> None:
    """R9"""
    ids = caller.installation.ids
    if "overflow_to" in body:
        to = ids.get(body["overflow_to"], body["overflow_to"])
        body = {**body, "overflow_to": to, "on_nobody_online": "overflow"}
    before = await caller.installation.events()
    got = await patch_group(caller, ids["Sales"], **body)

    assert (got.status_code, got.json()["code"]) == (status, code), got.text
    assert await caller.installation.events() == before
    missing = await patch_group(caller, "nowhere", name="X")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


async def test_who_goes_offline_is_told_what_he_leaves_behind(caller: Caller) -> None:
    """R10: which chats go back to routing, and which stay until the client writes."""
    await be(caller, "ana", "online")
    chats = [await caller.new_chat(client) for client in (1, 2, 3)]
    for chat in chats[:2]:
        await act(caller, "ana", chat, "assign", {"operator": "me"})
    await act(caller, "ana", chats[1], "messages", {"text": "pronto"})
    gone = (await be(caller, "ana", "offline")).json()

    assert {"position", "version", "leaves"} == set(gone)
    assert gone["leaves"]["go_back"]["count"] == gone["leaves"]["stay"]["count"] == 1
    assert gone["leaves"]["go_back"]["chats"][0]["id"] == chats[0]
    assert gone["leaves"]["stay"]["chats"][0]["id"] == chats[1]
    assert gone["leaves"]["go_back"]["chats"][0]["client"]["name"] == "C1"


async def test_why_nobody_has_a_chat_can_be_asked(caller: Caller) -> None:
    """R12: while it is New; with everybody of its group and what excludes him."""
    chat = await caller.new_chat()
    bia = caller.installation.ids["bia"]
    for command in (ChangePresence(presence=Presence.ONLINE), ChangeOperator(capacity=0)):
        await caller.installation.ask(f"operator-{bia}", command)
    await caller.seen()
    got = (await caller.get(f"/v1/chats/{chat}/assignments", "ana")).json()

    assert got["items"] == []
    assert got["nobody"]["reasons"] == ["nobody-eligible"]
    told = got["nobody"]["candidates"]
    assert {c["operator"]["name"]: c["excluded_by"] for c in told} == {
        "Ana": "offline",
        "Bia": "full",
    }
    assert {(c["load"], c["skill"]) for c in told} == {(0, 50)}
    await act(caller, "ana", chat, "assign", {"operator": "me"})
    await caller.seen()
    given = (await caller.get(f"/v1/chats/{chat}/assignments", "ana")).json()
    assert (len(given["items"]), given["nobody"]) == (1, None)


async def test_a_group_that_refuses_takes_a_chat_while_somebody_is_there(caller: Caller) -> None:
    """R9: whom the list shows is looked at once more under the write lock."""
    ids = caller.installation.ids
    settings = {"on_nobody_online": NobodyOnline.REFUSE.value}
    assert (await patch_group(caller, ids["Finance"], **settings)).status_code == 200
    await be(caller, "caio", "online")
    one, two = await caller.new_chat(1), await caller.new_chat(2)
    await caller.seen()
    done = await act(caller, "ana", one, "transfer", {"group": ids["Finance"]})
    assert done.status_code == 200
    await be(caller, "caio", "away")
    await caller.seen()
    before = await caller.installation.events()
    refused = await act(caller, "ana", two, "transfer", {"group": ids["Finance"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "nobody_online")
    assert refused.json()["title"].startswith("Ninguém desse grupo")
    assert await caller.installation.events() == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"group": "no-such-group"}, 404),
        ({"operator": "no-such-operator"}, 404),
        ({}, 422),
        ({"group": "a", "operator": "b"}, 422),
    ],
)
async def test_a_transfer_to_nobody_changes_nothing(
    caller: Caller, body: dict[str, Any], status: int
) -> None:
    """R9"""
    chat = await caller.new_chat()
    before = await caller.installation.events()
    got = await act(caller, "ana", chat, "transfer", body)
    assert got.status_code == status
    assert await caller.installation.events() == before


async def test_a_full_operator_is_passed_nothing(caller: Caller) -> None:
    """R3, R9"""
    bia = caller.installation.ids["bia"]
    for command in (ChangePresence(presence=Presence.ONLINE), ChangeOperator(capacity=0)):
        await caller.installation.ask(f"operator-{bia}", command)
    chat = await caller.new_chat()
    before = await caller.installation.events()
    got = await act(caller, "ana", chat, "transfer", {"operator": bia})
    assert (got.status_code, got.json()["code"]) == (409, "operator_is_full")
    assert await caller.installation.events() == before


async def test_what_may_be_off_is_switched_off_with_null(caller: Caller) -> None:
    """R4, R11"""
    for body in ({"sticky": 3600, "answer_within": 60}, {"sticky": None}):
        done = await caller.call("PATCH", "/v1/settings", "admin", json=body)
        assert done.status_code == 200
    await caller.seen()
    settings = (await caller.get("/v1/settings", "admin")).json()
    assert (settings["sticky"], settings["answer_within"]) == (None, 60)
    unknown = await caller.call("PATCH", "/v1/settings", "admin", json={"policy": "random"})
    assert unknown.status_code == 422
