"""Files in an S3-compatible store, opened by its URL, behind the same HTTP as a folder (M8)."""

import io
import os
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256

import pytest

from adapters.http.app import create_app
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.store import AttachmentStore, AttachmentsUnusable
from adapters.storage.postgres.files import FileRegister
from tests.adapters.http.conftest import Caller, Installation, calling
from tests.adapters.http.test_uploads import PDF, add, begin
from tests.object_store import objects, s3_bucket


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with s3_bucket() as url:
        yield url


@pytest.fixture
async def caller(installation: Installation, bucket: str) -> AsyncIterator[Caller]:
    attachments = Attachments(AttachmentStore.open(bucket), FileRegister(installation.pool))
    async with calling(create_app(installation.parts(attachments=attachments)), installation) as c:
        yield c


async def test_a_large_file_goes_in_pieces_and_comes_back_whole_and_in_part(bucket: str) -> None:
    content = os.urandom(12_000_000)
    address = sha256(content).hexdigest()
    store = AttachmentStore.open(bucket)
    assert await store.read(address) is None
    await store.put(address, io.BytesIO(content))

    assert await store.size(address) == len(content)
    assert await store.read(address) == content
    part = b"".join([chunk async for chunk in store.stream(address, 5, 6_000_000)])
    assert part == content[5:6_000_000]


async def test_what_is_removed_is_gone_from_the_bucket(bucket: str) -> None:
    address = sha256(b"gone").hexdigest()
    store = AttachmentStore.open(bucket)
    await store.put(address, b"gone")
    name = f"files/{address[:2]}/{address[2:4]}/{address}"
    assert name in objects()
    await store.remove(address)
    await store.remove(address)
    assert name not in objects()
    assert not await store.holds(address)


async def test_an_upload_lies_in_the_bucket_and_is_given_in_ranges(caller: Caller) -> None:
    whole = (await add(caller, await begin(caller), 0, PDF)).json()
    assert any(name.endswith(whole["sha256"]) for name in objects())

    path = f"/v1/attachments/{whole['sha256']}"
    got = await caller.get(path, "ana")
    assert (got.status_code, got.content) == (200, PDF)
    part = await caller.call("GET", path, "ana", headers={"range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, PDF[1:4])


async def test_a_bucket_that_is_not_there_is_told_without_its_address(bucket: str) -> None:
    store = AttachmentStore.open("s3://no-such-bucket/files")
    with pytest.raises(AttachmentsUnusable) as told:
        await store.put(sha256(b"x").hexdigest(), b"x")
    assert "no-such-bucket" not in str(told.value)
