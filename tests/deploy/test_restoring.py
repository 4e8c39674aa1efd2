"""A backup from before an erasure is restored: whoever was erased stays so (A4)."""

import asyncio
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from adapters.audit.erasure_keeper import ErasureKeeper
from adapters.audit.erasure_places import FILE, ErasureFile, ErasureStream
from adapters.audit.heads import Signer, key_in, log_name
from adapters.bus.nats import connect
from deploy.attachments import AttachmentsPlace
from deploy.embedded.binaries import postgres_programs
from deploy.embedded.directory import Urls
from deploy.installation import prepare_database
from deploy.restoring import ErasureLists, erase_again
from domain.acts import Ask
from domain.client.commands import HoldClient
from domain.client.events import ClientErased
from domain.client.record import MergeClients
from domain.content import Text
from domain.values import ClientId, Identity, stream_of
from tests.adapters.storage.sealed_database import MASTER, SealedDatabase
from tests.erasing_ground import CANARY, HIS, Ground, company_at_work, live
from tests.small_company import META

HERS = Identity("whatsapp.phone", "5511977770000")


@pytest.fixture
async def database(fresh_database: str) -> SealedDatabase:
    await asyncio.to_thread(prepare_database, fresh_database)
    return SealedDatabase(fresh_database)


@pytest.fixture
def pem(tmp_path: Path) -> str:
    return key_in(tmp_path / "audit.key", make=True)


@pytest.fixture
def lists(tmp_path: Path, pem: str) -> ErasureLists:
    files = AttachmentsPlace((tmp_path / "attachments").as_uri(), 1_000)
    return ErasureLists(f"{tmp_path}", pem, files)


@dataclass(frozen=True)
class Backup:
    """A database and its files as they were."""

    url: str
    file: Path
    files: dict[Path, bytes]

    @classmethod
    def of(cls, ground: Ground, *options: str) -> "Backup":
        url, file = ground.database.url, ground.folder.parent / f"{len(options)}.dump"
        files = {one: one.read_bytes() for one in ground.folder.rglob("*") if one.is_file()}
        run_binary("pg_dump", "-Fc", *options, "-f", f"{file}", url)
        return cls(url, file, files)

    def restore(self) -> None:
        """Put it back over what is there now."""
        run_binary("pg_restore", "--clean", "--if-exists", "-d", self.url, f"{self.file}")
        for one, content in self.files.items():
            one.parent.mkdir(parents=True, exist_ok=True)
            one.write_bytes(content)


def run_binary(name: str, *arguments: str) -> None:
    program = postgres_programs(None, Path()) / name
    subprocess.run([program, *arguments], check=True, capture_output=True)


async def keep_list(ground: Ground, pem: str, place: ErasureFile | ErasureStream) -> None:
    url = ground.database.url
    keeper = ErasureKeeper(url, Signer.read(pem), [place])
    with psycopg.connect(url, autocommit=True) as connection:
        await keeper.step(connection, log_name(connection))


async def lived_and_erased(
    database: SealedDatabase, pem: str, place: ErasureFile | ErasureStream, folder: Path
) -> tuple[Ground, Backup, ClientId]:
    """Return where somebody was erased, the backup from before that, and who he was."""
    async with company_at_work(database, folder / "attachments") as ground:
        client, _ = await live(ground)
        ground.writes(HERS, 1, (Text(text="quem fica"),))
        await ground.views_follow()
        backup = await asyncio.to_thread(Backup.of, ground)
        await ground.erasing.erase(client, META)
    await keep_list(ground, pem, place)
    return ground, backup, client


def certificates(ground: Ground) -> list[str]:
    events = [one.event for one in ground.database.recorded()]
    return [event.basis for event in events if isinstance(event, ClientErased)]


def writes_again(ground: Ground, words: str) -> set[str | None]:
    """Let him write to a desk that knows nothing from before; return whose his chat is."""
    with ground.database.desk() as desk:
        chat = replace(ground, desk=desk).writes(HIS, 9, (Text(text=words),))
    return {one.subject for one in ground.database.recorded() if one.stream == chat}


async def test_who_was_erased_is_so_before_a_restored_database_serves(
    database: SealedDatabase, lists: ErasureLists, pem: str, nats_url: str, tmp_path: Path
) -> None:
    """A4: key, views, search, files; a certificate says so; who was never erased is there."""
    place, file, other = ErasureFile(tmp_path), tmp_path / FILE, key_in(tmp_path / "o", make=True)
    ground, backup, client = await lived_and_erased(database, other, place, tmp_path)
    real = ErasureFile(tmp_path / "real")
    await keep_list(ground, pem, real)
    await keep_list(ground, pem, real)
    assert [one.client for one in await real.known()] == [client]
    await asyncio.to_thread(backup.restore)
    urls = Urls(database.url, nats_url, MASTER)

    # What others signed, or changed, or tore, erases nobody.
    forged = file.read_text()
    theirs, ours = (Signer.read(one).public.hex() for one in (other, pem))
    file.write_text(forged + forged.replace(theirs, ours) + '{"recado"')
    assert await erase_again(urls, lists) == 0
    assert CANARY in ground.dump()
    assert CANARY in ground.opened()

    file.write_text(forged + '{"recado"')
    await place.add(await real.known())
    assert await erase_again(urls, lists) == 1

    for text in (ground.dump(), ground.opened()):
        assert CANARY not in text
        assert "quem fica" in text
    assert certificates(ground) == ["restored"]
    assert await erase_again(urls, lists) == 0
    assert client not in writes_again(ground, "sou eu")


async def test_nats_and_a_newer_vault_know_it_too(
    database: SealedDatabase, lists: ErasureLists, pem: str, nats_url: str, tmp_path: Path
) -> None:
    """A4: with no file left; and with the vault of now beside the log of then."""
    # The list of the file stays where nobody looks for it.
    away = ErasureFile(tmp_path / "away")
    ground, backup, client = await lived_and_erased(database, pem, away, tmp_path)
    vault = await asyncio.to_thread(Backup.of, ground, "--schema=recado_vault")
    await asyncio.to_thread(backup.restore)
    await asyncio.to_thread(vault.restore)
    assert await erase_again(Urls(database.url, nats_url, MASTER), lists) == 1
    assert CANARY not in ground.dump() + ground.opened()
    assert client not in writes_again(ground, "sou eu")
    nc = await connect(nats_url, name="test")
    try:
        stream = ErasureStream(nc)
        await keep_list(ground, pem, stream)
        assert client in [one.client for one in await stream.known()]
    finally:
        await nc.close()
    await asyncio.to_thread(backup.restore)
    # Held, and merged with somebody, as a backup may have him: what came later stands.
    with database.desk() as desk:
        held, her = HoldClient(reason="processo 123"), desk.naming.client(HERS)
        desk.submit_now(Ask(stream=stream_of("client", client), command=held, meta=META))
        desk.submit_now(MergeClients(client_id=her, other=client, meta=META))
    assert await erase_again(Urls(database.url, nats_url, MASTER), lists) == 1
    assert CANARY not in ground.dump() + ground.opened()
    assert "quem fica" in ground.opened()


async def test_who_came_anew_after_the_restore_stays(
    database: SealedDatabase, lists: ErasureLists, pem: str, nats_url: str, tmp_path: Path
) -> None:
    """A4: the backup does not know him; he writes again, under the id that he had."""
    async with company_at_work(database, tmp_path / "attachments") as ground:
        backup = await asyncio.to_thread(Backup.of, ground)
        client, _ = await live(ground)
        await ground.erasing.erase(client, META)
    await keep_list(ground, pem, ErasureFile(tmp_path))
    await asyncio.to_thread(backup.restore)
    assert client in writes_again(ground, "sou novo aqui")
    assert await erase_again(Urls(database.url, nats_url, MASTER), lists) == 0
    assert "sou novo aqui" in ground.opened()
