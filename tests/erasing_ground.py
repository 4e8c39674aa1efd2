"""A sealed company at work, and somebody in it who left a word in every field there is."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import psycopg

from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.desk import LogDesk
from adapters.storage.erasing import Erasing
from adapters.storage.postgres.files import FileRegister
from adapters.storage.postgres.projector import Projector
from adapters.storage.sealing.opening import ring_of
from domain.acts import Ask
from domain.chat import commands as c
from domain.chat.events import MessageState
from domain.client.commands import EditClient, Entry, NameClient
from domain.client.facts import Detail, Fact
from domain.content import ContactCard, Location, Media, MediaKind, Parts, TemplateCall, Text
from domain.inbound import MessageArrived, Peer
from domain.intake import take_in
from domain.values import ClientId, Identity, split_stream, stream_of
from tests.adapters.storage.log_database import MAPPER
from tests.adapters.storage.sealed_database import SealedDatabase
from tests.prepared import Pool, eventually, pool_on
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

    async def views_follow(self) -> None:
        """Wait for the views to hold all that is in the log."""
        ((head,),) = self.database.run("SELECT position FROM recado_head")
        query = "SELECT position FROM recado_views.checkpoints WHERE name = 'views'"
        await eventually(lambda: self.database.run(query) == [(head,)], 20)

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


@asynccontextmanager
async def company_at_work(database: SealedDatabase, folder: Path) -> AsyncIterator[Ground]:
    """Yield a company whose files lie in a folder, and whose views follow its log."""
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
