"""V13: what one may not see is not there, in no list, count, feed, act or answer."""

import asyncio

import pytest

from domain.values import Role
from tests.adapters.http.conftest import Caller

READS = ["", "/messages", "/history", "/assignments"]


async def taken_by_ana(caller: Caller) -> str:
    chat = await caller.new_chat()
    await caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
    await caller.seen()
    return chat


async def test_a_colleagues_chat_is_foreign_and_only_the_slow_puller_is_told(
    caller: Caller,
) -> None:
    chat = await taken_by_ana(caller)
    for path in READS:
        assert (await caller.get(f"/v1/chats/{chat}{path}", "bia")).status_code == 404
    slow = await caller.post(f"/v1/chats/{chat}/assign", "bia", {"operator": "me"})
    assert slow.status_code == 409

    async with caller.installation.pool.connection() as connection:
        await connection.execute(
            "UPDATE recado_events SET state = convert_to(replace("
            "convert_from(state, 'UTF8'), '\"at\":\"2', '\"at\":\"1'), 'UTF8')"
            " WHERE topic = 'chat-assigned.v1'"
        )
    late = await caller.post(f"/v1/chats/{chat}/assign", "bia", {"operator": "me"})
    assert late.status_code == 404


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("ana", True),
        ("bia", True),
        ("caio", False),
        ("sara", False),
        ("admin", True),
        ("ada", True),
    ],
)
async def test_new_chats_are_seen_by_their_group_and_those_above(
    caller: Caller, who: str, sees: bool
) -> None:
    chat = await caller.new_chat()
    listed = [c["id"] for c in await caller.chats(who, "new")]
    counted = (await caller.get("/v1/counts", who)).json()["new"]
    read = (await caller.get(f"/v1/chats/{chat}", who)).status_code

    assert (listed, counted, read) == (([chat], 1, 200) if sees else ([], 0, 404))


async def test_a_supervisor_of_no_group_sees_all(caller: Caller) -> None:
    await caller.installation.operator("chef", Role.SUPERVISOR)
    chat = await taken_by_ana(caller)

    assert [c["id"] for c in await caller.chats("chef")] == [chat]


async def test_rights_taken_away_are_gone_with_the_next_request(caller: Caller) -> None:
    """At once: not when the views have caught up."""
    chat = await caller.new_chat()
    assert (await caller.get(f"/v1/chats/{chat}", "ana")).status_code == 200
    await caller.installation.move("ana", "Finance")

    assert (await caller.get(f"/v1/chats/{chat}", "ana")).status_code == 404
    refused = await caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
    assert refused.status_code == 404


async def test_clients_are_seen_by_who_sees_one_of_their_chats(caller: Caller) -> None:
    await taken_by_ana(caller)
    client = (await caller.chats("admin"))[0]["client"]["id"]
    seen = {
        who: (await caller.get(f"/v1/clients/{client}", who)).status_code
        for who in ("ana", "bia", "caio", "admin")
    }

    assert seen == {"ana": 200, "bia": 404, "caio": 404, "admin": 200}
    assert (await caller.get("/v1/clients", "ana")).status_code == 403


async def test_acts_of_one_are_not_in_anothers_name(caller: Caller) -> None:
    chat = await caller.new_chat()
    bia = caller.installation.ids["bia"]
    given = await caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": bia})
    by_admin = await caller.post(f"/v1/chats/{chat}/assign", "admin", {"operator": bia})

    assert (given.status_code, by_admin.status_code) == (403, 200)


async def test_lists_of_all_hold_nothing_foreign(caller: Caller) -> None:
    """S3: lists, counts and searches over chats of both groups."""
    mine = [await caller.new_chat(n, f"segredo {n}") for n in (1, 2)]
    finance = {"group": caller.installation.ids["Finance"]}
    theirs = [await caller.new_chat(n, f"segredo {n}") for n in (3, 4)]
    await asyncio.gather(
        *(caller.post(f"/v1/chats/{chat}/transfer", "admin", finance) for chat in theirs)
    )
    for section in ("all", "new", "open", "waiting", "unread", "closed"):
        for params in ({}, {"q": "segredo"}, {"group": finance["group"]}, {"channel": "tg"}):
            ids = {c["id"] for c in await caller.chats("ana", section, **params)}
            assert ids <= set(mine)
    assert {c["id"] for c in await caller.chats("caio")} == set(theirs)
