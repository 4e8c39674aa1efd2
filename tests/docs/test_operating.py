"""deploy/README.md is true: its steps for proofs, erasures, keys, backup and restore run."""

import asyncio
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from adapters.audit.erasure_keeper import ErasureKeeper
from adapters.audit.erasure_places import ErasureFile
from adapters.audit.heads import Signer, key_in, log_name, sign
from adapters.audit.publishing import Folder
from deploy.cli import main
from deploy.embedded.binaries import postgres_programs
from deploy.installation import prepare_database
from domain.values import split_stream
from tests.adapters.storage.sealed_database import SealedDatabase
from tests.erasing_ground import CANARY, Ground, company_at_work, live, tables

DOCUMENT = (Path(__file__).parents[2] / "deploy" / "README.md").read_text("utf-8")
_PROGRAMS = {"pg_dump", "pg_restore"}


def block_with(words: str) -> list[str]:
    """Return the commands of the document's block that holds these words."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    (found,) = [block for block in blocks if words in block]
    lines = [line.partition("#")[0].strip() for line in found.splitlines()]
    return [line for line in lines if line]


class Shell:
    """Runs what the document says, with its names for what there is here."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.names: dict[str, str] = {}
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    async def run(self, words: str) -> str:
        """Run a block, and return what its commands printed."""
        told = [await self._command(line) for line in block_with(words)]
        return "".join(told)

    async def _command(self, line: str) -> str:
        for name, value in self.names.items():
            line = line.replace(name, value)
        parts = shlex.split(line)
        target = None
        if ">" in parts:
            target, parts = parts[-1], parts[: parts.index(">")]
        told = await asyncio.to_thread(self._told, parts)
        if target is not None:
            (self._folder / target).write_text(told)
        return told

    def _told(self, parts: list[str]) -> str:
        if parts[0] != "recado":
            program = {"python3": sys.executable}.get(parts[0], parts[0])
            if program in _PROGRAMS:
                program = f"{postgres_programs(None, Path()) / program}"
            done = subprocess.run(
                [program, *parts[1:]], cwd=self._folder, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, (parts, done.stdout, done.stderr)
            return done.stdout
        self._monkeypatch.setattr("sys.argv", parts)
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._capsys.readouterr()
        assert (ended.value.code or 0) == 0, (parts, out, err)
        return out


@pytest.fixture
def shell(
    fresh_database: str,
    nats_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    """Somebody in the data directory of an installation."""
    monkeypatch.chdir(tmp_path)
    for name in ("safe", "backup"):
        (tmp_path / name).mkdir()
    key_in(tmp_path / "audit.key", make=True)
    for name, value in {
        "POSTGRES_URL": fresh_database,
        "NATS_URL": nats_url,
        "AUDIT_KEY_FILE": f"{tmp_path / 'audit.key'}",
        "AUDIT_PLACES": f"{tmp_path / 'safe'}",
        "SEALING_KEY": f"file:{tmp_path / 'sealing.key'}",
        "ATTACHMENTS_URL": f"{tmp_path / 'attachments'}",
    }.items():
        monkeypatch.setenv(f"RECADO_{name}", value)
    # It would have every later test of this process log as a command does.
    monkeypatch.setattr("deploy.commands.run.configure", lambda _: None)
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell.names = {"/mnt/": f"{tmp_path}/", "$RECADO_POSTGRES_URL": fresh_database}
    return shell


async def publish(ground: Ground, folder: Path) -> None:
    """Do what the part `attest` does each second: heads and erasures go where they are kept."""
    signer = Signer.read(key_in(folder / "audit.key", make=False))
    with psycopg.connect(ground.database.url, autocommit=True) as connection:
        head = sign(connection, signer)
        keeper = ErasureKeeper(ground.database.url, signer, [ErasureFile(folder)])
        await keeper.step(connection, log_name(connection))
    await Folder(folder).take(head)
    (folder / "recado-erasures.jsonl").touch()


@pytest.mark.slow
async def test_the_steps_of_the_document_run_as_they_are_written(
    shell: Shell, fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A3, A4: proofs, other keys, a backup, an erasure, and a restore that brings nobody back."""
    await asyncio.to_thread(prepare_database, fresh_database)
    database = SealedDatabase(fresh_database, f"file:{tmp_path / 'sealing.key'}")
    async with company_at_work(database, tmp_path / "attachments") as ground:
        client, chat = await live(ground)
        await ground.views_follow()
        shell.names |= {"CLIENT": client, " ID ": f" {split_stream(chat)[1]} "}
        shell.names["/mnt/elsewhere/"] = f"{tmp_path}/"
        shell.names = dict(sorted(shell.names.items(), key=lambda pair: -len(pair[0])))
        await publish(ground, tmp_path)

        assert "sound: " in await shell.run("recado audit verifier")
        assert "wrapped by a new key" in await shell.run("recado audit rekey")
        await shell.run("pg_dump")
        assert "held" in await shell.run("recado audit hold")
        await publish(ground, tmp_path)
    assert CANARY not in ground.dump()

    shutil.copy(tmp_path / "recado-erasures.jsonl", tmp_path / "safe")
    with new_database(fresh_database) as restored:
        monkeypatch.setenv("RECADO_POSTGRES_URL", restored)
        shell.names["$RECADO_POSTGRES_URL"] = restored
        told = await shell.run("pg_restore")
        assert "1 clients were back" in told
        assert "events are those that" in told
        assert CANARY not in "".join(tables(restored))


@contextmanager
def new_database(url: str) -> Iterator[str]:
    """Yield the URL of an empty database beside another one."""
    name = f"{urlsplit(url).path.lstrip('/')}_restored"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
