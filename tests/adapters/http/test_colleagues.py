"""Colleagues and groups: everybody who is there, and what they have to do as far as one sees it."""

from functools import partial
from typing import Any

from domain.values import Role
from projections.colleagues import OF_HIS_OWN, OF_ITS_OWN
from tests.adapters.http.conftest import Caller, Installation
from tests.adapters.http.test_live import Listener, live  # noqa: F401  (a fixture)

PEOPLE = {"id": "people", "projection": "operators"}


async def listed(caller: Caller, who: str, what: str, **params: str) -> dict[str, dict[str, Any]]:
    await caller.seen()
    got = await caller.get(f"/v1/{what}", who, params=params)
    assert got.status_code == 200, got.text
    return {item["id"]: item for item in got.json()["items"]}


def known(items: dict[str, dict[str, Any]], members: tuple[str, ...]) -> set[str]:
    """Return of whom the members are told; of the others, none of them is."""
    for item in items.values():
        told = {item[member] is None for member in members if member in {"load", "email", "new"}}
        assert len(told) == 1, item
    return {item["name"].lower() for item in items.values() if item[members[-1]] is not None}


def shows(listener: Listener, wanted: dict[str, dict[str, Any]]) -> bool:
    rows = listener.follower.rows["people"]
    return {id_: value for id_, (_, value) in rows.items()} == wanted


async def test_what_somebody_has_to_do_is_seen_by_who_shares_a_group_with_him(
    installation: Installation, caller: Caller
) -> None:
    """V13: counts of chats are seen as far as the chats; who has room, by everybody (R9)."""
    await installation.operator("chef", Role.SUPERVISOR)
    seen, groups = {}, {}
    for who in ("ana", "caio", "sara", "chef", "admin", "ada"):
        people = await listed(caller, who, "operators")
        assert all(isinstance(item["free"], int) for item in people.values())
        seen[who] = known(people, OF_HIS_OWN)
        groups[who] = known(await listed(caller, who, "groups"), OF_ITS_OWN)
    everybody = {"ana", "bia", "caio", "sara", "admin", "ada", "chef"}

    assert seen["ana"] == {"ana", "bia"}
    assert seen["caio"] == seen["sara"] == {"caio", "sara"}
    assert seen["chef"] == seen["admin"] == seen["ada"] == everybody
    assert (groups["ana"], groups["sara"]) == ({"sales"}, {"finance"})
    assert groups["chef"] == groups["admin"] == groups["ada"] == {"sales", "finance"}


async def test_names_are_found_without_case_and_accents_and_addresses_where_they_are_seen(
    installation: Installation, caller: Caller
) -> None:
    """C3"""
    for name in ("Fábio Araújo", "Fabiana"):
        body = {"email": f"{name[:5]}@ipe.test", "name": name}
        assert (await caller.post("/v1/operators", "admin", body)).status_code == 201
    await caller.post("/v1/groups", "admin", {"name": "Pós-venda"})

    async def found(who: str, q: str, what: str = "operators") -> set[str]:
        return {item["name"] for item in (await listed(caller, who, what, q=q)).values()}

    assert await found("ana", "FABIO araujo") == {"Fábio Araújo"}
    assert await found("ana", "fab") == {"Fábio Araújo", "Fabiana"}
    assert await found("ana", "pos-VENDA", "groups") == {"Pós-venda"}
    assert await found("ana", "nobody") == set()
    assert await found("admin", "caio@ipe") == {"Caio"}
    assert await found("ana", "caio@ipe") == set()


async def test_a_feed_of_operators_tells_what_the_list_tells(
    installation: Installation,
    live: Caller,  # noqa: F811  (the fixture)
) -> None:
    """V13: also of what changes, to each according to his groups."""
    caller = live
    listeners = {who: Listener(caller, who) for who in ("ana", "caio", "admin")}
    for listener in listeners.values():
        await listener.subscribe(PEOPLE)
    async with (
        listeners["ana"].listening(),
        listeners["caio"].listening(),
        listeners["admin"].listening(),
    ):
        chat = await caller.new_chat()
        await caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
        presence = {"status": "online"}
        await caller.call("PUT", "/v1/me/presence", "ana", json=presence)
        for who, listener in listeners.items():
            wanted = await listed(caller, who, "operators")
            assert wanted[installation.ids["ana"]]["load"] == (None if who == "caio" else 1)
            await listener.until(partial(shows, listener, wanted))
