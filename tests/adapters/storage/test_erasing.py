"""The drill (S12): words in every personal field, an erasure, and then they are nowhere."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.desk import LogDesk
from adapters.storage.erasing import Erasing
from adapters.storage.postgres.checks import LogCheck
from adapters.storage.postgres.differences import differences
from adapters.storage.postgres.files import FileRegister
from adapters.storage.postgres.projector import Projector
from adapters.storage.postgres.recorder import migrate
from adapters.storage.postgres.views import migrate as migrate_views
from adapters.storage.sealing.opening import ring_of
from domain.acts import Ask
from domain.chat import commands as c
from domain.chat.events import MessageState
from domain.client import ClientErased, EditClient, EndHold, Entry, HoldClient, NameClient
from domain.content import ContactCard, Location, Media, MediaKind, Parts, TemplateCall, Text
from domain.errors import ChatIsErased, ClientIsErased, ClientIsHeld, NotFound
from domain.facts import Detail, Fact
from domain.inbound import MessageArrived, Peer
from domain.intake import take_in
from domain.record import MergeClients
from domain.values import ERASED, ClientId, Identity, Naming, split_stream, stream_of
from tests.adapters.storage.log_database import MAPPER
from tests.adapters.storage.sealed_database import SealedDatabase
from tests.prepared import Pool, pool_on
from tests.small_company import ANA, META, PHONE, SENT_AT, SmallCompany

CANARY: Final = "zqcanary"
HIS_FILE: Final = b"zqcanary of a file"
SHARED: Final = b"a leaflet that everybody gets"
HIS: Final = Identity("whatsapp.phone", "5511988zqcanary01")


@dataclass
class Ground:
    """A sealed company at work: a desk, views that follow it, and a store of files."""

    database: SealedDatabase
    desk: LogDesk
    pool: Pool
    attachments: Attachments
    folder: Path
    erasing: Erasing

    def ask(self, stream: str, command: Any) -> Any:
        kind, id_ = split_stream(stream)
        return self.desk.submit_now(Ask(stream=stream_of(kind, id_), command=command, meta=META))

    def writes(self, identity: Identity, number: int, parts: Parts, **more: Any) -> str:
        """Let a client write; return his chat's stream."""
        arrived = MessageArrived(
            account=None,
            dedup_key=f"m:{identity.value}:{number}",
            occurred_at=SENT_AT,
            peer=Peer((identity,), f"Nome {identity.value}"),
            provider_id=f"wamid.{identity.value}.{number}",
            parts=parts,
            **more,
        )
        receipt = self.desk.submit_now(take_in(self.desk.naming, PHONE, arrived))
        assert receipt.stream is not None
        return receipt.stream

    async def copied(self, stream: str, seq: int, part: int, content: bytes, name: str) -> str:
        """Put a file that came in into the store."""
        address = sha256(content).hexdigest()
        await self.attachments.store.put(address, content)
        await self.attachments.register.keep(address, "text/plain", len(content))
        noted = c.NoteMediaCopied(
            seq=seq,
            part=part,
            reference=f"ref-{name}",
            sha256=address,
            mime="text/plain",
            size=len(content),
            name=name,
        )
        self.ask(stream, noted)
        return address

    def dump(self, *but: str) -> str:
        """Return every table of every schema as text, but for those named, and every file."""
        files = [repr(f.read_bytes()) for f in self.folder.rglob("*") if f.is_file()]
        return "\n".join([*tables(self.database.url, *but), *files])

    def opened(self) -> str:
        """Return the log as it reads with all keys that are left."""
        return "\n".join(repr(recorded) for recorded in self.database.recorded())


def tables(url: str, *but: str) -> Iterator[str]:
    """Yield the rows of all tables as text, but for the schemas and tables named."""
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "SELECT table_schema, table_name, string_agg(CASE data_type WHEN 'bytea'"
            " THEN format('encode(%I, ''escape'')', column_name)"
            " ELSE format('%I::text', column_name) END, ',')"
            " FROM information_schema.columns"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema') GROUP BY 1, 2"
        ).fetchall()
        for schema, name, listed in columns:
            if schema not in but and name not in but:
                for row in connection.execute(f'SELECT {listed} FROM {schema}."{name}"'.encode()):
                    yield f"{name}: {row}"


@pytest.fixture
def database(fresh_database: str) -> SealedDatabase:
    migrate(fresh_database)
    migrate_views(fresh_database)
    return SealedDatabase(fresh_database)


@pytest.fixture
async def ground(database: SealedDatabase, tmp_path: Path) -> AsyncIterator[Ground]:
    folder = tmp_path / "attachments"
    async with pool_on(database.url) as pool:
        with database.desk() as desk:
            company = SmallCompany(desk)
            company.open()
            attachments = Attachments(AttachmentStore.open(f"{folder}"), FileRegister(pool))
            mapper = MAPPER.opening(ring_of(database.masters()))
            erasing = Erasing(pool, desk, mapper, attachments.store)
            async with following(database):
                yield Ground(database, desk, pool, attachments, folder, erasing)


@asynccontextmanager
async def following(database: SealedDatabase) -> AsyncIterator[None]:
    """Have the views follow the log."""
    stop = asyncio.Event()
    mapper = MAPPER.opening(ring_of(database.masters()))
    projecting = asyncio.create_task(Projector(database.url, mapper).run(stop))
    try:
        yield
    finally:
        stop.set()
        await projecting


async def live(ground: Ground) -> tuple[ClientId, str]:
    """Let somebody leave a word in every field there is; return him and his chat."""
    media = Media(media=MediaKind.DOCUMENT, reference="ref-zqcanary02.txt", name="zqcanary02.txt")
    parts: Parts = (
        Text(text="zqcanary03 meu pedido"),
        media,
        ContactCard(name="zqcanary04", phones=("zqcanary05",)),
        Location(latitude=-23.551234, longitude=-46.25),
    )
    chat = ground.writes(HIS, 1, parts, subject="zqcanary06", referral='"zqcanary07"')
    await ground.copied(chat, 1, 1, HIS_FILE, "zqcanary02.txt")
    leaflet = Media(media=MediaKind.DOCUMENT, reference="ref-leaflet.txt", name="leaflet.txt")
    ground.writes(HIS, 2, (leaflet,))
    await ground.copied(chat, 2, 0, SHARED, "leaflet.txt")
    ground.ask(chat, c.AddComment(operator_id=ANA, text="zqcanary08 liga para ele"))
    template = TemplateCall(name="t", language="pt", values=("zqcanary09",), text="zqcanary09 oi")
    sent = c.SendMessage(message_id="m1", operator_id=ANA, parts=(template,))
    seq = ground.ask(chat, sent).number
    failed = c.ReportDelivery(
        seq=seq, state=MessageState.SENT, provider_ids=("zqcanary10",), reason="zqcanary11"
    )
    ground.ask(chat, failed)
    ground.ask(
        chat, c.SendMessage(message_id="m2", operator_id=ANA, parts=(Text(text="zqcanary12"),))
    )
    ground.ask(
        chat, c.EditReceived(seq=1, parts=(*parts[1:], Text(text="zqcanary13")), sent_at=SENT_AT)
    )
    ground.ask(chat, c.React(seq=1, emoji="zqcanary14"))
    client = ground.desk.naming.client(HIS)
    record = f"client-{client}"
    ground.ask(record, NameClient(name="zqcanary15 Silva"))
    entries = {
        Detail.CPF.value: Entry(fact=Fact("52998224725")),
        Detail.NOTES.value: Entry(fact=Fact("zqcanary16")),
    }
    ground.ask(record, EditClient(entries=entries, tags=frozenset({"zqcanary17"})))
    return client, chat


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
