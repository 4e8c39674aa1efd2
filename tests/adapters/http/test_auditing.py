"""The log for auditors: heads, whether it is whole, events, exports (A2, A3, A5)."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.audit import selection, tree
from adapters.audit.heads import Signer, sign
from tests.adapters.http.conftest import Caller, Installation


async def read(caller: Caller, path: str, **params: Any) -> Any:
    got = await caller.get(f"/v1/audit/{path}", "ada", params=params)
    assert got.status_code == 200, got.text
    return got.json()


def signed(installation: Installation) -> int:
    """Return how many events a new head is of."""
    with psycopg.connect(installation.url, autocommit=True) as connection:
        tree.extend(connection)
        return sign(connection, Signer(Ed25519PrivateKey.generate())).size


async def test_a_changed_event_is_found(caller: Caller, installation: Installation) -> None:
    """A3: by whom, does not matter; what was signed says what it was."""
    size = signed(installation)
    await caller.new_chat(1)
    heads = await read(caller, "heads")
    assert [one["size"] for one in heads["items"]] == [size]
    assert heads["events"] == await installation.events()
    checked = await read(caller, "check")
    assert (checked["whole"], checked["heads"], checked["faults"]) == (True, 1, [])
    assert checked["unsigned"] == heads["events"] - size

    with psycopg.connect(installation.url) as connection:
        connection.execute(
            "UPDATE recado_events SET state = convert_to(replace(convert_from(state, 'UTF8'),"
            " 'Sales', 'Salsa'), 'UTF8') WHERE notification_id = 1"
        )
    checked = await read(caller, "check")
    assert not checked["whole"]
    assert any("position 1 " in fault for fault in checked["faults"])


async def test_events_are_found_by_kind_person_and_time(
    caller: Caller, installation: Installation
) -> None:
    """A2: the latest first, page by page."""
    chat = await caller.new_chat(1)
    await caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
    ana = installation.ids["ana"]
    found = (await read(caller, "events", operator=ana, kind="chat-assigned"))["items"]
    assert [(one["stream"], one["actor"]) for one in found] == [(f"chat-{chat}", f"operator:{ana}")]
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert (await read(caller, "events", until=past))["items"] == []

    page = await read(caller, "events", limit=4)
    positions = [one["position"] for one in page["items"]]
    while page["next_cursor"] is not None:
        page = await read(caller, "events", limit=4, cursor=page["next_cursor"])
        positions += [one["position"] for one in page["items"]]
    assert positions == list(range(await installation.events(), 0, -1))


async def test_a_page_looks_through_a_window_and_says_where_to_go_on(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "WINDOW", 5)
    page = await read(caller, "events", kind="group-created")
    found = page["items"]
    while page["next_cursor"] is not None:
        page = await read(caller, "events", kind="group-created", cursor=page["next_cursor"])
        found += page["items"]
    assert [one["data"]["name"] for one in found] == ["Finance", "Sales"]


async def test_an_export_is_taken_down(caller: Caller, installation: Installation) -> None:
    """A2, A5: JSON Lines and a table of the same events; who took it is known."""
    got = await caller.get("/v1/audit/export", "ada", params={"kind": "operator"})
    lines = [orjson.loads(line) for line in got.content.splitlines()]
    assert {one["stream"].partition("-")[0] for one in lines} == {"operator"}
    got = await caller.get("/v1/audit/export", "ada", params={"kind": "operator", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(got.text)))
    assert [row["position"] for row in rows] == [f"{one['position']}" for one in lines]
    looks = await caller.get("/v1/looks", "ada", params={"kind": "export"})
    (look,) = looks.json()["items"]
    assert (look["who"]["id"], look["what"], look["times"]) == (installation.ids["ada"], "log", 2)


async def test_an_export_is_of_the_chats_that_a_filter_holds(caller: Caller) -> None:
    """A2, T5: as in the lists; a filter that cannot be read is refused as there."""
    chats = [await caller.new_chat(client) for client in (1, 2)]
    await caller.post(f"/v1/chats/{chats[0]}/assign", "ana", {"operator": "me"})
    await caller.seen()
    mine = orjson.dumps({"field": "operator", "is": "none", "value": ["nobody"]}).decode()
    got = await caller.get("/v1/audit/export", "ada", params={"filter": mine})
    streams = {orjson.loads(line)["stream"] for line in got.content.splitlines()}
    wrong = await caller.get("/v1/audit/export", "ada", params={"filter": "{}"})

    assert streams == {f"chat-{chats[0]}"}
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_filter")


async def test_only_those_who_audit_read_the_log(caller: Caller) -> None:
    for path in ("heads", "check", "events", "export"):
        for who in ("ana", "sara"):
            assert (await caller.get(f"/v1/audit/{path}", who)).status_code == 403
        assert (await caller.get(f"/v1/audit/{path}", "admin")).status_code == 200
