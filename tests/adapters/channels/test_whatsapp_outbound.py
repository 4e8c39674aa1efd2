"""Files, questions and templates on WhatsApp, and its files on their way to us."""

import base64
import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.channels.base import (
    CannotBeSent,
    Download,
    ErrorKind,
    HttpCall,
    OutboundMessage,
    OutFile,
    SendErr,
    TransportFailure,
    Unavailable,
    Uploaded,
)
from domain.content import Media, MediaKind, Offer, Option, Part, TemplateCall, Text
from tests.adapters.channels.kit import whatsapp
from tests.adapters.channels.meta_kit import answer, fetches, out_file, sent_bodies, uploads

ANA = "5511900000001"
KB, MB = 1024, 1024 * 1024
JPEG = out_file(b"x" * 10, "image/jpeg", "foto.jpg")


def built(*parts: Part, files: tuple[OutFile, ...] = (), reply_to: str | None = None) -> Any:
    """Return the bodies of the calls that send these parts; every file has been handed over."""
    message = OutboundMessage(
        "our-id",
        ANA,
        parts,
        reply_to,
        files={file.sha256: file for file in files},
        handles={file.sha256: f"h-{file.name}" for file in files},
    )
    return sent_bodies(whatsapp().build(message))


def part_of(kind: MediaKind, file: OutFile, caption: str | None = None) -> Media:
    return Media(media=kind, sha256=file.sha256, mime=file.mime, caption=caption)


def sized(size: int, mime: str) -> OutFile:
    return out_file(b"x" * size, mime, "nota")


@pytest.mark.parametrize(
    ("kind", "file", "type_", "more"),
    [
        (MediaKind.IMAGE, JPEG, "image", {}),
        (MediaKind.IMAGE, sized(5 * MB, "image/png"), "image", {}),
        (MediaKind.IMAGE, sized(5 * MB + 1, "image/png"), "document", {"filename": "nota"}),
        (MediaKind.IMAGE, sized(1, "image/webp"), "document", {"filename": "nota"}),
        (MediaKind.STICKER, sized(500 * KB, "image/webp"), "sticker", {}),
        (MediaKind.STICKER, sized(1, "image/png"), "image", {}),
        (MediaKind.AUDIO, sized(1, "audio/mpeg"), "audio", {}),
        (MediaKind.AUDIO, sized(1, "audio/ogg; codecs=opus"), "audio", {}),
        (MediaKind.VOICE, sized(1, "audio/ogg"), "audio", {"voice": True}),
        (MediaKind.VOICE, sized(1, "audio/mpeg"), "audio", {}),
        (MediaKind.VIDEO, sized(16 * MB, "video/mp4"), "video", {}),
        (MediaKind.VIDEO, sized(16 * MB + 1, "video/mp4"), "document", {"filename": "nota"}),
        (MediaKind.DOCUMENT, sized(1, "application/pdf"), "document", {"filename": "nota"}),
        (MediaKind.DOCUMENT, sized(1, "Text/Plain; x=y"), "document", {"filename": "nota"}),
    ],
)
def test_a_file_goes_as_its_kind_or_as_a_document(
    kind: MediaKind, file: OutFile, type_: str, more: dict[str, Any]
) -> None:
    (body,) = built(part_of(kind, file), files=(file,))
    assert (body["type"], body[type_]) == (type_, {"id": f"h-{file.name}", **more})
    assert body["biz_opaque_callback_data"] == "our-id"


@pytest.mark.parametrize(
    ("kind", "mime", "size"),
    [
        (MediaKind.IMAGE, "image/svg+xml", 1),
        (MediaKind.DOCUMENT, "application/zip", 1),
        (MediaKind.DOCUMENT, "application/pdf", 100 * MB + 1),
    ],
)
def test_a_file_that_is_not_taken_is_refused_before_anything_leaves(
    kind: MediaKind, mime: str, size: int
) -> None:
    file = sized(size, mime)
    with pytest.raises(CannotBeSent):
        built(part_of(kind, file), files=(file,))
    refused = uploads(whatsapp()).upload(file, ())
    assert isinstance(refused, SendErr)
    assert refused.kind is ErrorKind.CONTENT


def test_every_file_that_the_capabilities_allow_is_taken_and_no_other() -> None:
    rules = whatsapp().capabilities().media
    assert set(rules) == set(MediaKind)
    for kind, rule in rules.items():
        for mime in rule.mimes:
            file = out_file(b"", mime)
            assert built(part_of(kind, file), files=(file,)), (kind, mime)


def test_a_file_that_was_not_handed_over_cannot_be_sent() -> None:
    for files in ({}, {JPEG.sha256: JPEG}):
        message = OutboundMessage("m", ANA, (part_of(MediaKind.IMAGE, JPEG),), files=files)
        with pytest.raises(CannotBeSent):
            whatsapp().build(message)


def test_a_caption_stands_below_the_file_or_follows_it() -> None:
    short, long = "a" * 1024, "a " * 600
    assert built(part_of(MediaKind.IMAGE, JPEG, short), files=(JPEG,))[0]["image"]["caption"] == (
        short
    )
    song = sized(1, "audio/mpeg")
    for part, file in (
        (part_of(MediaKind.IMAGE, JPEG, long), JPEG),
        (part_of(MediaKind.AUDIO, song, "ouça"), song),
    ):
        first, second = built(part, files=(file,), reply_to="wamid.Q")
        assert "caption" not in first[first["type"]]
        assert second["text"]["body"] == (part.caption or "").strip()
        assert (first.get("context"), second.get("context")) == ({"message_id": "wamid.Q"}, None)


def offer(count: int, title: str = "Sim", text: str = "Confirma?") -> Offer:
    options = (Option(id=str(n), title=f"{title}{n}") for n in range(count))
    return Offer(text=text, options=tuple(options))


def test_up_to_three_answers_are_buttons_and_up_to_ten_a_list() -> None:
    (buttons,) = built(offer(3))
    assert buttons["interactive"]["type"] == "button"
    assert buttons["interactive"]["body"] == {"text": "Confirma?"}
    assert buttons["interactive"]["action"]["buttons"][0] == {
        "type": "reply",
        "reply": {"id": "0", "title": "Sim0"},
    }
    (rows,) = built(offer(10))
    assert rows["interactive"]["type"] == "list"
    (section,) = rows["interactive"]["action"]["sections"]
    assert [row["id"] for row in section["rows"]] == [str(n) for n in range(10)]
    assert 0 < len(rows["interactive"]["action"]["button"]) <= 20
    (long_titles,) = built(offer(2, title="x" * 22))
    assert long_titles["interactive"]["type"] == "list"


@pytest.mark.parametrize(
    "asked",
    [
        offer(11),
        offer(2, title="x" * 24),
        offer(2, text="x" * 1025),
        Offer(text="?", options=(Option(id="1", title="Sim"), Option(id="1", title="Não"))),
        Offer(text="?", options=(Option(id="1", title="Sim"), Option(id="2", title="Sim"))),
        Offer(text="?", options=(Option(id="x" * 201, title="Sim"),)),
    ],
)
def test_what_does_not_fit_buttons_is_written_out(asked: Offer) -> None:
    (body,) = built(asked)
    assert body["type"] == "text"
    assert body["text"]["body"].endswith(asked.options[-1].title)


def test_a_template_is_called_by_name_with_its_blanks_filled() -> None:
    """M10"""
    part = TemplateCall(
        name="pedido_pronto", language="pt_BR", values=("Ana\n Lima", "18    34"), text="Olá, Ana"
    )
    (body,) = built(part)
    assert body["template"] == {
        "name": "pedido_pronto",
        "language": {"code": "pt_BR"},
        "components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "text": t} for t in ("Ana Lima", "18 34")],
            }
        ],
    }
    (plain,) = built(TemplateCall(name="ola", language="en", text="Hi"))
    assert plain["template"] == {"name": "ola", "language": {"code": "en"}}
    with pytest.raises(CannotBeSent):
        built(TemplateCall(name="ola", language="en", values=(" ",), text="Hi"))
    assert whatsapp().capabilities().templates


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(Text, text=st.text(st.characters(codec="utf-8"), max_size=9000))
        | st.builds(
            Offer,
            text=st.text(max_size=1100),
            options=st.lists(
                st.builds(Option, id=st.text(max_size=3), title=st.text(max_size=26)), max_size=12
            ).map(tuple),
        ),
        max_size=3,
    )
)
def test_whatever_is_built_obeys_the_declared_limits_and_is_built_again_the_same(
    parts: list[Part],
) -> None:
    message = OutboundMessage("our-id", ANA, tuple(parts), "wamid.Q")
    capabilities = whatsapp().capabilities()
    try:
        calls = whatsapp().build(message)
    except CannotBeSent:
        assert not any(str(getattr(part, "text", "")).strip() for part in parts)
        return
    assert calls == whatsapp().build(message)
    for body in sent_bodies(calls):
        assert len(body.get("text", {}).get("body", "")) <= capabilities.max_text


def test_a_file_is_handed_over_once_and_then_has_a_name_there() -> None:
    call = uploads(whatsapp()).upload(JPEG, ())
    assert isinstance(call, HttpCall)
    assert call.url == "https://graph.facebook.com/v23.0/106540352242922/media"
    assert dict(call.headers)["authorization"] == "Bearer access-token-of-a-test"
    assert b'name="messaging_product"\r\n\r\nwhatsapp' in call.content
    assert JPEG.content in call.content
    assert call == uploads(whatsapp()).upload(JPEG, ())
    assert uploads(whatsapp()).upload(JPEG, (answer(200, {"id": "77"}),)) == Uploaded("77")


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (answer(400, {"error": {"code": 131053}}), ErrorKind.CONTENT),
        (answer(401, {"error": {"code": 190}}), ErrorKind.AUTH),
        (answer(200, {}), ErrorKind.TRANSIENT),
        (answer(200, {"x": 1}), ErrorKind.TRANSIENT),
        (answer(504, b"<html>"), ErrorKind.TRANSIENT),
        (TransportFailure.LOST_AFTER_BODY, ErrorKind.TRANSIENT),
        (TransportFailure.REFUSED, ErrorKind.TRANSIENT),
    ],
)
def test_handing_over_may_be_repeated_as_nobody_sees_it(result: Any, kind: ErrorKind) -> None:
    """M6"""
    refused = uploads(whatsapp()).upload(JPEG, (result,))
    assert isinstance(refused, SendErr)
    assert refused.kind is kind


DIGEST = hashlib.sha256(b"a file")
LINK = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"


@pytest.mark.parametrize(
    ("told", "read"),
    [
        (DIGEST.hexdigest(), DIGEST.hexdigest()),
        (DIGEST.hexdigest().upper(), DIGEST.hexdigest()),
        (base64.b64encode(DIGEST.digest()).decode(), DIGEST.hexdigest()),
        ("4654+8g=", None),
        ("?", None),
        (None, None),
    ],
)
def test_a_file_is_asked_for_and_then_taken_with_our_token(
    told: str | None, read: str | None
) -> None:
    """M8: what it hashes to is known before it comes."""
    adapter = fetches(whatsapp())
    asked = adapter.fetch("765", ())
    assert isinstance(asked, HttpCall)
    assert asked.url.endswith("/v23.0/765?phone_number_id=106540352242922")
    download = adapter.fetch("765", (answer(200, {"url": LINK, "sha256": told}),))
    assert isinstance(download, Download)
    assert (download.call.url, download.sha256) == (LINK, read)
    assert dict(download.call.headers)["authorization"] == "Bearer access-token-of-a-test"


@pytest.mark.parametrize(
    ("result", "for_good"),
    [
        (answer(200, {"url": "https://evil.test/"}), True),
        (answer(200, {"url": "https://fbsbx.com.evil.test/"}), True),
        (answer(200, {"url": "https://me@lookaside.fbsbx.com/"}), True),
        (answer(200, {"url": "http://lookaside.fbsbx.com/"}), True),
        (answer(200, {"url": "https://lookaside.fbsbx.com:8443/"}), True),
        (answer(200, {"url": "https://[fbsbx.com"}), True),
        (answer(200, {"id": "765"}), True),
        (answer(404, {"error": {"code": 131052}}), True),
        (answer(401, {"error": {"code": 190}}), False),
        (answer(500, b"<html>"), False),
        (answer(200, b"<html>"), False),
        (TransportFailure.DNS, False),
    ],
)
def test_a_file_that_cannot_be_had_is_asked_for_again_or_given_up(
    result: Any, for_good: bool
) -> None:
    """M8: our token goes to nobody but the provider."""
    found = fetches(whatsapp()).fetch("765", (result,))
    assert isinstance(found, Unavailable)
    assert found.for_good is for_good


@pytest.mark.parametrize("reference", ["", "../me", "1?fields=x", "1/2", "é", "1 "])
def test_an_id_that_would_change_the_address_is_no_id(reference: str) -> None:
    found = fetches(whatsapp()).fetch(reference, ())
    assert isinstance(found, Unavailable)
    assert found.for_good
