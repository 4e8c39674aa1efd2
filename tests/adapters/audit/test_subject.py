"""What is known of a client, as one archive for himself (LGPD art. 18)."""

import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from adapters.audit.subject.archive import Archive
from adapters.audit.subject.gathering import Gathering
from adapters.storage.postgres.queries import Queries
from adapters.storage.postgres.recorder import migrate
from adapters.storage.postgres.views import migrate as migrate_views
from domain.client.commands import HoldClient
from domain.client.record import MergeClients
from domain.content import Text
from domain.errors import ClientIsErased, NotFound
from domain.values import ClientId, Identity, stream_of
from tests.adapters.storage.sealed_database import SealedDatabase
from tests.erasing_ground import HIS_FILE, Ground, company_at_work, live
from tests.small_company import META


@pytest.fixture
async def ground(fresh_database: str, tmp_path: Path) -> AsyncIterator[Ground]:
    migrate(fresh_database)
    migrate_views(fresh_database)
    async with company_at_work(SealedDatabase(fresh_database), tmp_path / "attachments") as ground:
        yield ground


async def archive_of(
    ground: Ground, client: str, *, comments: bool = True
) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    await ground.views_follow()
    mapper = ground.database.opening()
    gathering = Gathering(ground.pool, Queries(ground.pool), mapper, comments=comments)
    subject = await gathering.subject(client)
    store = ground.attachments.store
    pieces = [piece async for piece in Archive(gathering, store).pieces(subject)]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    return archive, json.loads(archive.read("data.json"))


async def test_all_that_is_his_is_in_it_over_all_channels(ground: Ground) -> None:
    """LGPD art. 18: whatever he, or anybody in his chats, left; readable and for programs."""
    client, _ = await live(ground)
    second = Identity("telegram.user", "zqcanary21")
    ground.writes(second, 1, (Text(text="zqcanary22 <b>"),))
    other = ground.desk.naming.client(second)
    ground.desk.submit_now(MergeClients(client_id=client, other=other, meta=META))
    ground.writes(Identity("whatsapp.phone", "551190000"), 1, (Text(text="de outra pessoa"),))
    ground.ask(stream_of("client", client), HoldClient(reason="processo sigiloso"))

    # Also asked for by the record that goes on in his.
    archive, data = await archive_of(ground, other)

    page = unescape(archive.read("index.html").decode())
    both = page + json.dumps(data, ensure_ascii=False)
    left = {f"zqcanary{number:02}" for number in (*range(1, 10), *range(12, 18), 21, 22)}
    assert left <= set(re.findall(r"zqcanary\d\d", json.dumps(data)))
    assert {"zqcanary03", "zqcanary12", "zqcanary15", "zqcanary16", "zqcanary17"} <= set(
        re.findall(r"zqcanary\d\d", page)
    )
    assert "52998224725" in page
    for not_his in ("de outra pessoa", "processo sigiloso", "operator:", "ana@ipe.test"):
        assert not_his not in both
    assert "<b>" not in archive.read("index.html").decode()
    assert (len(data["records"]), len(data["chats"])) == (2, 2)

    check_manifest(archive)


def check_manifest(archive: zipfile.ZipFile) -> None:
    """Every file is named in the manifest with its hash, and what the page links to is there."""
    manifest = json.loads(archive.read("manifest.json"))
    told = {one["file"]: (one["size"], one["sha256"]) for one in manifest["files"]}
    assert set(told) == set(archive.namelist()) - {"manifest.json"}
    for name, (size, digest) in told.items():
        content = archive.read(name)
        assert (len(content), sha256(content).hexdigest()) == (size, digest)
    assert HIS_FILE in [archive.read(name) for name in told]
    page = archive.read("index.html").decode()
    linked = re.findall(r'href="([^"]+)"', page)
    assert linked
    assert set(linked) <= set(told)
    assert manifest["missing"] == []


async def test_comments_are_in_it_or_ruled_out_with_the_reason(ground: Ground) -> None:
    """And of who is erased, and of nobody, there is no archive."""
    client, _ = await live(ground)
    archive, data = await archive_of(ground, client)
    assert "zqcanary08 liga para ele" in archive.read("index.html").decode()
    archive, without = await archive_of(ground, client, comments=False)
    for name in ("index.html", "data.json"):
        assert "zqcanary08" not in archive.read(name).decode()
    page = archive.read("index.html").decode()
    assert (data["about"]["comments"], without["about"]["comments"]) == (True, False)
    assert "art. 19" in without["about"]["rules"][0]
    assert without["about"]["rules"][0] in page

    await ground.erasing.erase(client, META)
    with pytest.raises(ClientIsErased):
        await archive_of(ground, client)
    with pytest.raises(NotFound):
        await archive_of(ground, ClientId("nobody"))
