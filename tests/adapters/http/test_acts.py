"""What people do with chats: answered with the position, done once, refused with a reason."""

import asyncio
from typing import Any

import pytest

from domain.channel import PauseChannel
from domain.group import NobodyOnline
from domain.operator import ChangePresence
from domain.values import Presence
from tests.adapters.http.conftest import Caller
from tests.adapters.http.test_webhooks import whatsapp_body


async def act(
    caller: Caller, who: str, chat: str, name: str, body: Any = None, **headers: str
) -> Any:
    sent = {key.replace("_", "-"): value for key, value in headers.items()}
    return await caller.post(f"/v1/chats/{chat}/{name}", who, body, headers=sent)


async def test_an_act_answers_where_it_is_and_reads_can_wait_for_it(caller: Caller) -> None:
    chat = await caller.new_chat()
    done = (await act(caller, "ana", chat, "assign", {"operator": "me"})).json()
    said = (await act(caller, "ana", chat, "messages", {"text": "olá"})).json()
    read = await caller.get(f"/v1/chats/{chat}", "ana", params={"min_position": said["position"]})

    assert set(done) == {"position", "version"}
    assert said == {"position": done["position"] + 1, "version": done["version"] + 1, "seq": 2}
    assert read.json()["last_message"]["text"] == "olá"
    assert read.headers["etag"] == f'"{said["version"]}"'


async def test_reading_what_is_not_there_yet_is_put_off(caller: Caller) -> None:
    head = await caller.installation.events()
    params = {"min_position": head + 100, "wait": 0.05}
    got = await caller.get("/v1/chats", "ana", params=params)

    assert (got.status_code, got.json()["code"]) == (503, "behind")
    assert got.headers["retry-after"] == "1"


async def test_whoever_pulls_first_has_it_and_the_others_are_told_who(caller: Caller) -> None:
    """R8, S3: pulled at the same instant by everybody who sees it."""
    chat = await caller.new_chat()
    pulls = [act(caller, who, chat, "assign", {"operator": "me"}) for who in ("ana", "bia") * 4]
    answers = await asyncio.gather(*pulls)
    owner = (await caller.chats("admin"))[0]["operator"]["id"]

    assert sorted({a.status_code for a in answers}) == [200, 409]
    assert {a.json()["operator_id"] for a in answers if a.status_code == 409} == {owner}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"already_assigned"}


async def test_asking_twice_adds_nothing(caller: Caller) -> None:
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "assign", {"operator": "me"})
    once = (await act(caller, "ana", chat, "tags", {"add": ["vip"]})).json()
    again = (await act(caller, "ana", chat, "tags", {"add": ["vip"]})).json()

    assert again == once


async def test_a_request_with_a_key_is_done_once(caller: Caller) -> None:
    chat = await caller.new_chat()
    same = [
        act(caller, "ana", chat, "messages", {"text": "olá"}, Idempotency_Key="k1")
        for _ in range(5)
    ]
    answers = [a.json() for a in await asyncio.gather(*same)]
    other = await act(caller, "ana", chat, "messages", {"text": "tchau"}, Idempotency_Key="k1")
    hers = await act(caller, "bia", chat, "messages", {"text": "eu"}, Idempotency_Key="k1")
    await caller.seen()
    said = (await caller.get(f"/v1/chats/{chat}/messages", "ana")).json()["items"]

    assert {a["seq"] for a in answers} == {2}
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert hers.status_code == 201
    assert [m["text"] for m in said] == ["oi", "olá", "eu"]


@pytest.mark.parametrize(
    ("name", "body"),
    [("messages", {"text": "olá"}), ("transfer", {"group": "Finance"}), ("close", None)],
)
async def test_an_act_on_what_one_no_longer_sees_is_refused_with_what_is_new(
    caller: Caller, name: str, body: Any
) -> None:
    if body and "group" in body:
        body = {"group": caller.installation.ids["Finance"]}
    chat = await caller.new_chat()
    etag = (await caller.get(f"/v1/chats/{chat}", "ana")).headers["etag"]
    await caller.telegram(1, "mais uma coisa")
    before = await caller.installation.events()
    stale = await act(caller, "ana", chat, name, body, If_Match=etag)

    assert (stale.status_code, stale.json()["code"]) == (412, "chat_moved_on")
    assert [e["topic"] for e in stale.json()["new"]] == ["message-received.v1"]
    assert [(m["seq"], m["text"]) for m in stale.json()["messages"]] == [(2, "mais uma coisa")]
    assert await caller.installation.events() == before
    fresh = await act(caller, "ana", chat, name, body, If_Match=f'"{stale.json()["version"]}"')
    assert fresh.status_code < 300


async def test_a_transfer_passes_the_chat_and_its_comment_once(caller: Caller) -> None:
    """R9, S7"""
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "assign", {"operator": "me"})
    body = {"group": caller.installation.ids["Finance"], "comment": "segunda via"}
    done = await act(caller, "ana", chat, "transfer", body)

    assert done.json()["seq"] == 2
    assert await caller.chats("ana") == []
    assert [c["id"] for c in await caller.chats("caio", "new")] == [chat]
    said = await caller.get(f"/v1/chats/{chat}/messages", "caio")
    assert said.text.count("segunda via") == 1


async def test_a_group_may_refuse_while_nobody_is_there(caller: Caller) -> None:
    """R9, S7: a clear error, and nothing changes."""
    group = await caller.installation.group("Night", on_nobody_online=NobodyOnline.REFUSE)
    chat = await caller.new_chat()
    before = await caller.installation.events()
    refused = await act(caller, "ana", chat, "transfer", {"group": group})

    assert (refused.status_code, refused.json()["code"]) == (409, "nobody_online")
    assert await caller.installation.events() == before


async def test_an_offline_operator_gets_a_chat_only_by_force(caller: Caller) -> None:
    """R9"""
    chat = await caller.new_chat()
    to_bia = {"operator": caller.installation.ids["bia"]}
    by_ana = await act(caller, "ana", chat, "transfer", to_bia)
    forced_by_ana = await act(caller, "ana", chat, "transfer", {**to_bia, "force": True})
    forced = await act(caller, "admin", chat, "transfer", {**to_bia, "force": True})

    assert (by_ana.status_code, by_ana.json()["code"]) == (409, "operator_is_not_available")
    assert forced_by_ana.status_code == 403
    assert forced.status_code == 200


async def test_a_reply_outside_the_channels_window_is_refused(caller: Caller) -> None:
    """M10: the adapter says how long it is; here the clock of the log is moved on."""
    await caller.whatsapp(whatsapp_body("oi"))
    chat = (await caller.chats("admin"))[0]["id"]
    assert (await act(caller, "ana", chat, "messages", {"text": "olá"})).status_code == 201
    async with caller.installation.pool.connection() as connection:
        await connection.execute("UPDATE recado_head SET at = at + interval '25 hours'")
    refused = await act(caller, "ana", chat, "messages", {"text": "ainda aí?"})

    assert (refused.status_code, refused.json()["code"]) == (409, "reply_window_is_closed")


async def test_a_supervisors_reading_leaves_the_assignees_count(caller: Caller) -> None:
    """V10, S8"""
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "assign", {"operator": "me"})
    await caller.telegram(1, "alô?")
    before = (await caller.chats("ana"))[0]["unread"]
    await act(caller, "admin", chat, "read", {"up_to": 2})
    after_admin = (await caller.chats("ana"))[0]["unread"]
    await act(caller, "ana", chat, "read", {"up_to": 2})

    assert before == after_admin > 0
    assert (await caller.chats("ana"))[0]["unread"] == 0


async def test_every_act_of_the_contract_is_there(caller: Caller) -> None:
    chat = await caller.new_chat()
    acts: list[tuple[str, Any]] = [
        ("assign", {"operator": "me"}),
        ("messages", {"text": "olá"}),
        ("comments", {"text": "cliente antigo"}),
        ("read", {"up_to": 1}),
        ("unread", None),
        ("tags", {"add": ["vip"], "remove": []}),
        ("priority", {"priority": "high"}),
        ("snooze", {"until": "2040-01-01T00:00:00Z"}),
        ("no-answer-needed", None),
        ("close", None),
        ("reopen", None),
    ]
    for name, body in acts:
        got = await act(caller, "ana", chat, name, body)
        assert got.status_code in {200, 201}, (name, got.text)
        assert {"position", "version"} <= set(got.json())


async def test_why_somebody_got_a_chat_can_be_asked(caller: Caller) -> None:
    """R12"""
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "assign", {"operator": "me"})
    given = (await caller.get(f"/v1/chats/{chat}/assignments", "ana")).json()["items"]

    assert given[0]["operator"] == {"id": caller.installation.ids["ana"], "name": "Ana"}
    assert (given[0]["policy"], given[0]["candidates"]) == ("pulled", [])


async def test_history_tells_who_did_what(caller: Caller) -> None:
    """A1"""
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "assign", {"operator": "me"}, Idempotency_Key="k")
    page = (await caller.get(f"/v1/chats/{chat}/history?limit=2", "ana")).json()
    rest = await caller.get(f"/v1/chats/{chat}/history?cursor={page['next_cursor']}", "ana")

    assert [e["topic"] for e in page["items"]] == ["chat-opened.v1", "message-received.v1"]
    event = rest.json()["items"][0]
    assert event["actor"] == f"operator:{caller.installation.ids['ana']}"
    assert (event["via"], event["topic"], event["version"]) == ("http", "chat-assigned.v1", 3)
    assert event["cause"] is not None


async def test_presence_is_set_and_kept_by_heartbeats(caller: Caller) -> None:
    """R10"""
    done = await caller.call("PUT", "/v1/me/presence", "ana", json={"status": "online"})
    beat = await caller.post("/v1/me/heartbeat", "ana")
    await caller.seen()
    people = (await caller.get("/v1/operators", "ana")).json()["items"]

    assert set(done.json()) == {"position", "version"}
    assert beat.status_code == 204
    assert {o["name"]: o["presence"] for o in people}["Ana"] == "online"
    groups = (await caller.get("/v1/groups", "ana")).json()["items"]
    assert {g["name"]: g["online"] for g in groups} == {"Sales": 1, "Finance": 0}


async def test_settings_are_changed_by_administrators(caller: Caller) -> None:
    refused = await caller.call("PATCH", "/v1/settings", "ana", json={"patience": 60})
    done = await caller.call("PATCH", "/v1/settings", "admin", json={"patience": 60})
    await caller.seen()

    assert refused.status_code == 403
    assert done.status_code == 200
    assert (await caller.get("/v1/settings", "ana")).json()["patience"] == 60.0


async def test_a_client_is_named_by_who_sees_his_chat(caller: Caller) -> None:
    await caller.new_chat()
    client = (await caller.chats("admin"))[0]["client"]["id"]
    foreign = await caller.call("PATCH", f"/v1/clients/{client}", "caio", json={"name": "X"})
    named = await caller.call("PATCH", f"/v1/clients/{client}", "ana", json={"name": "Fábio"})

    assert foreign.status_code == 404
    assert named.status_code == 200
    assert (await caller.chats("ana"))[0]["client"]["name"] == "Fábio"


async def test_a_paused_channel_still_takes_answers(caller: Caller) -> None:
    """M6: they wait in the queue."""
    chat = await caller.new_chat()
    await caller.installation.ask(
        f"channel-{caller.installation.ids['tg']}", PauseChannel(reason="token refused")
    )
    assert (await act(caller, "ana", chat, "messages", {"text": "olá"})).status_code == 201


async def test_who_is_online_may_be_given_a_chat(caller: Caller) -> None:
    chat = await caller.new_chat()
    bia = caller.installation.ids["bia"]
    await caller.installation.ask(f"operator-{bia}", ChangePresence(presence=Presence.ONLINE))
    done = await act(caller, "ana", chat, "transfer", {"operator": bia, "comment": "é seu"})

    assert done.status_code == 200
    assert [c["id"] for c in await caller.chats("bia", operator="me")] == [chat]
