"""The drill (S12): words in every personal field, an erasure, and then they are nowhere."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.storage.postgres.checks import LogCheck
from adapters.storage.postgres.differences import differences
from adapters.storage.postgres.recorder import migrate
from adapters.storage.postgres.views import migrate as migrate_views
from domain.chat import commands as c
from domain.chat.events import MessageState
from domain.client.commands import EndHold, HoldClient, NameClient
from domain.client.events import ClientErased
from domain.client.record import MergeClients
from domain.content import Media, MediaKind, Text
from domain.errors import ChatIsErased, ClientIsErased, ClientIsHeld, NotFound
from domain.values import ERASED, ClientId, Identity, Naming, split_stream
from tests.adapters.storage.log_database import MAPPER
from tests.adapters.storage.sealed_database import SealedDatabase
from tests.erasing_ground import CANARY, HIS, SHARED, Ground, company_at_work, live, tables
from tests.small_company import ANA, META


@pytest.fixture
def database(fresh_database: str) -> SealedDatabase:
    migrate(fresh_database)
    migrate_views(fresh_database)
    return SealedDatabase(fresh_database)


@pytest.fixture
async def ground(database: SealedDatabase, tmp_path: Path) -> AsyncIterator[Ground]:
    async with company_at_work(database, tmp_path / "attachments") as ground:
        yield ground


def counts(database: SealedDatabase) -> Counter[tuple[Any, ...]]:
    """Return how many events of each kind there were each day."""
    mapper = database.opening()
    told = [mapper.decode(*row) for row in database.rows()]
    return Counter((r.event.at.date(), r.event.TOPIC) for r in told)


async def test_nothing_of_an_erased_client_is_left(ground: Ground) -> None:
    """S12, A4: tables, views, search, files, log; what others said stays, and so do the counts."""
    client, _ = await live(ground)
    other = Identity("whatsapp.phone", "5511977770000")
    leaflet = Media(media=MediaKind.DOCUMENT, reference="ref-leaflet.txt", name="leaflet.txt")
    others = ground.writes(other, 1, (leaflet, Text(text="indicado por Joana")))
    await ground.copied(others, 1, 0, SHARED, "leaflet.txt")
    assert CANARY in ground.opened()
    before, rows = counts(ground.database), ground.database.rows()
    assert CANARY not in repr(rows)

    plan = await ground.erasing.plan(client)
    told = (plan.records, plan.chats, plan.open_chats, plan.files, plan.shared_files)
    assert told == (1, 1, 1, 2, 1)
    assert CANARY in ground.opened()

    await ground.erasing.erase(client, META)

    for text in (ground.dump(), ground.opened()):
        assert CANARY not in text
        assert "52998224725" not in text
        assert "23.551234" not in text
        assert "Joana" in text
    files = [f for f in ground.folder.rglob("*") if f.is_file()]
    assert [f.read_bytes() for f in files] == [SHARED]
    assert ground.database.rows()[: len(rows)] == rows
    after = counts(ground.database)
    ending = {"chat-closed.v1", "chat-erased.v1", "client-erased.v1", "message-state-changed.v1"}
    assert {what[1] for what in after - before} <= ending
    assert not before - after
    certificate = ground.database.recorded()[-1].event
    assert isinstance(certificate, ClientErased)
    assert (certificate.chats, certificate.messages) == (1, 5)


async def test_views_are_what_a_replay_of_the_erased_log_gives(ground: Ground) -> None:
    """V12, A4: whether the words were there when the views were made, or not."""
    client, _ = await live(ground)
    await ground.erasing.erase(client, META)
    found = await asyncio.to_thread(
        lambda: list(differences(ground.database.url, mapper=ground.database.opening, processes=1))
    )
    assert found == []
    checking = LogCheck(ground.database.url, ground.database.opening(), ground.desk.naming)
    assert list(checking.faults()) == []


async def test_who_comes_while_the_log_is_checked_is_no_fault(ground: Ground) -> None:
    """V12: his key is younger than the reader that was made for the check."""
    mapper = ground.database.opening()
    ground.writes(HIS, 1, (Text(text="Olá"),))
    checking = LogCheck(ground.database.url, mapper, ground.desk.naming)
    assert list(checking.faults()) == []


async def test_whoever_writes_again_is_somebody_new(ground: Ground) -> None:
    """A4: nothing joins him to what was erased, and what he says now can be read."""
    client, chat = await live(ground)
    await ground.erasing.erase(client, META)
    again = ground.writes(HIS, 7, (Text(text="sou eu de novo"),))
    assert again != chat
    assert ground.writes(HIS, 8, (Text(text="e mais"),)) == again
    assert "sou eu de novo" in ground.opened()
    new = {r.subject for r in ground.database.recorded() if r.stream == again}
    assert client not in new


async def test_what_comes_late_about_an_erased_client_leaves_nothing(ground: Ground) -> None:
    client, chat = await live(ground)
    await ground.erasing.erase(client, META)
    with pytest.raises(ChatIsErased):
        ground.ask(chat, c.AddComment(operator_id=ANA, text="zqcanary18"))
    with pytest.raises(ClientIsErased):
        ground.ask(f"client-{client}", NameClient(name="zqcanary19"))
    late = c.ReportDelivery(seq=3, state=MessageState.FAILED, provider_ids=(), reason="zqcanary20")
    ground.ask(chat, late)
    ground.writes(replace(HIS, value="other"), 1, (Text(text="Oi"),))
    assert CANARY not in ground.opened()


async def test_a_held_client_is_not_erased(ground: Ground) -> None:
    """A4: a legal hold blocks it with a reason."""
    client, _ = await live(ground)
    ground.ask(f"client-{client}", HoldClient(reason="processo 123"))
    with pytest.raises(ClientIsHeld) as told:
        await ground.erasing.erase(client, META)
    assert told.value.reason == "processo 123"
    assert (await ground.erasing.plan(client)).held == "processo 123"
    assert CANARY in ground.opened()
    ground.ask(f"client-{client}", EndHold())
    await ground.erasing.erase(client, META)
    assert CANARY not in ground.opened()


async def test_records_that_are_merged_are_erased_together(ground: Ground) -> None:
    """A4, C4"""
    client, _ = await live(ground)
    second = Identity("telegram.user", "zqcanary21")
    chat = ground.writes(second, 1, (Text(text="zqcanary22"),))
    other = ground.desk.naming.client(second)
    ground.desk.submit_now(MergeClients(client_id=client, other=other, meta=META))
    plan = await ground.erasing.erase(client, META)
    assert (plan.records, plan.chats) == (2, 2)
    assert CANARY not in ground.dump() + ground.opened()
    with pytest.raises(ChatIsErased):
        ground.ask(chat, c.AddComment(operator_id=ANA, text="?"))


async def test_messages_of_others_that_name_him_are_told(ground: Ground) -> None:
    """One event has one subject: what is said elsewhere belongs to whose chat it is."""
    client, _ = await live(ground)
    chat = ground.writes(
        Identity("whatsapp.phone", "551190000"), 1, (Text(text="sou de zqcanary15 Silva"),)
    )
    async with asyncio.timeout(20):
        while not (mentions := (await ground.erasing.plan(client)).mentions):  # noqa: ASYNC110  (views have no event for it)
            await asyncio.sleep(0.05)
    assert mentions == ((split_stream(chat)[1], 1),)
    with pytest.raises(NotFound):
        await ground.erasing.plan(ClientId("nobody"))


async def test_a_copy_of_the_log_without_the_keys_tells_nothing(ground: Ground) -> None:
    """A4: the tables of the log, restored without the key store; also before any erasure."""
    await live(ground)
    beside = ("recado_views", "recado_vault", "recado_held_files", "recado_uploads")
    text = "\n".join(tables(ground.database.url, *beside))
    assert CANARY not in text
    assert "message-received.v1" in text
    blind = "".join(repr(MAPPER.decode(*row)) for row in ground.database.rows())
    assert CANARY not in blind
    assert ERASED in blind
    salt = bytes(ground.database.run("SELECT salt FROM recado_head")[0][0])
    assert Naming(salt).client(HIS) not in blind
