"""A3: the tree follows the log, heads are signed and leave the machine, damage is found."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.audit import tree
from adapters.audit.checking import TreeCheck
from adapters.audit.heads import Head, NoAuditKey, Signer, heads_after, key_in, sign
from adapters.audit.keeper import HeadKeeper
from adapters.audit.publishing import (
    FILE,
    STREAM,
    Bus,
    Folder,
    HeadRefused,
    NoPlaceForHeads,
    Place,
    Web,
    places,
)
from adapters.audit.verifier import Frontier, head_fault, leaf_hash
from adapters.bus.nats import connect
from deploy.installation import prepare_database
from tests.adapters.audit.audit_kit import signer
from tests.prepared import desk_on, eventually, run_sql
from tests.small_company import SmallCompany

OURS = signer()


@pytest.fixture
def url(fresh_database: str) -> str:
    """A database with a log of some tiles."""
    prepare_database(fresh_database)
    with desk_on(fresh_database) as desk:
        SmallCompany(desk).work(90)
    return fresh_database


@pytest.fixture
def connection(url: str) -> Iterator[Connection[TupleRow]]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def all_of(connection: Connection[TupleRow], most: int = tree.BATCH) -> None:
    while tree.extend(connection, most):
        pass


def by_the_log(connection: Connection[TupleRow]) -> Frontier:
    made = Frontier()
    rows = connection.cursor(binary=True).execute(
        "SELECT notification_id, originator_id, originator_version, topic, state"
        " FROM recado_events ORDER BY notification_id"
    )
    for position, stream, version, topic, state in rows:
        made.add(leaf_hash(position, stream, version, topic, state))
    return made


def faults(url: str, *outside: Head) -> list[str]:
    return list(TreeCheck(url, {OURS.public}, [head.as_json() for head in outside]).faults())


@pytest.mark.parametrize("most", [1, 7, 256, 1000])
def test_the_tree_is_the_same_in_whatever_steps_it_is_made(
    connection: Connection[TupleRow], most: int
) -> None:
    tree.extend(connection, 130)
    all_of(connection, most)
    made, meant = tree.frontier(connection), by_the_log(connection)
    assert made.size > 256
    assert (made.size, made.root()) == (meant.size, meant.root())
    assert tree.nodes(connection, made.size).root(0, made.size) == meant.root()


def test_a_tree_that_was_deleted_is_made_again_and_fits_the_heads(
    url: str, connection: Connection[TupleRow]
) -> None:
    all_of(connection)
    sign(connection, OURS)
    connection.execute("TRUNCATE recado_tree_tiles")
    connection.execute("UPDATE recado_tree SET size = 0, peaks = ''")
    assert faults(url) != []
    all_of(connection)
    assert faults(url) == []


def test_the_same_size_is_signed_once(connection: Connection[TupleRow]) -> None:
    all_of(connection)
    assert sign(connection, OURS) == sign(connection, OURS)
    (head,) = heads_after(connection, 0)
    assert head_fault(head.as_json(), {OURS.public}) is None
    assert head_fault(head.as_json(), {signer(2).public}) is not None


DAMAGES = {
    "position 9 is not the event": (
        "UPDATE recado_events SET state = state || ' '::bytea WHERE notification_id = 9"
    ),
    "position 10 follows 8": "DELETE FROM recado_events WHERE notification_id = 9",
    "there are": "DELETE FROM recado_events WHERE notification_id > 300",
    "position 301 is not": (
        "UPDATE recado_events SET topic = 'chat-read.v1' WHERE notification_id = 301"
    ),
    "tile for positions from 1 on is missing": "DELETE FROM recado_tree_tiles WHERE number = 0",
    "its signature is wrong": "UPDATE recado_tree_heads SET root = sha256('x')",
    "of another log": "UPDATE recado_head SET salt = sha256('x')",
}


@pytest.mark.parametrize("fault", DAMAGES)
def test_damage_is_found_and_named(fault: str, url: str, connection: Connection[TupleRow]) -> None:
    all_of(connection)
    sign(connection, OURS)
    assert faults(url) == []
    connection.execute(DAMAGES[fault].encode())
    found = faults(url)
    assert any(fault in one for one in found), found


def test_a_log_rewritten_with_its_tree_and_heads_shows_against_an_outside_head(
    url: str, connection: Connection[TupleRow]
) -> None:
    all_of(connection)
    outside = sign(connection, OURS)
    connection.execute("UPDATE recado_events SET state = state || ' ' WHERE notification_id = 9")
    connection.execute("TRUNCATE recado_tree_tiles, recado_tree_heads")
    connection.execute("UPDATE recado_tree SET size = 0, peaks = ''")
    all_of(connection)
    sign(connection, OURS)
    assert faults(url) == []
    (fault,) = faults(url, outside)
    assert "not those that a head was signed for" in fault


class Unwilling:
    """A place that takes nothing at first."""

    name = "unwilling"

    def __init__(self) -> None:
        self.taken: list[Head] = []
        self.refusals = 2

    async def take(self, head: Head) -> None:
        self.refusals -= 1
        if self.refusals >= 0:
            raise HeadRefused("not now")
        self.taken.append(head)


async def test_heads_are_signed_and_published_wherever_they_are_to_go(
    url: str, fresh_nats: str, tmp_path: Path
) -> None:
    """A file, NATS and other places; one that fails holds up nobody and is tried again."""
    nc = await connect(fresh_nats, name="test")
    unwilling = Unwilling()
    there: list[Place] = [unwilling, Folder(tmp_path / "share"), Bus(nc)]
    keeper = HeadKeeper(url, OURS, there, sign_every=0.05, look_every=0.02)
    lost = asyncio.Event()
    running = asyncio.create_task(keeper.run(lost))
    file = tmp_path / "share" / FILE

    def lines() -> list[str]:
        return file.read_text().splitlines() if file.exists() else []

    try:
        await eventually(lambda: len(lines()) == 1 and len(unwilling.taken) == 1)
        with desk_on(url) as desk:
            await asyncio.to_thread(SmallCompany(desk).write, 7, "Mais uma")
        await eventually(lambda: len(lines()) == 2 and len(unwilling.taken) == 2)
        message = await nc.jetstream().get_msg(STREAM, 2)
        assert json.loads(message.data or b"") == json.loads(lines()[1])
        assert [head_fault(json.loads(line), {OURS.public}) for line in lines()] == [None, None]
    finally:
        lost.set()
        await running
        await nc.close()
    assert faults(url, *unwilling.taken) == []


async def test_a_head_is_posted_to_a_place_on_the_web(connection: Connection[TupleRow]) -> None:
    got: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].split()[0])
        got.append(await reader.readexactly(length))
        status = b"200 OK" if len(got) == 1 else b"302 Found\r\nLocation: http://elsewhere.test"
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        web = Web(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/heads")
        head = sign(connection, OURS)
        await web.take(head)
        assert json.loads(got[0]) == head.as_json()
        with pytest.raises(HeadRefused):
            await web.take(head)


def test_places_are_folders_and_https_alone() -> None:
    named = places("/mnt/a, https://witness.test/heads")
    assert [place.name for place in named] == ["/mnt/a", "witness.test"]
    for wrong in ("http://witness.test", "relative/folder", "ftp://witness.test"):
        with pytest.raises(NoPlaceForHeads):
            places(wrong)


def test_a_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "audit.key"
    with pytest.raises(NoAuditKey):
        key_in(file, make=False)
    made = key_in(file, make=True)
    assert key_in(file, make=True) == made
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["audit.key"]
    assert len(Signer.read(made).public) == 32
    with pytest.raises(NoAuditKey):
        Signer.read("-----BEGIN NOTHING-----")


def test_a_log_with_a_hole_is_not_built_upon(connection: Connection[TupleRow], url: str) -> None:
    run_sql(url, "DELETE FROM recado_events WHERE notification_id = 5")
    with pytest.raises(tree.LogIsBroken):
        tree.extend(connection)
