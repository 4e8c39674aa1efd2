"""What administrators set up: operators, channel accounts, settings (A1)."""

from typing import Any

from domain.channel import PauseChannel
from tests.adapters.http.conftest import Caller
from tests.adapters.http.test_acts import act

BOT: dict[str, Any] = {
    "name": "novo",
    "kind": "telegram",
    "config": {"bot_token": "77:test", "secret_token": "a-secret"},
}


async def patch(caller: Caller, path: str, body: Any, who: str = "admin") -> Any:
    got = await caller.call("PATCH", path, who, json=body)
    await caller.seen()
    return got


async def people(caller: Caller) -> dict[str, Any]:
    items = (await caller.get("/v1/operators", "admin")).json()["items"]
    return {one["email"]: one for one in items}


async def test_an_operator_is_taken_on_signs_in_and_is_let_in_no_more(caller: Caller) -> None:
    sales = caller.installation.ids["Sales"]
    body = {
        "email": "Davi@ipe.test",
        "name": "Davi",
        "groups": [{"id": sales, "skill": 80}],
        "capacity": 3,
        "password": "a long password",
    }
    made = await caller.post("/v1/operators", "admin", body)
    await caller.seen()
    login = {"email": "davi@ipe.test", "password": "a long password"}
    signed_in = await caller.post("/v1/session", None, login)
    again = await caller.post("/v1/operators", "admin", body | {"email": "davi@IPE.test"})
    davi = (await people(caller))["Davi@ipe.test"]
    await patch(caller, f"/v1/operators/{made.json()['id']}", {"active": False, "capacity": 1})
    caller.http.cookies.clear()
    refused = await caller.post("/v1/session", None, login)

    assert (made.status_code, signed_in.status_code, refused.status_code) == (201, 201, 401)
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")
    assert davi["groups"] == [{"id": sales, "skill": 80}]
    assert davi["capacity"] == 3
    assert (await people(caller))["Davi@ipe.test"]["capacity"] == 1


async def test_somebody_always_has_the_administration(caller: Caller) -> None:
    admin = f"/v1/operators/{caller.installation.ids['admin']}"
    before = await caller.installation.events()
    for body in ({"role": "operator"}, {"active": False}):
        assert (await patch(caller, admin, body)).status_code == 403
    assert await caller.installation.events() == before
    assert (await patch(caller, admin, {"name": "Marina"})).status_code == 200


async def test_an_operator_is_in_no_group_that_there_is_not(caller: Caller) -> None:
    ana = f"/v1/operators/{caller.installation.ids['ana']}"
    assert (await patch(caller, ana, {"groups": [{"id": "nowhere"}]})).status_code == 404


async def test_a_channel_is_disconnected_and_connected_again(caller: Caller) -> None:
    """A1: its chats stay, and its configuration is gone."""
    made = await caller.post("/v1/channels", "admin", BOT)
    path = f"/v1/channels/{made.json()['id']}"
    await caller.installation.ask(
        f"channel-{made.json()['id']}", PauseChannel(reason="token refused")
    )
    removed = await caller.call("DELETE", path, "admin")
    gone = await caller.get(f"{path}/config", "admin")
    paused = await why_paused(caller)
    events = await caller.installation.events()
    again = await caller.call("DELETE", path, "admin")
    assert await caller.installation.events() == events
    back = await caller.post("/v1/channels", "admin", BOT)

    assert (removed.status_code, again.status_code, gone.status_code) == (200, 200, 404)
    assert paused == "disconnected"
    assert (back.status_code, back.json()["id"]) == (201, made.json()["id"])
    assert await why_paused(caller) is None


async def why_paused(caller: Caller) -> str | None:
    await caller.seen()
    items = (await caller.get("/v1/channels", "admin")).json()["items"]
    paused: str | None = next(one["paused"] for one in items if one["name"] == BOT["name"])
    return paused


async def test_settings_are_checked_and_their_effect_is_told_beforehand(caller: Caller) -> None:
    """V3"""
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "assign", {"operator": "me"})
    await caller.seen()
    async with caller.installation.pool.connection() as connection:
        await connection.execute(
            "UPDATE recado_views.inbox SET waiting_key = waiting_key - interval '5 minutes'"
        )
    told = [
        (await caller.get("/v1/settings/preview", "admin", params={"patience": seconds})).json()
        for seconds in (60, 3_600)
    ]
    wrong = [
        await patch(caller, "/v1/settings", body)
        for body in ({"time_zone": "Mars/Olympus"}, {"language": "fr"}, {"patience": 0})
    ]

    assert told == [{"waiting": 1, "open": 0}, {"waiting": 0, "open": 1}]
    assert [one.status_code for one in wrong] == [422] * 3
    assert (await patch(caller, "/v1/settings", {"language": "es"})).status_code == 200


async def test_the_company_chooses_what_is_shown_at_the_head_of_every_chat(caller: Caller) -> None:
    """C5"""
    refused = await patch(caller, "/v1/settings", {"header_fields": ["phone"]}, "ana")
    assert refused.status_code == 403
    for chosen in (["phone", "document"], []):
        assert (await patch(caller, "/v1/settings", {"header_fields": chosen})).is_success
        await caller.seen()
        shown = (await caller.get("/v1/settings", "ana")).json()
        assert shown.get("header_fields", []) == chosen
