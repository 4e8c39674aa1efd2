"""One act on many chats, each with an outcome of its own (T6)."""

from typing import Any

from adapters.http.bulk import MOST
from tests.adapters.http.conftest import Caller
from tests.adapters.http.test_acts import act


async def bulk(caller: Caller, who: str, chats: list[str], **more: Any) -> Any:
    key = more.pop("key", None)
    headers = {} if key is None else {"Idempotency-Key": key}
    headers["Accept-Language"] = "en"
    body = {"chats": chats, **more}
    got = await caller.post("/v1/chats/bulk", who, body, headers=headers)
    await caller.seen()
    return got


async def three(caller: Caller) -> list[str]:
    return [await caller.new_chat(client) for client in (1, 2, 3)]


async def test_what_is_refused_for_one_chat_is_done_for_the_others(caller: Caller) -> None:
    """T6, V13"""
    mine, theirs, passed_on = await three(caller)
    await act(caller, "bia", theirs, "assign", {"operator": "me"})
    finance = {"group": caller.installation.ids["Finance"]}
    await act(caller, "ana", passed_on, "transfer", finance)
    done = (
        await bulk(
            caller,
            "ana",
            [mine, theirs, passed_on, "nowhere"],
            act="assign",
            operator="me",
        )
    ).json()["items"]

    assert [one["ok"] for one in done] == [True, False, False, False]
    assert [one.get("code") for one in done] == [
        None,
        "already_assigned",
        "not_found",
        "not_found",
    ]
    assert done[1]["detail"] == "Another operator already has this chat."
    # Foreign and absent are told in the same words.
    assert done[2] | {"id": ""} == done[3] | {"id": ""}
    assert [c["id"] for c in await caller.chats("ana", operator="me")] == [mine]


ACTS: list[tuple[dict[str, Any], str]] = [
    ({"act": "assign", "operator": "me"}, "chat-assigned.v1"),
    ({"act": "tag", "add": ["vip"]}, "chat-tagged.v1"),
    ({"act": "read"}, "chat-read.v1"),
    ({"act": "snooze", "until": "2040-01-01T00:00:00Z"}, "chat-snoozed.v1"),
    ({"act": "transfer", "comment": "x"}, "chat-transferred.v1"),
    ({"act": "close"}, "chat-closed.v1"),
]


async def test_every_act_of_many_is_done_to_each(caller: Caller) -> None:
    """T6, A1"""
    chats = await three(caller)
    for body, topic in ACTS:
        to = {"group": caller.installation.ids["Sales"]} if body["act"] == "transfer" else {}
        done = await bulk(caller, "ana", chats, **body, **to)
        assert [one["ok"] for one in done.json()["items"]] == [True] * 3
        for chat in chats:
            history = (await caller.get(f"/v1/chats/{chat}/history", "admin")).json()["items"]
            assert history[-1]["topic"] == topic
            assert history[-1]["actor"] == f"operator:{caller.installation.ids['ana']}"


async def test_asked_again_with_its_key_it_is_done_once(caller: Caller) -> None:
    chats = await three(caller)
    wanted = {"act": "transfer", "group": caller.installation.ids["Sales"], "comment": "x"}
    once = await bulk(caller, "ana", chats, key="k", **wanted)
    head = await caller.installation.events()
    again = await bulk(caller, "ana", chats, key="k", **wanted)
    other = await bulk(caller, "ana", chats, key="k", act="close")

    assert once.json() == again.json()
    assert [one["code"] for one in other.json()["items"]] == ["idempotency_key_reused"] * 3
    assert await caller.installation.events() == head


async def test_who_may_not_do_it_to_one_may_not_to_many(caller: Caller) -> None:
    chats = await three(caller)
    to_bia = {"operator": caller.installation.ids["bia"]}
    refused = [
        await bulk(caller, "ana", chats, act="assign", **to_bia),
        await bulk(caller, "ana", chats, act="transfer", force=True, **to_bia),
        await bulk(caller, "ada", chats, act="close"),
    ]
    assert [one.status_code for one in refused] == [403] * 3


WRONG: list[dict[str, Any]] = [
    {"chats": ["x"], "act": "explode"},
    {"chats": ["x"]},
    {"chats": [], "act": "close"},
    {"chats": ["x"] * (MOST + 1), "act": "close"},
    {"chats": ["x"], "act": "transfer"},
    {"chats": ["x"], "act": "close", "operator": "me"},
]


async def test_what_is_no_act_on_many_is_refused_as_a_whole(caller: Caller) -> None:
    for body in WRONG:
        assert (await caller.post("/v1/chats/bulk", "ana", body)).status_code == 422, body
