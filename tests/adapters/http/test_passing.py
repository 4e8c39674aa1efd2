"""Who looks at a chat and who writes in it: told to colleagues, never stored."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.bus.nats import connect
from adapters.bus.streams import ensure_streams
from adapters.http.app import create_app
from adapters.http.feed.hub import Hub
from adapters.http.feed.passing import LASTS, Passing, Sign
from adapters.http.metrics import Metrics
from tests.adapters.http.conftest import Caller, Installation
from tests.adapters.http.feed_kit import MemorySource, nobody_else
from tests.adapters.http.test_live import Listener, serving


def chat(id_: str) -> dict[str, Any]:
    return {"id": "said", "projection": "messages", "params": {"chat": id_}}


def signs(listener: Listener) -> list[tuple[str, str]]:
    heard = [e.data for e in listener.follower.heard if e.name == "ephemeral"]
    return [(one["operator"]["name"], one["state"]) for one in heard]


@asynccontextmanager
async def two_processes(
    installation: Installation, nats_url: str
) -> AsyncIterator[tuple[Caller, Caller]]:
    one, other = await connect(nats_url, name="one"), await connect(nats_url, name="other")
    await ensure_streams(one)
    try:
        apps = [create_app(installation.parts(nats=nats)) for nats in (one, other)]
        async with serving(apps[0], installation) as first, serving(apps[1], installation) as last:
            yield first, last
    finally:
        await one.close()
        await other.close()


async def test_colleagues_at_another_process_hear_who_writes_and_he_himself_does_not(
    installation: Installation, fresh_nats: str
) -> None:
    """Who is looking or writing reaches whoever has the chat open, at whichever process."""
    async with two_processes(installation, fresh_nats) as (here, there):
        chat_id = await here.new_chat()
        bia, ana = Listener(there, "bia"), Listener(here, "ana")
        await bia.subscribe(chat(chat_id))
        await ana.subscribe(chat(chat_id))
        async with bia.listening(), ana.listening():
            path = f"/v1/chats/{chat_id}/presence"
            said = await here.post(path, "ana", {"state": "typing", "mode": "reply"})
            await bia.until(lambda: signs(bia))
            heard = bia.follower.heard[-1]
            await there.post(path, "bia", {"state": "viewing"})
            await ana.until(lambda: signs(ana))

    assert said.status_code == 200
    assert heard.id is None
    assert heard.data["until"]
    assert {name: heard.data[name] for name in ("chat", "operator", "state", "mode")} == {
        "chat": chat_id,
        "operator": {"id": installation.ids["ana"], "name": "Ana"},
        "state": "typing",
        "mode": "reply",
    }
    assert signs(bia) == [("Ana", "typing")]
    assert signs(ana) == [("Bia", "viewing")]


async def test_who_opens_a_chat_hears_who_is_there_already(installation: Installation) -> None:
    """And nothing of those who left, nor when NATS is away."""
    async with serving(create_app(installation.parts()), installation) as caller:
        chat_id = await caller.new_chat()
        path = f"/v1/chats/{chat_id}/presence"
        await caller.post(path, "ana", {"state": "viewing"})
        await caller.post(path, "admin", {"state": "viewing"})
        await caller.post(path, "admin", {"state": "gone"})
        bia = Listener(caller, "bia")
        await bia.subscribe(chat(chat_id))
        async with bia.listening():
            await bia.until(lambda: signs(bia))

    assert signs(bia) == [("Ana", "viewing")]


async def test_who_may_not_see_a_chat_says_nothing_of_it_and_hears_nothing(
    installation: Installation,
) -> None:
    """A foreign chat answers as an absent one, and its signs end with one's sight of it (V13)."""
    async with serving(create_app(installation.parts()), installation) as caller:
        chat_id = await caller.new_chat()
        path = f"/v1/chats/{chat_id}/presence"
        foreign = await caller.post(path, "caio", {"state": "typing"})
        absent = await caller.post("/v1/chats/nothing/presence", "caio", {"state": "typing"})
        bia = Listener(caller, "bia")
        await bia.subscribe(chat(chat_id))
        async with bia.listening():
            await caller.post(f"/v1/chats/{chat_id}/assign", "ana", {"operator": "me"})
            await bia.until(lambda: not bia.follower.rows["said"])
            await caller.post(path, "ana", {"state": "typing"})
            await caller.post(f"/v1/chats/{chat_id}/messages", "ana", {"text": "hello"})

    assert foreign.status_code == absent.status_code == 404
    assert foreign.json() == absent.json()
    assert signs(bia) == []


@pytest.mark.parametrize("said", [b"", b"{}", b"[1]", b'{"teller":"x","sign":{"state":"away"}}'])
async def test_what_cannot_be_read_is_passed_over(said: bytes) -> None:
    passing = Passing(Hub(MemorySource(), Metrics()), nobody_else)

    passing.hear(said)

    assert passing.last == 0


async def test_what_is_over_is_forgotten() -> None:
    now = 0.0
    passing = Passing(Hub(MemorySource(), Metrics()), nobody_else, lambda: now)
    await passing.tell(Sign(chat="1", operator="ana", name="Ana", state="viewing"))

    now = LASTS["viewing"]
    passing.sweep()

    assert passing.count() == 0
