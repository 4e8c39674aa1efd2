"""Files over HTTP: handed over in a stream, and seen by those who see a chat that holds them."""

import io
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from adapters.http.app import create_app
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.links import PublicLinks
from adapters.storage.attachments.store import AttachmentStore
from adapters.storage.postgres.files import FileRegister
from domain.chat.commands import SendMessage
from domain.content import Media, MediaKind
from domain.values import OperatorId
from tests.adapters.http.conftest import Caller, Installation, calling

LARGEST = 300_000
PDF = b"%PDF-1.7\nnota fiscal"
ADDRESS = sha256(PDF).hexdigest()


@pytest.fixture
def attachments(installation: Installation, tmp_path: Path) -> Attachments:
    store = AttachmentStore.open(f"{tmp_path / 'attachments'}")
    return Attachments(store, FileRegister(installation.pool), LARGEST)


@pytest.fixture
def links() -> PublicLinks:
    return PublicLinks("https://recado.test", b"salt")


@pytest.fixture
async def caller(
    installation: Installation, attachments: Attachments, links: PublicLinks
) -> AsyncIterator[Caller]:
    app = create_app(installation.parts(attachments=attachments, links=links))
    async with calling(app, installation) as one:
        yield one


async def upload(
    caller: Caller, content: bytes, name: str = "nota.pdf", who: str = "ana", mime: str = ""
) -> dict[str, Any]:
    headers = {"content-type": mime or "application/pdf"}
    how: dict[str, Any] = {"content": content, "headers": headers, "params": {"name": name}}
    answer = await caller.call("POST", "/v1/attachments", who, **how)
    assert answer.status_code == 201, answer.text
    uploaded: dict[str, Any] = answer.json()
    return uploaded


async def send(caller: Caller, chat: str, content: bytes, mime: str = "application/pdf") -> str:
    """Let Ana send a file in a chat; return its address."""
    uploaded = await upload(caller, content, mime=mime)
    address: str = uploaded["sha256"]
    part = Media(media=MediaKind.DOCUMENT, sha256=address, name=uploaded["name"])
    ana = OperatorId(caller.installation.ids["ana"])
    command = SendMessage(message_id=f"{chat}:{address}", operator_id=ana, parts=(part,))
    await caller.installation.ask(f"chat-{chat}", command)
    await caller.seen()
    return address


async def given_to(caller: Caller, who: str) -> str:
    chat = await caller.new_chat()
    assigned = await caller.post(f"/v1/chats/{chat}/assign", who, {"operator": "me"})
    assert assigned.status_code == 200, assigned.text
    return chat


async def get(caller: Caller, address: str, who: str | None = "ana", **how: Any) -> httpx.Response:
    return await caller.get(f"/v1/attachments/{address}", who, **how)


async def test_a_file_is_handed_over_as_a_body(caller: Caller, attachments: Attachments) -> None:
    uploaded = await upload(caller, PDF, "../../nota\u202e fiscal.pdf")
    assert uploaded.pop("id")
    assert uploaded == {
        "name": "nota fiscal.pdf",
        "sha256": ADDRESS,
        "mime": "application/pdf",
        "size": len(PDF),
        "has_thumbnail": False,
    }
    assert await attachments.store.read(ADDRESS) == PDF


async def test_a_file_is_handed_over_in_a_form(caller: Caller) -> None:
    form = {"file": ("nota.pdf", PDF, "image/png")}
    answer = await caller.call("POST", "/v1/attachments", "ana", files=form)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["sha256"], answer.json()["mime"]) == (ADDRESS, "application/pdf")
    assert answer.json()["name"] == "nota.pdf"


async def test_a_form_without_a_file_is_refused(caller: Caller) -> None:
    forms: list[Any] = [{"other": ("a", b"b")}, {"file": (None, "only words")}]
    for form in forms:
        answer = await caller.call("POST", "/v1/attachments", "ana", files=form)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_who_may_not_act_hands_nothing_over(caller: Caller) -> None:
    assert (await caller.call("POST", "/v1/attachments", None, content=PDF)).status_code == 401
    assert (await caller.call("POST", "/v1/attachments", "ada", content=PDF)).status_code == 403


async def test_what_says_that_it_is_too_long_is_refused_before_it_is_read(caller: Caller) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield bytes(1000)

    headers = {"content-length": str(10 * LARGEST)}
    answer = await caller.call("POST", "/v1/attachments", "ana", content=body(), headers=headers)
    assert (answer.status_code, answer.json()["code"], read) == (413, "too_large", 0)


async def test_what_turns_out_too_long_is_refused_while_it_comes(
    caller: Caller, tmp_path: Path
) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1
            yield bytes(LARGEST // 2)

    answer = await caller.call("POST", "/v1/attachments", "ana", content=body())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert read < 5
    form = {"file": ("a", bytes(LARGEST + 1))}
    answer = await caller.call("POST", "/v1/attachments", "ana", files=form)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert files_in(tmp_path) == []


async def test_other_bodies_stay_as_short_as_they_were(caller: Caller) -> None:
    answer = await caller.post("/v1/auth/login", None, {"email": "a" * 1_100_000})
    assert answer.status_code == 413


async def test_a_file_is_seen_by_who_sees_a_chat_that_holds_it(caller: Caller) -> None:
    """V13: and for everybody else it is not there."""
    chat = await given_to(caller, "ana")
    address = await send(caller, chat, PDF)
    assert (await get(caller, address)).content == PDF
    assert (await get(caller, address, "admin")).content == PDF
    assert (await get(caller, address, "ada")).content == PDF
    absent = await get(caller, "0" * 64, "bia")
    for who in ("bia", "caio", "sara"):
        foreign = await get(caller, address, who)
        assert (foreign.status_code, foreign.content) == (404, absent.content)
    assert (await get(caller, address, None)).status_code == 401


async def test_a_file_goes_with_its_chat(caller: Caller) -> None:
    """V13: at once, also what was sent before."""
    chat = await given_to(caller, "ana")
    address = await send(caller, chat, PDF)
    to = {"operator": caller.installation.ids["bia"], "force": True}
    passed = await caller.post(f"/v1/chats/{chat}/transfer", "admin", to)
    assert passed.status_code == 200, passed.text
    await caller.seen()
    assert (await get(caller, address, "bia")).status_code == 200
    assert (await get(caller, address, "caio")).status_code == 404


async def test_an_upload_is_seen_by_who_made_it_and_by_nobody_else(caller: Caller) -> None:
    address = (await upload(caller, PDF))["sha256"]
    assert (await get(caller, address)).status_code == 200
    assert (await get(caller, address, "admin")).status_code == 404


async def test_only_who_uploaded_a_file_finds_its_upload(
    caller: Caller, attachments: Attachments
) -> None:
    """Knowing what a file hashes to gives nobody a right to send it."""
    id_ = (await upload(caller, PDF))["id"]
    ids = caller.installation.ids
    found = await attachments.register.uploads([id_, "unknown"], ids["ana"])
    assert [(u.name, u.file.sha256) for u in found.values()] == [("nota.pdf", ADDRESS)]
    assert await attachments.register.uploads([id_], ids["bia"]) == {}


async def test_a_chat_lists_its_files(caller: Caller) -> None:
    chat = await given_to(caller, "ana")
    await send(caller, chat, PDF)
    await send(caller, chat, b"plain words", "text/plain")
    listed = await caller.get(f"/v1/chats/{chat}/files", "ana")
    items = listed.json()["items"]
    assert [(i["seq"], i["mime"], i["name"]) for i in items] == [
        (2, "application/pdf", "nota.pdf"),
        (3, "text/plain", "nota.pdf"),
    ]
    assert (await caller.get(f"/v1/chats/{chat}/files", "bia")).status_code == 404


async def test_html_that_is_called_a_picture_is_saved_and_never_shown(caller: Caller) -> None:
    html = b"<html><script>alert(1)</script>"
    address = (await upload(caller, html, "foto.jpg", mime="image/jpeg"))["sha256"]
    answer = await get(caller, address)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith('attachment; filename="foto.jpg"')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(made, "PNG")
    return made.getvalue()


async def test_a_picture_is_shown_in_place_and_has_a_small_one(caller: Caller) -> None:
    uploaded = await upload(caller, picture(), "foto.png")
    assert uploaded["has_thumbnail"]
    answer = await get(caller, uploaded["sha256"])
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith("inline; ")
    small = await get(caller, uploaded["sha256"], params={"thumbnail": ""})
    assert small.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(small.content)).size == (320, 240)
    hidden = await get(caller, uploaded["sha256"], "bia", params={"thumbnail": ""})
    assert hidden.status_code == 404
    letter = (await upload(caller, PDF))["sha256"]
    assert (await get(caller, letter, params={"thumbnail": ""})).status_code == 404


async def test_what_is_no_address_is_not_there(caller: Caller) -> None:
    for address in ("x", "..%2f..%2fetc%2fpasswd", "A" * 64, "%00"):
        assert (await get(caller, address)).status_code == 404


async def test_a_file_whose_content_a_crash_cut_off_is_not_there(
    caller: Caller, tmp_path: Path
) -> None:
    address = (await upload(caller, PDF))["sha256"]
    (file,) = files_in(tmp_path)
    file.unlink()
    assert (await get(caller, address)).status_code == 404
    await upload(caller, PDF)
    assert (await get(caller, address)).content == PDF


async def test_a_provider_fetches_a_file_by_a_link_for_a_short_time(
    caller: Caller, links: PublicLinks
) -> None:
    address = (await upload(caller, PDF))["sha256"]
    path = links.link_to(address).removeprefix("https://recado.test")
    fetched = await caller.get(path)
    assert (fetched.status_code, fetched.content) == (200, PDF)
    ended = links.link_to(address, now=0).removeprefix("https://recado.test")
    for other in (ended, path[:-2], f"/v1/files/{address}"):
        assert (await caller.get(other)).status_code == 404


async def test_without_a_public_address_there_are_no_links(
    installation: Installation, attachments: Attachments, links: PublicLinks
) -> None:
    app = create_app(installation.parts(attachments=attachments))
    async with calling(app, installation) as caller:
        address = (await upload(caller, PDF))["sha256"]
        path = links.link_to(address).removeprefix("https://recado.test")
        assert (await caller.get(path)).status_code == 404


async def test_a_store_that_fails_is_a_passing_trouble(caller: Caller, tmp_path: Path) -> None:
    (tmp_path / "attachments" / ADDRESS[:2]).touch()
    answer = await caller.call("POST", "/v1/attachments", "ana", content=PDF)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


@pytest.mark.filterwarnings("error")
async def test_the_routes_are_described(caller: Caller) -> None:
    described = (await caller.get("/openapi.json")).json()["paths"]
    assert set(described["/v1/attachments/{sha256}"]) == {"get"}
    assert "/v1/attachments" in described
    assert "/v1/files/{token}" not in described
