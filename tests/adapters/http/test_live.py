"""The live feed over a real socket: what was recorded arrives, and nobody is forgotten."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from adapters.bus.nats import connect
from adapters.bus.streams import ensure_streams
from adapters.http.app import Recado, create_app
from adapters.http.sessions import Sessions
from adapters.storage.postgres.projector import Projector
from tests.adapters.http.conftest import PASSWORD, Caller, Installation
from tests.adapters.http.feed_kit import Follower

ALL = {"id": "all", "projection": "chats", "params": {"section": "all"}}


class QuietServer(uvicorn.Server):
    """Leaves signals to the test run."""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        serving = asyncio.create_task(self._serve(None))
        while not self.started:
            assert not serving.done()
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"
        self.should_exit = True
        await serving


@asynccontextmanager
async def serving(app: Recado, installation: Installation) -> AsyncIterator[Caller]:
    config = uvicorn.Config(
        app, port=0, log_level="error", access_log=False, timeout_graceful_shutdown=2
    )
    async with (
        QuietServer(config).listening() as url,
        httpx.AsyncClient(base_url=url, timeout=10) as http,
    ):
        yield Caller(http, installation)
        app.say_goodbye()


class Listener:
    """Listens to a subscription in the background, for as long as the connection lasts."""

    def __init__(self, caller: Caller, who: str | None) -> None:
        self.caller, self.who = caller, who
        self.follower = Follower()
        self.id = ""

    @property
    def is_up_to_date(self) -> bool:
        return self.follower.up_to is not None

    async def subscribe(self, *views: dict[str, Any]) -> None:
        got = await self.caller.post("/v1/subscriptions", self.who, {"views": list(views)})
        assert got.status_code == 201, got.text
        self.id = got.json()["id"]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Listener"]:
        self.follower.up_to = None
        task = asyncio.create_task(self._listen())
        await self.until(lambda: task.done() or self.is_up_to_date)
        yield self
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self.follower.cut()

    async def until(self, question: Any, seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            while not question():  # noqa: ASYNC110  (what is asked for comes over a socket)
                await asyncio.sleep(0.005)

    async def _listen(self) -> None:
        headers = {}
        if self.who is not None:
            headers["Authorization"] = f"Bearer {self.caller.installation.tokens[self.who]}"
        if self.follower.last_id is not None:
            headers["Last-Event-ID"] = self.follower.last_id
        path = f"/v1/subscriptions/{self.id}/stream"
        async with self.caller.http.stream("GET", path, headers=headers) as stream:
            assert stream.status_code == 200
            assert stream.headers["content-type"].startswith("text/event-stream")
            async for part in stream.aiter_bytes():
                self.follower.take(part)


@pytest.fixture
async def live(installation: Installation) -> AsyncIterator[Caller]:
    async with serving(create_app(installation.parts()), installation) as caller:
        yield caller


async def test_what_is_recorded_arrives(live: Caller) -> None:
    listener = Listener(live, "ana")
    await listener.subscribe(ALL, {"id": "counts", "projection": "counts"})
    async with listener.listening():
        chat = await live.new_chat(1, "oi")
        await listener.until(lambda: chat in listener.follower.rows["all"])
        shown = listener.follower.rows["all"][chat][1]
        read = (await live.get(f"/v1/chats/{chat}", "ana")).json()
        await listener.until(lambda: listener.follower.rows["counts"]["counts"][1]["new"] == 1)

    # Until when it may be answered freely, and its number, are told of one chat alone.
    assert read.pop("protocol")
    assert read == {**shown, "reply_until": None}


async def test_nats_makes_it_quick(installation: Installation, fresh_nats: str) -> None:
    """The pump hears of a change and does not wait for its next look."""
    nc = await connect(fresh_nats, name="test")
    await ensure_streams(nc)
    stop = asyncio.Event()
    projecting = asyncio.create_task(Projector(installation.url, installation.mapper, nc).run(stop))
    app = create_app(installation.parts(nats=nc))
    try:
        async with serving(app, installation) as caller:
            listener = Listener(caller, "ana")
            await listener.subscribe(ALL)
            async with listener.listening():
                await asyncio.sleep(0.5)
                for number in range(5):
                    chat = await caller.new_chat(number, "oi")
                    await listener.until(lambda id_=chat: id_ in listener.follower.rows["all"])
    finally:
        stop.set()
        await projecting
        await nc.close()


async def test_a_subscription_outlives_the_process(installation: Installation) -> None:
    """S13: the same id and the last event's id are enough, in any process."""
    await installation.queries.wait_for(await installation.events(), 10)
    async with serving(create_app(installation.parts()), installation) as one:
        listener = Listener(one, "ana")
        await listener.subscribe(ALL)
        first = await one.new_chat(1, "oi")
        second = await one.new_chat(2, "oi")
        async with listener.listening():
            assert set(listener.follower.rows["all"]) == {first, second}
    async with serving(create_app(installation.parts()), installation) as other:
        third = await other.new_chat(3, "oi")
        await other.post(f"/v1/chats/{first}/assign", "bia", {"operator": "me"})
        await other.seen()
        listener.caller = other
        listener.follower.heard.clear()
        async with listener.listening():
            pass

    events = listener.follower.heard
    assert {e.name for e in events} <= {"delta", "up_to_date", "bye"}
    ops = [op for e in events if e.name == "delta" for op in e.data["ops"]]
    assert sorted((op["op"], op["key"]) for op in ops) == sorted(
        [("remove", first), ("upsert", third)]
    )


async def test_a_feed_ends_with_its_session(live: Caller) -> None:
    """S6: within five seconds."""
    await live.installation.password("ana")
    body = {"email": "ana@ipe.test", "password": PASSWORD}
    cookie = (await live.post("/v1/session", None, body)).cookies["recado"]
    listener = Listener(live, None)
    await listener.subscribe(ALL)
    async with listener.listening():
        await Sessions(live.installation.pool).close(cookie)
        await listener.until(lambda: listener.follower.heard[-1].name == "bye", 6)

    assert listener.follower.heard[-1].data["reason"] == "signed_out"


async def test_a_subscription_is_its_makers_alone(live: Caller) -> None:
    listener = Listener(live, "ana")
    await listener.subscribe(ALL)
    path = f"/v1/subscriptions/{listener.id}/stream"

    assert (await live.get(path, "bia")).status_code == 404
    assert (await live.get(path)).status_code == 401


async def test_rights_that_change_reach_an_open_feed(live: Caller) -> None:
    """V13: at once."""
    chat = await live.new_chat(1, "oi")
    listener = Listener(live, "ana")
    await listener.subscribe(ALL)
    async with listener.listening():
        assert chat in listener.follower.rows["all"]
        await live.installation.move("ana", "Finance")
        await listener.until(lambda: listener.follower.rows.get("all") == {})

    assert "must_refetch" in [e.name for e in listener.follower.heard]


async def test_an_open_feed_is_a_sign_of_life(live: Caller) -> None:
    """R10"""
    listener = Listener(live, "ana")
    await listener.subscribe(ALL)
    async with listener.listening(), live.installation.pool.connection() as connection:
        rows = await connection.execute("SELECT operator_id FROM recado_heartbeats")
        assert await rows.fetchall() == [(live.installation.ids["ana"],)]


async def test_stopping_says_goodbye_and_does_not_wait_for_listeners(
    installation: Installation,
) -> None:
    app = create_app(installation.parts())
    async with asyncio.timeout(10), serving(app, installation) as caller:
        listener = Listener(caller, "ana")
        await listener.subscribe(ALL)
        task = asyncio.create_task(listener._listen())
        await listener.until(lambda: listener.follower.up_to is not None)
        app.say_goodbye()
        await task

    assert listener.follower.heard[-1].name == "bye"
    assert listener.follower.heard[-1].data == {"reason": "restart", "retry_ms": 1000}


async def test_changed_patience_moves_chats_between_open_lists(live: Caller) -> None:
    """V7: at once."""
    chat = await live.new_chat(1, "oi")
    await live.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
    await live.seen()
    views = [
        {"id": section, "projection": "chats", "params": {"section": section, "operator": "me"}}
        for section in ("open", "waiting")
    ]
    listener = Listener(live, "ana")
    await listener.subscribe(*views)
    async with listener.listening():
        assert set(listener.follower.rows["open"]) == {chat}
        await live.call("PATCH", "/v1/settings", "admin", json={"patience": 0.001})
        await listener.until(lambda: chat in listener.follower.rows.get("waiting", {}))

    assert listener.follower.rows["open"] == {}


async def test_a_late_chat_moves_although_no_timer_recorded_it(live: Caller) -> None:
    """V6: there is no timer in this test."""
    await live.call("PATCH", "/v1/settings", "admin", json={"patience": 2})
    chat = await live.new_chat(1, "oi")
    await live.post(f"/v1/chats/{chat}/assign", "ana", {"operator": "me"})
    await live.seen()
    listener = Listener(live, "ana")
    await listener.subscribe({"id": "w", "projection": "chats", "params": {"section": "waiting"}})
    async with listener.listening():
        await listener.until(lambda: chat in listener.follower.rows["w"], 15)
