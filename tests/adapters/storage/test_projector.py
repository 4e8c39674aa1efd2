"""The projector at work: views follow the log, the stream of views follows them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import psycopg
import pytest
from nats.aio.client import Client as Nats

from adapters.bus.nats import connect
from adapters.bus.streams import VIEWS_STREAM, ensure_streams
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.projector import Projector
from domain.chat import commands as c
from domain.client.events import ClientCreated, ClientNamed
from domain.entities import EVENT_TYPES
from domain.event import Event
from domain.operator import OperatorRenamed
from tests.adapters.storage import view_logs
from tests.adapters.storage.view_logs import MAPPER
from tests.projections.histories import OPERATORS, ByHand, Log, said


@pytest.fixture
def url(fresh_database: str) -> str:
    view_logs.prepare(fresh_database)
    return fresh_database


@pytest.fixture
async def nc(fresh_nats: str) -> AsyncIterator[Nats]:
    nc = await connect(fresh_nats, name="test")
    await ensure_streams(nc)
    yield nc
    await nc.close()


@asynccontextmanager
async def running(projector: Projector) -> AsyncIterator[Projector]:
    stop = asyncio.Event()
    task = asyncio.create_task(projector.run(stop))
    try:
        yield projector
    finally:
        stop.set()
        await task


async def until(question: Callable[[], Any], seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while True:
            answer = question()
            if asyncio.iscoroutine(answer):
                answer = await answer
            if answer:
                return
            await asyncio.sleep(0.01)


def checkpoint(url: str, name: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            f"SELECT position FROM {SCHEMA}.checkpoints WHERE name = %s".encode(), (name,)
        ).fetchone()
    assert row is not None
    return int(row[0])


async def item(nc: Nats, subject: str) -> Any:
    message = await nc.jetstream().get_last_msg(VIEWS_STREAM, f"recado.views.{subject}")
    return orjson.loads(message.data or b"null")


class Writer:
    """Writes what is added to a log to its database."""

    def __init__(self, url: str) -> None:
        self.log = view_logs.company(Log())
        self._url = url
        self._written = 0

    def write(self) -> int:
        view_logs.write(self._url, self.log.recorded[self._written :])
        self._written = len(self.log.recorded)
        return self._written

    def chat(self, text: str = "Oi") -> int:
        self.log.open()
        return self.message(text)

    def message(self, text: str) -> int:
        command = c.ReceiveMessage(
            provider_id=f"p{len(self.log.recorded)}", parts=said(text), sent_at=self.log.now
        )
        self.log.ask("c1", command)
        return self.write()

    def record(self, stream: str, event: Event) -> int:
        self.log.record(stream, event)
        return self.write()


async def test_what_is_recorded_is_published_as_lists_show_it(url: str, nc: Nats) -> None:
    writer = Writer(url)
    writer.record("client-client-of-c1", named("Fábio"))
    last = writer.chat("Bom dia")
    async with running(Projector(url, MAPPER, nc)):
        await until(lambda: checkpoint(url, "published") == last)

    chat, message = await item(nc, "chats.c1"), await item(nc, "messages.c1.1")
    assert (chat["section"], chat["client"]["name"], chat["position"]) == ("new", "Fábio", last)
    assert chat["channel"] == {"kind": "whatsapp", "account": "zap", "id": "wa"}
    assert chat["last_message"]["text"] == message["text"] == "Bom dia"
    assert (await item(nc, "operators.ana"))["name"] == "Ana"
    assert (await item(nc, "groups.vendas"))["name"] == "Vendas"
    assert (await item(nc, "counts.account.main"))["new"] == 1


def named(name: str) -> ClientCreated:
    return ClientCreated(at=Log().now, identities=(), name=name)


async def test_a_rename_publishes_the_chats_that_show_the_name(url: str, nc: Nats) -> None:
    writer = Writer(url)
    writer.chat()
    writer.log.ask("c1", c.AssignChat(operator_id=OPERATORS[0], reason=ByHand))
    writer.write()
    async with running(Projector(url, MAPPER, nc)):
        at = writer.record("client-client-of-c1", ClientNamed(at=writer.log.now, name="Zoë"))
        await until(lambda: checkpoint(url, "published") == at)
        chat = await item(nc, "chats.c1")
        assert (chat["client"]["name"], chat["position"]) == ("Zoë", at)

        renamed = OperatorRenamed(at=writer.log.now, name="Ana Maria")
        at = writer.record("operator-ana", renamed)
        await until(lambda: checkpoint(url, "published") == at)
        chat = await item(nc, "chats.c1")
        assert (chat["operator"]["name"], chat["position"]) == ("Ana Maria", at)


async def test_without_nats_the_views_go_on(url: str, fresh_nats: str) -> None:
    nc = await connect(fresh_nats, name="test")
    await nc.close()
    writer = Writer(url)
    last = writer.chat()
    projector = Projector(url, MAPPER)
    async with running(projector):
        await until(lambda: checkpoint(url, "views") == last)

    assert checkpoint(url, "published") == 0


async def test_what_a_lost_stream_held_is_published_again(url: str, nc: Nats) -> None:
    writer = Writer(url)
    last = writer.chat()
    async with running(Projector(url, MAPPER, nc)):
        await until(lambda: checkpoint(url, "published") == last)
    await nc.jetstream().delete_stream(VIEWS_STREAM)
    async with running(Projector(url, MAPPER, nc)):

        async def is_back() -> bool:
            streams = await nc.jetstream().streams_info()
            return any(s.config.name == VIEWS_STREAM and s.state.messages > 0 for s in streams)

        await until(is_back)
        await until(lambda: checkpoint(url, "published") == last)

    assert (await item(nc, "chats.c1"))["id"] == "c1"


async def test_an_event_that_cannot_be_read_is_never_passed_over(url: str) -> None:
    writer = Writer(url)
    before = writer.chat()
    kinds = {t: k for t, k in EVENT_TYPES.items() if t != "client-named.v1"}
    projector = Projector(url, EventMapper(kinds))
    poison = writer.record("client-client-of-c1", ClientNamed(at=writer.log.now, name="Zoë"))
    writer.message("depois")
    async with running(projector):
        await until(lambda: projector.error is not None)
        assert checkpoint(url, "views") == before == poison - 1
        assert f"{poison}" in str(projector.error)

    mended = Projector(url, MAPPER)
    async with running(mended):
        await until(lambda: checkpoint(url, "views") == len(writer.log.recorded))
        await until(lambda: mended.error is None)


async def test_two_projectors_apply_every_event_once(url: str, nc: Nats) -> None:
    writer = Writer(url)
    last = writer.chat()
    one, other = Projector(url, MAPPER, nc), Projector(url, MAPPER, nc)
    async with running(one), running(other):
        for number in range(30):
            last = writer.message(f"oi {number}")
            await asyncio.sleep(0.005)
        await until(lambda: checkpoint(url, "published") == last)

    assert one.applied + other.applied == last
    assert (await item(nc, "counts.account.main"))["new"] == 1
    assert (await item(nc, "chats.c1"))["last_message"]["text"] == "oi 29"


async def test_a_projector_outlives_the_loss_of_its_connections(url: str, nc: Nats) -> None:
    writer = Writer(url)
    last = writer.chat()
    async with running(Projector(url, MAPPER, nc)):
        await until(lambda: checkpoint(url, "published") == last)
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        last = writer.message("ainda aí?")
        await until(lambda: checkpoint(url, "published") == last)

    assert (await item(nc, "chats.c1"))["last_message"]["text"] == "ainda aí?"
