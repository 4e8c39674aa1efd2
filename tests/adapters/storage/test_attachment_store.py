"""Where files lie: whole, once, by what they hash to (M8)."""

import io
import os
import stat
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from adapters.storage.attachments.links import LIVE_FOR, PublicLinks
from adapters.storage.attachments.spool import IN_MEMORY, TooLarge, spooled
from adapters.storage.attachments.store import AttachmentStore, AttachmentsUnusable

HELLO = b"Bom dia!"
ADDRESS = sha256(HELLO).hexdigest()


@pytest.fixture(params=["folder", "objects"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> AttachmentStore:
    if request.param == "objects":
        return AttachmentStore(MemoryStore())
    return AttachmentStore.open(f"{tmp_path / 'a folder'}")


async def test_what_is_put_is_there_whole_and_in_parts(store: AttachmentStore) -> None:
    assert await store.read(ADDRESS) is None
    assert await store.size(ADDRESS) is None
    await store.put(ADDRESS, io.BytesIO(HELLO))
    assert await store.read(ADDRESS) == HELLO
    assert await store.size(ADDRESS) == len(HELLO)
    assert b"".join([chunk async for chunk in store.stream(ADDRESS, 4, 7)]) == b"dia"
    assert [chunk async for chunk in store.stream(ADDRESS, 4, 4)] == []


async def test_what_is_there_stays_as_it_is(store: AttachmentStore) -> None:
    await store.put(ADDRESS, HELLO)
    await store.put(ADDRESS, b"something else")
    assert await store.read(ADDRESS) == HELLO


async def test_an_empty_file_is_a_file(store: AttachmentStore) -> None:
    empty = sha256(b"").hexdigest()
    await store.put(empty, io.BytesIO())
    assert await store.read(empty) == b""


@pytest.mark.parametrize("address", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a/" * 32])
async def test_only_an_address_is_looked_for(store: AttachmentStore, address: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal"):
        await store.put(address, HELLO)


async def test_a_folder_is_for_its_owner_alone_and_holds_nothing_half(tmp_path: Path) -> None:
    folder = tmp_path / "attachments"
    store = AttachmentStore.open(folder.as_uri())
    await store.put(ADDRESS, io.BytesIO(HELLO))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert [path.relative_to(folder).as_posix() for path in files] == [
        f"{ADDRESS[:2]}/{ADDRESS[2:4]}/{ADDRESS}"
    ]


def test_a_place_that_cannot_be_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (f"{tmp_path / 'file' / 'below'}", "nowhere://bucket"):
        with pytest.raises(AttachmentsUnusable, match="attachments at"):
            AttachmentStore.open(place)


async def chunks(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_a_file_on_its_way_is_counted_and_hashed() -> None:
    async with spooled(chunks(b"Bom", b" ", b"dia!"), len(HELLO)) as came:
        assert (came.sha256, came.size, came.head) == (ADDRESS, len(HELLO), HELLO)
        assert came.file.read() == HELLO


async def test_nothing_is_read_past_the_limit() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield bytes(1000)

    with pytest.raises(TooLarge):
        async with spooled(endless(), 2500):
            pass
    assert read == 3


async def test_a_long_file_leaves_the_memory() -> None:
    async with spooled(chunks(*[os.urandom(IN_MEMORY)] * 3), 2**30) as came:
        assert came.file.fileno() > 0
        assert came.size == 3 * IN_MEMORY


def test_a_public_link_is_good_for_one_file_and_a_short_time() -> None:
    links = PublicLinks("https://recado.test/", b"salt")
    token = links.link_to(ADDRESS, now=1000).removeprefix("https://recado.test/v1/files/")
    assert links.file_of(token, now=1000 + LIVE_FOR - 1) == ADDRESS
    assert links.file_of(token, now=1000 + LIVE_FOR) is None
    assert PublicLinks("https://recado.test", b"other").file_of(token, now=1000) is None


@pytest.mark.parametrize("place", [0, 10, 40, 60])
def test_a_link_that_was_changed_is_good_for_nothing(place: int) -> None:
    links = PublicLinks("https://recado.test", b"salt")
    token = links.link_to(ADDRESS, now=1000).rpartition("/")[2]
    changed = token[:place] + ("B" if token[place] == "A" else "A") + token[place + 1 :]
    assert links.file_of(changed, now=1000) is None
    for other in ("", "é", "A", token[:-4], f"{token}AAAA"):
        assert links.file_of(other, now=1000) is None
