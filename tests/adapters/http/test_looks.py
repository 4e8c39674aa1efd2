"""A5: who looked at what is known to administrators, and costs nobody's work anything."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from adapters.storage.postgres.looks import Look, LookKind, forget, note_one
from tests.adapters.http.conftest import Caller, Installation


async def looks(caller: Caller, **params: Any) -> list[Any]:
    got = await caller.get("/v1/looks", "admin", params=params)
    assert got.status_code == 200, got.text
    items: list[Any] = got.json()["items"]
    return items


def told(items: list[Any]) -> list[tuple[str, str | None, str]]:
    return sorted(
        [(item["kind"], item["who"] and item["who"]["name"], item["what"]) for item in items],
        key=str,
    )


def times(items: list[Any]) -> Counter[str]:
    """Return how often each looked; an hour may have turned meanwhile."""
    counted = Counter[str]()
    for item in items:
        counted[item["who"]["name"]] += item["times"]
    return counted


async def test_a_chat_is_noted_once_for_each_person_and_hour(
    caller: Caller, installation: Installation
) -> None:
    """A5: what auditors and those above read; not who works on it."""
    chat = await caller.new_chat(1)
    await caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
    for who in ("ana", "ada", "admin", "ada"):
        for path in ("", "/messages", "/history", "/assignments"):
            assert (await caller.get(f"/v1/chats/{chat}{path}", who)).is_success
    found = [item for item in await looks(caller) if item["kind"] == "chat"]
    assert len(found) < sum(item["times"] for item in found)
    assert {item["what"] for item in found} == {f"chat-{chat}"}
    assert times(found) == {"Ada": 8, "Admin": 4}
    views = [{"id": "m", "projection": "messages", "params": {"chat": chat}}]
    await caller.post("/v1/subscriptions", "ada", {"views": views})
    ada = await looks(caller, operator=installation.ids["ada"], kind="chat")
    assert times(ada) == {"Ada": 9}


async def test_polling_lists_is_no_look(caller: Caller) -> None:
    await caller.new_chat(1)
    for who in ("ada", "admin", "ana"):
        await caller.get("/v1/chats", who)
        await caller.get("/v1/counts", who)
    assert await looks(caller) == []


async def test_records_searches_and_the_past(caller: Caller, installation: Installation) -> None:
    chat = await caller.new_chat(1)
    client = (await caller.get(f"/v1/chats/{chat}", "ana")).json()["client"]["id"]
    moment = datetime.now(UTC)
    for path in (
        f"/v1/clients/{client}",
        "/v1/search?q=segredo",
        f"/v1/counts?as_of={moment:%Y-%m-%dT%H:%M:%SZ}",
    ):
        assert (await caller.get(path, "ada")).is_success, path
        assert (await caller.get(path, "admin")).is_success
    found = await looks(caller)
    hour = f"panel at {moment:%Y-%m-%dT%H}Z"
    assert told(found) == [
        ("client", "Ada", f"client-{client}"),
        ("past", "Ada", hour),
        ("past", "Admin", hour),
        ("search", "Ada", "search"),
    ]
    assert "segredo" not in str(found)


async def test_failed_logins_and_changes_of_settings(
    caller: Caller, installation: Installation
) -> None:
    for email in ("ana@ipe.test", "ninguem@ipe.test"):
        body = {"email": email, "password": "x"}
        assert (await caller.post("/v1/session", None, body)).status_code == 401
    field = {"name": "Tamanho", "kind": "number"}
    assert (await caller.post("/v1/fields", "admin", field)).is_success
    await caller.call("PUT", "/v1/me/presence", "ana", json={"status": "online"})
    found = await looks(caller)
    assert {one[:2] for one in told(found)} == {
        ("login", None),
        ("login", "Ana"),
        ("setting", "Admin"),
    }
    assert "ninguem" not in str(found)


async def test_only_administrators_and_auditors_are_told(caller: Caller) -> None:
    for who in ("ana", "sara"):
        assert (await caller.get("/v1/looks", who)).status_code == 403
    assert (await caller.get("/v1/looks", "ada")).status_code == 200


async def test_pages_and_questions(caller: Caller, installation: Installation) -> None:
    now = datetime.now(UTC)
    for number in range(5):
        at = now - timedelta(days=number)
        note_one(installation.url, Look(LookKind.EXPORT, "cli:eva", f"chat-{number}", at, at))
    first = (await caller.get("/v1/looks", "admin", params={"limit": 3})).json()
    rest = await looks(caller, limit=3, cursor=first["next_cursor"])
    assert [item["what"] for item in first["items"] + rest] == [
        f"chat-{number}" for number in (4, 3, 2, 1, 0)
    ]
    since = (now - timedelta(days=1, hours=1)).isoformat()
    assert {item["what"] for item in await looks(caller, since=since)} == {"chat-0", "chat-1"}
    assert [item["what"] for item in await looks(caller, what="chat-3")] == ["chat-3"]
    assert await looks(caller, kind="login") == []
    assert (await caller.get("/v1/looks", "admin", params={"cursor": "x"})).status_code == 400


async def test_each_kind_is_kept_for_its_time(installation: Installation) -> None:
    """A5: retention for each kind."""
    old = datetime.now(UTC) - timedelta(days=40)
    for kind in (LookKind.LOGIN, LookKind.EXPORT):
        note_one(installation.url, Look(kind, "cli:eva", "log", old, old))
    with psycopg.connect(installation.url, autocommit=True) as connection:
        assert forget(connection, {LookKind.LOGIN: timedelta(days=30)}) == 1
        assert connection.execute("SELECT kind FROM recado_looks").fetchall() == [("export",)]


async def test_a_database_that_is_away_loses_no_look(
    caller: Caller, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = installation.parts().looks
    held.note(LookKind.CHAT, "eva", "chat-1")
    held.note(LookKind.CHAT, "eva", "chat-1")

    def away(*_: object, **__: object) -> None:
        raise psycopg.OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(installation.pool, "connection", away)
        await held.write(installation.pool)
    await held.write(installation.pool)
    await held.write(installation.pool)
    (look,) = await looks(caller)
    assert look["times"] == 2
