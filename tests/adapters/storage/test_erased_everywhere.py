"""The whole drill (S12): somebody erased is in no table, stream, export, file, log or backup."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from nats.aio.client import Client as Nats

from adapters.audit.exporting import json_lines, table
from adapters.audit.heads import Signer, key_in
from adapters.audit.page import Reader, page
from adapters.audit.selection import Selection
from adapters.audit.verifier import Event, Verification
from adapters.bus.nats import connect
from adapters.bus.relay import Relay
from adapters.bus.streams import ensure_streams, reading
from adapters.storage.postgres.own_things import OwnThings
from adapters.storage.postgres.projector import Projector
from adapters.storage.sealing.opening import ring_of
from deploy.attesting import proved
from deploy.installation import prepare_database
from domain.values import split_stream
from tests.adapters.storage.log_database import MAPPER
from tests.adapters.storage.sealed_database import SealedDatabase
from tests.erasing_ground import CANARY, Ground, company_at_work, live, tables
from tests.prepared import eventually
from tests.small_company import ANA, META

CPF: Final = "52998224725"
_BESIDE: Final = ("recado_views", "recado_vault", "recado_held_files", "recado_uploads")


@pytest.fixture
async def nc(fresh_nats: str) -> AsyncIterator[Nats]:
    nc = await connect(fresh_nats, name="test")
    await ensure_streams(nc)
    yield nc
    await nc.close()


@asynccontextmanager
async def on_nats(database: SealedDatabase, nc: Nats) -> AsyncIterator[None]:
    """Have the log copied to NATS, and what changed in the views published."""
    stop = asyncio.Event()
    mapper = MAPPER.opening(ring_of(database.masters()))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Relay(nc, database.url).run(stop))
        tasks.create_task(Projector(database.url, mapper, nc).run(stop))
        try:
            yield
        finally:
            stop.set()


async def streams_of(nc: Nats) -> str:
    """Return all that is in NATS: every message of every stream, with its subject and headers."""
    told = []
    for stream in await nc.jetstream().streams_info():
        async with reading(nc, stream=stream.config.name or "") as reader:
            while block := await reader.block():
                told += [f"{m.subject} {m.headers} {m.data!r}" for m in block]
    return "\n".join(told)


async def all_is_published(ground: Ground, nc: Nats) -> None:
    await ground.views_follow()
    ((head,),) = ground.database.run("SELECT position FROM recado_head")
    query = "SELECT position FROM recado_views.checkpoints WHERE name = 'published'"
    await eventually(lambda: ground.database.run(query) == [(head,)], 30)

    async def is_relayed() -> bool:
        return bool((await nc.jetstream().stream_info("RECADO_LOG")).state.last_seq == head)

    await eventually(is_relayed, 30)


def exports(ground: Ground, signer: Signer, chat: str) -> dict[str, bytes]:
    """Return everything in each form that it can be taken away in, with what is sealed opened."""
    opens = ground.database.opening().opened
    made = {}
    with proved(ground.database.url, signer, Selection(), (), opens) as (proof, connection):

        def events() -> Iterator[Event]:
            return Selection().events(connection, proof.head.size)

        reader = Reader("pt-BR", "UTC", "Loja", lambda _kind, _id: None)
        made["jsonl"] = b"".join(json_lines(proof, events()))
        made["csv"] = b"".join(table(events(), opens))
        made["html"] = b"".join(page(proof, events, reader))
    return made


def faults(export: bytes, signer: Signer, *outside: Any) -> list[str]:
    verification = Verification({signer.public}, [head.as_json() for head in outside])
    verification.check(io.BytesIO(export))
    return verification.faults


async def test_who_is_erased_is_nowhere(
    fresh_database: str, nc: Nats, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    S12, A4, C2: log, NATS, views, search, exports, files, drafts, queues, logs, and a backup
    from before without its keys; what was proved before is so afterwards.
    """
    await asyncio.to_thread(prepare_database, fresh_database)
    database = SealedDatabase(fresh_database)
    signer = Signer.read(key_in(tmp_path / "audit.key", make=True))
    async with (
        company_at_work(database, tmp_path / "attachments") as ground,
        on_nats(database, nc),
    ):
        client, chat = await live(ground)
        id_ = split_stream(chat)[1]
        await OwnThings(ground.pool).keep(ANA, id_, "reply", f"{CANARY}30", [])
        run(database.url, "INSERT INTO recado_webhooks VALUES ('w', 's', NULL, NULL, 0)")
        run(
            database.url,
            "INSERT INTO recado_webhook_queue (webhook_id, position, stream) VALUES ('w', 1, %s)",
            chat,
        )
        await all_is_published(ground, nc)
        before = exports(ground, signer, id_)
        with proved(database.url, signer, Selection()) as (proof, _):
            head = proof.head
        assert all(CANARY in made.decode("utf-8", "replace") for made in before.values())
        told = await streams_of(nc)
        assert CANARY in told  # the views, which are in clear while he is there
        assert CPF not in told
        backup = "\n".join(tables(database.url, *_BESIDE, "recado_drafts"))
        assert "message-received.v1" in backup

        await ground.erasing.erase(client, META)
        await all_is_published(ground, nc)

        after = exports(ground, signer, id_)
        left = {
            "tables and files": ground.dump(),
            "log": ground.opened(),
            "nats": await streams_of(nc),
            "backup without keys": backup,
            "what was printed": "".join(capsys.readouterr()),
            **{name: made.decode("utf-8", "replace") for name, made in after.items()},
        }
        found = {name: re.findall(f"{CANARY}..|{CPF}", text) for name, text in left.items()}
        assert [(name, words) for name, words in found.items() if words] == []
        assert run(database.url, "SELECT count(*) FROM recado_drafts") == [(0,)]
        assert faults(after["jsonl"], signer, head) == []
        assert faults(before["jsonl"], signer, head) == []


def run(url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []
