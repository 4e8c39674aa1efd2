"""`?as_of=`: the lists as they were, for whoever may look back (A2, V7, V13)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.account import AccountSettings
from domain.acts import Reconfigure
from tests.adapters.http.conftest import META, Caller, Installation

LISTS = ("new", "waiting", "open", "unread", "closed", "all")


async def now_at(installation: Installation) -> str:
    """Return the moment as the log and its clock have it."""
    async with installation.pool.connection() as connection:
        rows = await connection.execute("SELECT position, clock_timestamp() FROM recado_head")
        row = await rows.fetchone()
    assert row is not None
    return f"{row[0]}@{row[1].astimezone(UTC).isoformat()}"


async def listed(caller: Caller, who: str, section: str, **params: str) -> list[Any]:
    await caller.seen()
    got = await caller.get("/v1/chats", who, params={"section": section, **params})
    assert got.status_code == 200, got.text
    items: list[Any] = got.json()["items"]
    return items


async def worked_on(caller: Caller, chat: str) -> None:
    """Ana takes the chat, answers, and ends it."""
    for path, body in (
        ("assign", {"operator": "me"}),
        ("messages", {"text": "sim"}),
        ("close", {}),
    ):
        done = await caller.post(f"/v1/chats/{chat}/{path}", "ana", body)
        assert done.is_success, done.text
    await caller.seen()


async def test_lists_and_counts_are_those_that_were_shown(
    caller: Caller, installation: Installation
) -> None:
    """A2: whatever happened since."""
    chat = await caller.new_chat(1, "primeira")
    await caller.new_chat(2, "segunda")
    before = {section: await listed(caller, "admin", section) for section in LISTS}
    counted = (await caller.get("/v1/counts", "admin")).json()
    # Tabs are today's, and are counted today.
    del counted["tabs"]
    moment = await now_at(installation)
    await worked_on(caller, chat)
    await caller.telegram(2, "ainda aí?")
    for section in LISTS:
        assert await listed(caller, "ada", section, as_of=moment) == before[section]
    assert await listed(caller, "admin", "new") != before["new"]
    then = (await caller.get("/v1/counts", "ada", params={"as_of": moment})).json()
    as_of = then.pop("as_of")
    assert then == counted
    assert as_of["position"] == int(moment.partition("@")[0])


async def test_a_chat_and_what_was_said_in_it(caller: Caller, installation: Installation) -> None:
    """A2: whoever sees a chat now may see it as it was; a foreign one is an absent one."""
    chat = await caller.new_chat(1, "primeira")
    shown = (await caller.get(f"/v1/chats/{chat}", "ana")).json()
    said = (await caller.get(f"/v1/chats/{chat}/messages", "ana")).json()["items"]
    moment = await now_at(installation)
    await worked_on(caller, chat)
    path, params = f"/v1/chats/{chat}", {"as_of": moment}
    then = (await caller.get(path, "ana", params=params)).json()
    assert then == shown | {"as_of": then["as_of"]}
    messages = (await caller.get(f"{path}/messages", "ana", params=params)).json()
    assert messages["items"] == said
    for hidden in (path, f"{path}/messages"):
        assert (await caller.get(hidden, "caio", params=params)).status_code == 404
        early = await caller.get(hidden, "ana", params={"as_of": "1"})
        assert early.status_code == 404


async def test_only_some_may_look_back_at_lists(caller: Caller) -> None:
    """V13: by the rights of today; a supervisor sees the chats of his groups."""
    await caller.new_chat(1, "para Sales")
    moment = datetime.now(UTC).isoformat()
    for path in ("/v1/chats", "/v1/counts"):
        refused = await caller.get(path, "ana", params={"as_of": moment})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert len(await listed(caller, "admin", "all", as_of=moment)) == 1
    assert await listed(caller, "sara", "all", as_of=moment) == []


async def test_through_an_operators_eyes(caller: Caller, installation: Installation) -> None:
    """A2, V13: by the groups that he was in then, whatever he is in now."""
    await caller.new_chat(1)
    moment = await now_at(installation)
    await installation.move("ana", "Finance")
    await installation.move("caio", "Sales")
    ana, caio = installation.ids["ana"], installation.ids["caio"]
    assert len(await listed(caller, "ada", "new", as_of=moment, seen_by=ana)) == 1
    assert await listed(caller, "ada", "new", as_of=moment, seen_by=caio) == []
    params = {"as_of": moment, "seen_by": "nobody"}
    assert (await caller.get("/v1/chats", "ada", params=params)).status_code == 404


async def test_the_patience_of_then(caller: Caller, installation: Installation) -> None:
    """V7: the section that was computed then."""
    chat = await caller.new_chat(1)
    await caller.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
    before = (await now_at(installation)).partition("@")[0]
    patience = {"patience": timedelta(days=2)}
    await installation.desk.submit(Reconfigure(changes=patience, meta=META))
    after = (await now_at(installation)).partition("@")[0]
    at = datetime.now(UTC).isoformat()
    items = [
        await listed(caller, "ada", "open", as_of=f"{position}@{at}")
        for position in (before, after)
    ]
    limits = [
        datetime.fromisoformat(item["waiting_from"]) - datetime.fromisoformat(item["waiting_since"])
        for (item,) in items
    ]
    assert limits == [AccountSettings().patience, timedelta(days=2)]


@pytest.mark.parametrize(
    "as_of", ["ontem", "2030-01-02T09:00:00", "9999-01-01T00:00:00Z", "999999999", "-1", ""]
)
async def test_what_is_no_past_moment_is_refused(caller: Caller, as_of: str) -> None:
    got = await caller.get("/v1/chats", "ada", params={"as_of": as_of})
    assert (got.status_code, got.json()["code"]) == (422, "no_such_moment")
