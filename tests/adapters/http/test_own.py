"""Drafts and preferences are an operator's own, and lie outside the log."""

from typing import Any

from adapters.http.own import MOST_PREFERENCES
from adapters.storage.postgres.own_things import MOST_DRAFTS, OwnThings
from tests.adapters.http.conftest import Caller
from tests.adapters.http.test_acts import act

SECRET = "ainda não sei o que dizer"


async def keep(caller: Caller, who: str, chat: str, mode: str = "reply", **body: Any) -> Any:
    path = f"/v1/chats/{chat}/drafts/{mode}"
    return await caller.call("PUT", path, who, json=body or {"text": SECRET})


async def kept(caller: Caller, who: str) -> list[tuple[str, str, str]]:
    items = (await caller.get("/v1/me/drafts", who)).json()["items"]
    return [(one["chat"], one["mode"], one["text"]) for one in items]


async def test_a_draft_is_kept_for_each_person_chat_and_mode(caller: Caller) -> None:
    one, two = await caller.new_chat(1), await caller.new_chat(2)
    before = await caller.installation.events()
    for chat, mode, text in ((one, "reply", "a"), (one, "comment", "b"), (two, "reply", "c")):
        assert (await keep(caller, "ana", chat, mode, text=text)).status_code == 200
    await keep(caller, "ana", one, "reply", text="d")

    assert await kept(caller, "ana") == [
        (one, "reply", "d"),
        (two, "reply", "c"),
        (one, "comment", "b"),
    ]
    for other in ("bia", "admin", "ada"):
        assert await kept(caller, other) == []
        path = f"/v1/chats/{one}/drafts/reply"
        assert (await caller.get(path, other)).json() == {"text": "", "attachments": [], "at": None}
    assert await caller.installation.events() == before


async def test_what_is_sent_is_no_draft_any_more(caller: Caller) -> None:
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "assign", {"operator": "me"})
    for mode in ("reply", "comment"):
        await keep(caller, "ana", chat, mode)
    refused = await act(caller, "ana", chat, "messages", {"text": " "})
    assert refused.status_code == 422
    assert len(await kept(caller, "ana")) == 2
    await act(caller, "ana", chat, "messages", {"text": "Bom dia"})
    assert await kept(caller, "ana") == [(chat, "comment", SECRET)]
    await act(caller, "ana", chat, "comments", {"text": "cliente antigo"})
    assert await kept(caller, "ana") == []


async def test_an_empty_draft_is_none(caller: Caller) -> None:
    chat = await caller.new_chat()
    await keep(caller, "ana", chat)
    await keep(caller, "ana", chat, text="")
    assert await kept(caller, "ana") == []


async def test_drafts_are_bounded(caller: Caller) -> None:
    own = OwnThings(caller.installation.pool)
    for number in range(MOST_DRAFTS + 2):
        await own.keep("somebody", f"c{number}", "reply", "x", [])
    left = await own.drafts("somebody")

    assert len(left) == MOST_DRAFTS
    assert left[-1].chat_id == "c2"


async def test_preferences_are_kept_as_they_are(caller: Caller) -> None:
    wanted = {"theme": "dark", "columns": [{"id": "waiting", "width": 320}]}
    await caller.call("PUT", "/v1/me/preferences", "ana", json=wanted)

    assert (await caller.get("/v1/me/preferences", "ana")).json() == wanted
    assert (await caller.get("/v1/me/preferences", "bia")).json() == {}


async def test_preferences_are_bounded_objects(caller: Caller) -> None:
    large = await caller.call(
        "PUT", "/v1/me/preferences", "ana", json={"x": "x" * MOST_PREFERENCES}
    )
    listed = await caller.call("PUT", "/v1/me/preferences", "ana", json=["x"])
    assert (large.status_code, listed.status_code) == (413, 422)
