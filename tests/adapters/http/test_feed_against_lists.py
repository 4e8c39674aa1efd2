"""The live feed against the lists, both from a real database: whoever reads has what the list says.

`RECADO_FEED_EXAMPLES=500` makes it a long run.
"""

import asyncio
import os
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from adapters.http.app import Recado, create_app
from adapters.http.feed import ring
from adapters.storage.postgres.queries import Queries
from tests.adapters.http.conftest import Caller, Installation, calling, installed
from tests.adapters.http.feed_kit import Follower
from tests.prepared import pool_on

EXAMPLES = int(os.environ.get("RECADO_FEED_EXAMPLES", "3"))
PEOPLE = ["ana", "bia", "caio", "sara", "admin"]
GROUPS = ["Sales", "Finance"]
CLIENTS = 4
LISTS: dict[str, dict[str, str]] = {
    "all": {"section": "all"},
    "new": {"section": "new"},
    "unread": {"section": "unread"},
    "closed": {"section": "closed"},
    "mine": {"section": "open", "operator": "me"},
    "vip": {"section": "all", "tag": "vip"},
    "named": {"section": "all", "q": "C1"},
}
WITHIN = 20.0
"""Seconds that a feed may take to say what was recorded, on a machine that is busy."""

people, lists = st.sampled_from(PEOPLE), st.sets(st.sampled_from(sorted(LISTS)), min_size=1)


class Reader:
    """Somebody who follows the protocol: connected or not, quick or slow."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.follower = Follower()
        self.views: dict[str, dict[str, Any]] = {}
        self.id = ""
        self.before = ""
        """The subscription that he was last up to date with."""
        self.task: asyncio.Task[None] | None = None
        self.gone, self.reading = asyncio.Event(), asyncio.Event()

    def want(self, names: set[str], chat_id: str | None) -> None:
        wanted: list[dict[str, Any]] = [
            {"id": name, "projection": "chats", "params": LISTS[name]} for name in sorted(names)
        ]
        wanted.append({"id": "counts", "projection": "counts", "params": {}})
        if chat_id is not None:
            wanted.append({"id": "said", "projection": "messages", "params": {"chat": chat_id}})
        self.views = {view["id"]: view for view in wanted}

    async def connect(self, app: Recado, installation: Installation) -> None:
        self.gone.clear()
        self.reading.set()
        token = installation.tokens[self.who]
        headers = [(b"authorization", f"Bearer {token}".encode()), (b"host", b"recado.test")]
        if self.follower.last_id is not None:
            headers.append((b"last-event-id", self.follower.last_id.encode()))
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"/v1/subscriptions/{self.id}/stream",
            "raw_path": b"",
            "query_string": f"after={self.before}".encode() if self.before else b"",
            "headers": headers,
            "scheme": "http",
            "server": ("recado.test", 80),
            "client": ("192.0.2.1", 1),
            "root_path": "",
            "http_version": "1.1",
        }
        self.before = self.id
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def leave(self) -> None:
        if self.task is not None:
            self.gone.set()
            self.reading.set()
            await asyncio.wait_for(self.task, WITHIN)
            self.task = None
            self.follower.cut()

    async def _receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.reading.wait()
        self.follower.take(message.get("body", b""))


class World:
    """An installation, one process of it at a time, and who reads from it."""

    def __init__(self) -> None:
        self.stack, self.process = AsyncExitStack(), AsyncExitStack()
        self.numbers = count(1)
        self.readers: dict[str, Reader] = {}

    async def open(self, database: str) -> None:
        self.installation = await self.stack.enter_async_context(installed(database))
        await self.start()

    async def close(self) -> None:
        await self.stop()
        await self.stack.aclose()

    async def start(self) -> None:
        self.process = AsyncExitStack()
        # Of its own: a process that goes leaves nobody a connection in the middle of a question.
        pool = await self.process.enter_async_context(pool_on(self.installation.url))
        own = replace(self.installation, pool=pool, queries=Queries(pool))
        self.app = create_app(own.parts())
        caller = calling(self.app, self.installation)
        self.caller: Caller = await self.process.enter_async_context(caller)

    async def stop(self) -> None:
        for reader in self.readers.values():
            if reader.task is not None:
                reader.task.cancel()
                await asyncio.gather(reader.task, return_exceptions=True)
                reader.task = None
                reader.follower.cut()
        await self.process.aclose()

    async def page(self, who: str, path: str, **params: str) -> Any:
        got = await self.caller.get(path, who, params=params)
        return got.json() if got.status_code == 200 else {"items": []}

    async def expected(self, who: str, view: dict[str, Any]) -> dict[str, Any]:
        """Return what the reading routes say that a view holds."""
        params = view["params"]
        if view["projection"] == "counts":
            return {"counts": _figures(await self.page(who, "/v1/counts"))}
        if view["projection"] == "messages":
            page = await self.page(who, f"/v1/chats/{params['chat']}/messages", limit="200")
            return {f"{item['seq']}": item for item in page["items"]}
        page = await self.page(who, "/v1/chats", limit="200", **params)
        return {item["id"]: item for item in page["items"]}

    async def differs(self, reader: Reader) -> str | None:
        """Return which view of a reader's is not what it should be; None when all are."""
        if reader.follower.up_to is None:
            return "not up to date"
        for name, view in reader.views.items():
            rows = {k: v for k, (_, v) in reader.follower.rows.get(name, {}).items()}
            shown = {k: _figures(v) if name == "counts" else v for k, v in rows.items()}
            if shown != await self.expected(reader.who, view):
                return f"{reader.who}: {name}: {shown}"
        return None


class LiveLists(RuleBasedStateMachine):
    world: World
    loop: asyncio.AbstractEventLoop

    def run(self, coroutine: Any) -> Any:
        return self.loop.run_until_complete(coroutine)

    @initialize()
    def begin(self) -> None:
        self.world.readers = {}
        self.moved: set[str] = set()
        self.chats: list[str] = []
        for who in PEOPLE:
            self.world.readers[who] = Reader(who)

    @rule(client=st.integers(1, CLIENTS))
    def client_writes(self, client: int) -> None:
        self.run(self._write(client))

    async def _write(self, client: int) -> None:
        chat_id = await self.world.caller.new_chat(client)
        if chat_id not in self.chats:
            self.chats.append(chat_id)

    @rule(
        who=people,
        chat=st.integers(0, CLIENTS - 1),
        act=st.sampled_from([
            ("assign", {"operator": "me"}),
            ("messages", {"text": "bom dia"}),
            ("comments", {"text": "psst"}),
            ("tags", {"add": ["vip"]}),
            ("tags", {"remove": ["vip"]}),
            ("read", {"up_to": 1}),
            ("unread", None),
            ("close", None),
            ("reopen", None),
            ("priority", {"priority": "high"}),
        ]),
    )  # fmt: skip
    def act(self, who: str, chat: int, act: tuple[str, Any]) -> None:
        self._do(who, chat, *act)

    @rule(who=people, chat=st.integers(0, CLIENTS - 1), group=st.sampled_from(GROUPS))
    def transfer_to_group(self, who: str, chat: int, group: str) -> None:
        to = {"group": self.world.installation.ids[group]}
        self._do(who, chat, "transfer", {**to, "comment": "for you"})

    @rule(chat=st.integers(0, CLIENTS - 1), to=st.sampled_from(["ana", "bia", "caio"]))
    def transfer_to_operator(self, chat: int, to: str) -> None:
        operator = self.world.installation.ids[to]
        self._do("admin", chat, "transfer", {"operator": operator, "force": True})

    def _do(self, who: str, chat: int, act: str, body: Any) -> None:
        if chat < len(self.chats):
            path = f"/v1/chats/{self.chats[chat]}/{act}"
            answer = self.run(self.world.caller.post(path, who, body))
            assert answer.status_code < 500, answer.text

    @rule(who=st.sampled_from(["ana", "bia", "sara"]), group=st.sampled_from(GROUPS))
    def give_rights(self, who: str, group: str) -> None:
        self.run(self.world.installation.move(who, group))

    @rule(who=people, names=lists, chat=st.integers(0, 2 * CLIENTS))
    def look(self, who: str, names: set[str], chat: int) -> None:
        """Connect, or go on with other views."""
        self.run(self._look(self.world.readers[who], names, chat))

    async def _look(self, reader: Reader, names: set[str], chat: int) -> None:
        await reader.leave()
        seen = [item["id"] for item in await self.world.caller.chats(reader.who)]
        reader.want(names, seen[chat] if chat < len(seen) else None)
        views = {"views": list(reader.views.values())}
        got = await self.world.caller.post("/v1/subscriptions", reader.who, views)
        assert got.status_code == 201, got.text
        reader.id = got.json()["id"]
        await reader.connect(self.world.app, self.world.installation)

    @rule(who=people)
    def leave(self, who: str) -> None:
        self.run(self.world.readers[who].leave())

    @rule(who=people)
    def come_back(self, who: str) -> None:
        reader = self.world.readers[who]
        if reader.task is None and reader.id:
            self.run(reader.connect(self.world.app, self.world.installation))

    @rule(who=people, reads=st.booleans())
    def slow_down(self, who: str, reads: bool) -> None:
        reading = self.world.readers[who].reading
        (reading.set if reads else reading.clear)()

    @rule()
    def restart(self) -> None:
        """The process goes and another one takes its place."""
        self.run(self.world.stop())
        self.run(self.world.start())

    @rule()
    def settle(self) -> None:
        """Everybody reads all there is: then each has what the lists say, and nothing else."""
        self.run(self._settle())

    async def _settle(self) -> None:
        await self.world.caller.seen()
        for reader in self.world.readers.values():
            reader.reading.set()
            if reader.task is not None:
                await self._until_equal(reader)

    async def _until_equal(self, reader: Reader) -> None:
        give_up = asyncio.get_running_loop().time() + WITHIN
        while (problem := await self.world.differs(reader)) is not None:
            assert reader.task is not None
            assert not reader.task.done(), reader.follower.heard[-1]
            assert asyncio.get_running_loop().time() < give_up, problem
            await asyncio.sleep(0.02)

    def teardown(self) -> None:
        self.run(self._leave_all())

    async def _leave_all(self) -> None:
        for reader in self.world.readers.values():
            await reader.leave()


def _figures(counts: Any) -> Any:
    return {name: value for name, value in counts.items() if name != "position"}


def test_every_feed_says_what_the_lists_say(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S13, V13: after any acts, transfers, changed rights, breaks, restarts and slow reading."""
    monkeypatch.setattr(ring, "MOST_CHANGES", 6)
    loop, world = asyncio.new_event_loop(), World()
    machine = type("Machine", (LiveLists,), {"world": world, "loop": loop})
    loop.run_until_complete(world.open(fresh_database))
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=[
                    HealthCheck.too_slow,
                    HealthCheck.filter_too_much,
                    HealthCheck.data_too_large,
                    HealthCheck.large_base_example,
                    HealthCheck.function_scoped_fixture,
                ],
            ),
        )
    finally:
        loop.run_until_complete(world.close())
        loop.close()
