"""Channel accounts are connected and configured over HTTP; their secrets go in and never out."""

from typing import Any

from tests.adapters.http.conftest import Caller

BOT = {"bot_token": "77:of-a-test", "secret_token": "secret-of-a-test"}


def new(name: str = "loja-bot", **changes: Any) -> dict[str, Any]:
    return {"name": name, "kind": "telegram", "config": BOT, **changes}


async def test_a_connected_account_takes_webhooks_and_shows_no_secret(caller: Caller) -> None:
    group = caller.installation.ids["Sales"]
    made = await caller.post("/v1/channels", "admin", new(group=group))
    assert made.status_code == 201, made.text
    id_ = made.json()["id"]

    heard = await caller.post(
        "/channels/loja-bot/webhook",
        None,
        {"update_id": 1},
        headers={"X-Telegram-Bot-Api-Secret-Token": BOT["secret_token"]},
    )
    assert heard.status_code == 200
    config = await caller.get(f"/v1/channels/{id_}/config", "admin")
    assert config.json()["config"] == {"bot_token": None, "secret_token": None}
    await caller.seen()
    listed = (await caller.get("/v1/channels", "admin")).json()["items"]
    (found,) = [item for item in listed if item["id"] == id_]
    assert (found["name"], found["kind"], found["group"]["id"]) == ("loja-bot", "telegram", group)


async def test_a_changed_account_keeps_the_secrets_that_are_not_given(caller: Caller) -> None:
    id_ = (await caller.post("/v1/channels", "admin", new())).json()["id"]
    path = f"/v1/channels/{id_}"
    change = {"config": {"bot_token": None, "secret_token": "a-new-secret-of-a-test"}}
    assert (await caller.call("PATCH", path, "admin", json=change)).status_code == 200

    async with caller.installation.pool.connection() as connection:
        row = await (
            await connection.execute(
                "SELECT config::json ->> 'bot_token', config::json ->> 'secret_token'"
                " FROM recado_channel_secrets WHERE account_id = %s",
                (id_,),
            )
        ).fetchone()
    assert row == (BOT["bot_token"], "a-new-secret-of-a-test")


async def test_a_wrong_configuration_is_told_by_key_and_without_its_value(caller: Caller) -> None:
    before = await caller.installation.events()
    wrong = {"secret_token": "not-given-away", "tokn": "not-given-away"}
    got = await caller.post("/v1/channels", "admin", new(config=wrong))

    assert got.status_code == 422
    pointers = {error["pointer"] for error in got.json()["errors"]}
    assert pointers == {"/body/config/bot_token", "/body/config/tokn"}
    assert "not-given-away" not in got.text
    unknown = await caller.post("/v1/channels", "admin", new(kind="pombo"))
    assert unknown.json()["errors"][0]["pointer"] == "/body/kind"
    assert await caller.installation.events() == before


async def test_one_account_is_connected_once(caller: Caller) -> None:
    """What comes in could not be told to be of one of the two."""
    assert (await caller.post("/v1/channels", "admin", new())).status_code == 201
    again = await caller.post("/v1/channels", "admin", new())
    assert again.status_code == 201, "asked again, it is as it is to be"

    twin = await caller.post("/v1/channels", "admin", new("outro-nome"))
    assert (twin.status_code, twin.json()["code"]) == (409, "channel_is_connected")
    other = {**BOT, "bot_token": "78:of-a-test"}
    taken = await caller.post("/v1/channels", "admin", new(config=other))
    assert (taken.status_code, taken.json()["code"]) == (409, "already_exists")
    absent = await caller.post("/v1/channels", "admin", new("x", config=other, group="nowhere"))
    assert absent.status_code == 404


async def test_an_account_is_paused_by_hand_and_resumed(caller: Caller) -> None:
    """M6: it sends nothing meanwhile; why is told to whoever looks."""
    id_ = (await caller.post("/v1/channels", "admin", new())).json()["id"]

    async def paused() -> str | None:
        await caller.seen()
        listed = (await caller.get("/v1/channels", "admin")).json()["items"]
        why: str | None = next(item["paused"] for item in listed if item["id"] == id_)
        return why

    assert (await caller.post(f"/v1/channels/{id_}/pause", "admin")).status_code == 200
    assert await paused() == "by_hand"
    assert (await caller.post(f"/v1/channels/{id_}/resume", "admin")).status_code == 200
    assert await paused() is None
