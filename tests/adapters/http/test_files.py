"""A file as an answer: in part, unchanged, and never run by who looks at it (M8)."""

from hashlib import sha256

import httpx
import pytest
from obstore.store import MemoryStore
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.http.files import file_answer
from adapters.storage.attachments.store import AttachmentStore

CONTENT = b"%PDF-1.7\nnota fiscal"
ADDRESS = sha256(CONTENT).hexdigest()


async def ask(
    mime: str = "application/pdf", method: str = "GET", name: str = "nota.pdf", **headers: str
) -> httpx.Response:
    store = AttachmentStore(MemoryStore())
    await store.put(ADDRESS, CONTENT)

    async def answer(request: Request) -> Response:
        return await file_answer(request, store, ADDRESS, mime, len(CONTENT), name)

    app = Starlette(routes=[Route("/", answer, methods=["GET", "HEAD"])])
    sent = {key.replace("_", "-"): value for key, value in headers.items()}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://recado.test") as client:
        return await client.request(method, "/", headers=sent)


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ("bytes=0-3", 206, 0, 4),
        ("bytes=5-", 206, 5, None),
        ("bytes=-4", 206, -4, None),
        ("bytes=-9999", 200, 0, None),
        ("bytes=0-99999", 200, 0, None),
        ("bytes=0-1,3-4", 200, 0, None),
        ("lines=1-2", 200, 0, None),
        ("bytes=-", 200, 0, None),
        ("bytes=9999-", 416, 0, 0),
        ("bytes=5-2", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
    ],
)
async def test_part_of_a_file_is_given(
    asked: str, status: int, start: int, end: int | None
) -> None:
    answer = await ask(range=asked)
    assert (answer.status_code, answer.content) == (status, CONTENT[start:end])
    if status == 206:
        first = range(len(CONTENT))[start]
        told = f"bytes {first}-{first + len(answer.content) - 1}/{len(CONTENT)}"
        assert answer.headers["content-range"] == told
    if status == 416:
        assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"


async def test_a_part_of_what_is_another_file_by_now_is_not_given() -> None:
    assert (await ask(range="bytes=0-3", if_range='"other"')).content == CONTENT
    assert (await ask(range="bytes=0-3", if_range=f'"{ADDRESS}"')).content == CONTENT[:4]


async def test_what_has_not_changed_is_not_sent_again() -> None:
    etag = (await ask()).headers["etag"]
    again = await ask(if_none_match=etag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "private, no-cache"


async def test_how_long_it_is_can_be_asked_alone() -> None:
    asked = await ask(method="HEAD")
    assert (asked.content, asked.headers["content-length"]) == (b"", str(len(CONTENT)))


@pytest.mark.parametrize(
    "mime", ["image/png", "image/jpeg", "image/webp", "audio/ogg", "video/mp4", "audio/mpeg"]
)
async def test_pictures_and_sounds_are_shown_in_place(mime: str) -> None:
    answer = await ask(mime)
    assert answer.headers["content-type"] == mime
    assert answer.headers["content-disposition"].startswith("inline; ")


@pytest.mark.parametrize(
    "mime",
    [
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/xml",
        "application/xml",
        "application/rss+xml",
        "text/javascript",
        "application/javascript",
    ],
)
async def test_what_a_browser_could_run_is_saved_as_bytes(mime: str) -> None:
    answer = await ask(mime)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")


@pytest.mark.parametrize("mime", ["application/pdf", "text/plain", "application/zip", "image/bmp"])
async def test_everything_else_is_saved_as_it_is(mime: str) -> None:
    answer = await ask(mime)
    assert answer.headers["content-type"].partition(";")[0] == mime
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


async def test_a_name_in_any_script_reaches_who_saves_it() -> None:
    answer = await ask(name="cotação 2º.pdf")
    told = answer.headers["content-disposition"]
    assert 'filename="cota__o 2_.pdf"' in told
    assert "filename*=UTF-8''cota%C3%A7%C3%A3o%202%C2%BA.pdf" in told
