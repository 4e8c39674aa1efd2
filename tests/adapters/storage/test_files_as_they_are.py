"""What a file is, is told by its content; what it is called does no harm (M8)."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from adapters.storage.attachments.names import LONGEST, disposition, safe_name
from adapters.storage.attachments.sniffing import SHOWN, UNKNOWN, is_active, sniffed
from adapters.storage.attachments.thumbnails import Thumbnails

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(20)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(20)


@pytest.mark.parametrize(
    ("content", "declared", "mime"),
    [
        (JPEG, "image/png", "image/jpeg"),
        (JPEG, "image/jpg", "image/jpeg"),
        (PNG, "text/html", "image/png"),
        (b"GIF89a" + bytes(20), None, "image/gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(20), "image/webp", "image/webp"),
        (MP4, "audio/mp4", "audio/mp4"),
        (MP4, "image/jpeg", "video/mp4"),
        (b"\x00\x00\x00\x18ftyp3gp4" + bytes(20), "video/3gpp", "video/3gpp"),
        (b"OggS\x00\x02" + bytes(20), "audio/ogg; codecs=opus", "audio/ogg"),
        (b"#!AMR\n" + bytes(20), "audio/amr", "audio/amr"),
        (b"ID3\x03" + bytes(20), "audio/mpeg", "audio/mpeg"),
        (b"\xff\xf1\x50\x80" + bytes(20), "audio/aac", "audio/aac"),
        (b"%PDF-1.7\nx", "image/png", "application/pdf"),
        (b"Ol\xc3\xa1, tudo bem?", "text/csv; charset=utf-8", "text/csv"),
        (b"Ol\xc3\xa1, tudo bem?", "image/png", "text/plain"),
        (b"Ol\xc3", None, "text/plain"),
        (b"<3 voc\xc3\xaa", None, "text/plain"),
        (bytes(range(7, 200)), "image/png", UNKNOWN),
        (b"", "image/png", UNKNOWN),
    ],
)
def test_the_content_tells_the_type(content: bytes, declared: str | None, mime: str) -> None:
    assert sniffed(content, declared) == mime


def test_a_letter_is_a_letter_although_it_is_packed() -> None:
    packed = b"PK\x03\x04" + bytes(40)
    letter = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert sniffed(packed, letter) == letter
    assert sniffed(packed, "image/jpeg") == "application/zip"


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"\xef\xbb\xbf\r\n <HTML>",
        b"<script>alert(1)</script>",
        b"<img src=x onerror=alert(1)>",
        b"<svg onload=alert(1)>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!-- --><svg/onload=alert(1)>",
        b"<?xml version='1.0'?><?xml-stylesheet href='x'?><a/>",
        "<html><script>alert(1)</script>".encode("utf-16"),
        b"<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    ],
)
@pytest.mark.parametrize("declared", ["image/jpeg", "text/plain", None])
def test_what_a_browser_would_run_is_never_taken_for_a_picture(
    content: bytes, declared: str | None
) -> None:
    """HTML called `.jpg` is HTML."""
    assert is_active(sniffed(content, declared))


@given(st.binary(max_size=300), st.sampled_from(["image/svg+xml", "text/html", "text/xml", "x"]))
def test_nothing_becomes_active_by_being_called_so(content: bytes, declared: str) -> None:
    mime = sniffed(content, declared)
    assert not is_active(mime) or content.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n\x0c")[:1] == b"<"
    assert not any(is_active(shown) for shown in SHOWN)


@pytest.mark.parametrize(
    ("name", "mime", "safe"),
    [
        ("nota fiscal.pdf", "application/pdf", "nota fiscal.pdf"),
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("C:\\Windows\\system32\\cmd.exe", UNKNOWN, "cmd.exe"),
        ("nota\u202efdp.exe", UNKNOWN, "notafdp.exe"),
        ("a\u200b\u2066b\x00c\r\nd.png", "image/png", "abcd.png"),
        ("...", "image/png", "file.png"),
        (".htaccess", "text/plain", "htaccess.txt"),
        ("CON.txt", "text/plain", "_CON.txt"),
        ('a"b<c>|d?*.png', "image/png", "a_b_c__d__.png"),
        (None, "image/jpeg", "file.jpg"),
        ("", "x/unheard-of", "file"),
        ("foto", "image/png", "foto.png"),
    ],
)
def test_a_name_is_made_safe(name: str | None, mime: str, safe: str) -> None:
    assert safe_name(name, mime) == safe


@given(st.text(max_size=400), st.sampled_from(["image/png", "application/pdf", "", "a/b"]))
def test_any_name_is_one_step_of_a_path_and_one_line_of_a_header(name: str, mime: str) -> None:
    safe = safe_name(name, mime)
    assert 0 < len(safe) <= LONGEST
    assert not set(safe) & set('/\\\x00\r\n"<>:|?*')
    assert not safe.startswith(".")
    assert safe.strip() == safe
    assert safe_name(safe, mime) == safe
    header = disposition("attachment", safe)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def picture(size: tuple[int, int], kind: str = "PNG", mode: str = "RGB") -> bytes:
    made = io.BytesIO()
    Image.new(mode, size, 1).save(made, kind)
    return made.getvalue()


async def small(content: bytes, mime: str) -> Image.Image | None:
    made = await Thumbnails().of(io.BytesIO(content), mime, len(content))
    return None if made is None else Image.open(io.BytesIO(made))


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("JPEG", "CMYK"), ("GIF", "P")])
async def test_a_picture_gets_a_small_one(kind: str, mode: str) -> None:
    made = await small(picture((1200, 900), kind, mode), f"image/{kind.lower()}")
    assert made is not None
    assert (made.format, made.size) == ("WEBP", (320, 240))


async def test_where_a_picture_was_taken_stays_behind() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A maker"
    made = io.BytesIO()
    Image.new("RGB", (400, 200)).save(made, "JPEG", exif=exif)
    result = await small(made.getvalue(), "image/jpeg")
    assert result is not None
    assert result.size == (160, 320)
    assert not result.getexif()


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (JPEG, "image/jpeg"),
        (PNG, "image/png"),
        (b"<svg/>", "image/png"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "image/png"),
        (b"not asked", "application/pdf"),
        (b"", "image/png"),
    ],
)
async def test_what_is_no_picture_gets_none(content: bytes, mime: str) -> None:
    assert await small(content, mime) is None


async def test_a_picture_that_unpacks_to_too_much_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """64 million pixels in a few kB: nobody sends such a photograph."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    bomb = picture((8_000, 8_000), mode="1")
    assert len(bomb) < 100_000
    assert await small(bomb, "image/png") is None
