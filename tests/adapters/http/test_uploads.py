"""Files piece by piece, gone on with after a lost connection, and what a channel takes (T4)."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from adapters.http.app import create_app
from adapters.http.uploads import PIECE
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.postgres.files import FileRegister
from adapters.storage.postgres.uploads import MOST_AT_ONCE
from tests.adapters.http.conftest import Caller, Installation, calling
from tests.adapters.http.test_acts import act
from tests.adapters.http.test_webhooks import whatsapp_body

LARGEST = 3 * PIECE
PDF = b"%PDF-1.7\n" + b"nota fiscal " * 10


@pytest.fixture
async def caller(installation: Installation, tmp_path: Path) -> AsyncIterator[Caller]:
    store = AttachmentStore.open(f"{tmp_path / 'attachments'}")
    attachments = Attachments(store, FileRegister(installation.pool), LARGEST)
    async with calling(create_app(installation.parts(attachments=attachments)), installation) as c:
        yield c


async def begin(caller: Caller, size: int = len(PDF), who: str = "ana") -> str:
    body = {"name": "nota.pdf", "mime": "application/pdf", "size": size}
    begun = await caller.post("/v1/uploads", who, body)
    assert begun.status_code == 201, begun.text
    id_: str = begun.json()["id"]
    return id_


async def add(caller: Caller, id_: str, offset: int, content: bytes, who: str = "ana") -> Any:
    headers = {"Upload-Offset": f"{offset}"}
    return await caller.call("PATCH", f"/v1/uploads/{id_}", who, content=content, headers=headers)


async def test_an_upload_goes_on_where_it_stopped_and_can_be_sent(caller: Caller) -> None:
    """T4"""
    id_ = await begin(caller)
    assert (await add(caller, id_, 0, PDF[:50])).json()["offset"] == 50
    again = await add(caller, id_, 0, PDF[:50])
    assert (again.status_code, again.json()["code"], again.json()["offset"]) == (
        409,
        "wrong_offset",
        50,
    )
    where = (await caller.get(f"/v1/uploads/{id_}", "ana")).json()["offset"]
    whole = (await add(caller, id_, where, PDF[where:])).json()
    # The last answer may be lost, too.
    repeated = (await add(caller, id_, where, PDF[where:])).json()
    chat = await caller.new_chat()
    await act(caller, "ana", chat, "assign", {"operator": "me"})
    sent = await act(caller, "ana", chat, "messages", {"attachments": [id_]})
    got = await caller.get(f"/v1/attachments/{whole['sha256']}", "ana")

    assert whole == repeated
    assert (whole["sha256"], whole["mime"]) == (sha256(PDF).hexdigest(), "application/pdf")
    assert sent.status_code == 201, sent.text
    assert got.content == PDF
    async with caller.installation.pool.connection() as connection:
        rows = await connection.execute("SELECT count(*) FROM recado_upload_pieces")
        assert await rows.fetchone() == (0,)


async def test_an_upload_is_its_owners_alone(caller: Caller) -> None:
    id_ = await begin(caller)
    for who in ("bia", "admin"):
        assert (await caller.get(f"/v1/uploads/{id_}", who)).status_code == 404
        assert (await add(caller, id_, 0, PDF, who)).status_code == 404
        assert (await caller.call("DELETE", f"/v1/uploads/{id_}", who)).status_code == 404


async def test_uploads_are_bounded(caller: Caller) -> None:
    too_large = await caller.post("/v1/uploads", "ana", {"name": "x", "size": LARGEST + 1})
    id_ = await begin(caller, 10)
    too_much = await add(caller, id_, 0, b"x" * 11)
    piece = await add(caller, id_, 0, b"x" * (PIECE + 1))
    for _ in range(MOST_AT_ONCE):
        await begin(caller)
    given_up = await caller.get(f"/v1/uploads/{id_}", "ana")

    assert (too_large.status_code, piece.status_code) == (413, 413)
    assert (too_much.status_code, too_much.json()["offset"]) == (409, 0)
    assert given_up.status_code == 404


async def test_what_a_channel_takes_is_told_before_it_is_handed_over(caller: Caller) -> None:
    """T4: by the limits of WhatsApp and of this installation."""
    await caller.whatsapp(whatsapp_body("oi"))
    (chat,) = await caller.chats("admin")
    files = [
        {"mime": "image/jpeg", "size": 1_000},
        {"mime": "application/x-made-up", "size": 1_000},
        {"mime": "application/pdf", "size": LARGEST + 1},
    ]
    path = f"/v1/chats/{chat['id']}/attachments/check"
    told = (await caller.post(path, "ana", {"files": files})).json()["items"]
    foreign = await caller.post(path, "caio", {"files": files})

    assert [(one["ok"], one["kind"], one["why"]) for one in told] == [
        (True, "image", None),
        (False, "document", "type"),
        (False, None, "size"),
    ]
    assert told[0]["max_bytes"] <= LARGEST
    assert foreign.status_code == 404
