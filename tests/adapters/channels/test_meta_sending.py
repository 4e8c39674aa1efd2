"""Answers on Messenger and Instagram: the calls, and what their results mean."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.channels.base import (
    CannotBeSent,
    ChannelAdapter,
    Download,
    ErrorKind,
    HttpCall,
    OutboundMessage,
    OutFile,
    Reaction,
    SendErr,
    SendOk,
    TransportFailure,
    Unavailable,
    Uploaded,
)
from domain.content import Media, MediaKind, Offer, Option, Part, TemplateCall, Text
from tests.adapters.channels.meta_kit import (
    ACCOUNT,
    ALL,
    BIA,
    BOTH,
    answer,
    fetches,
    instagram,
    messenger,
    out_file,
    sent_bodies,
    uploads,
)

EACH = pytest.mark.parametrize("adapter", BOTH, ids=lambda adapter: adapter.meta.kind)
ALL_THREE = pytest.mark.parametrize("adapter", ALL, ids=lambda adapter: adapter.meta.kind)
HELLO = OutboundMessage("our-id", BIA, (Text(text="Olá"),), "m_0")
JPEG = out_file(b"x", "image/jpeg", "foto.jpg", "https://recado.test/files/1")


def built(adapter: ChannelAdapter, *parts: Part, files: tuple[OutFile, ...] = ()) -> Any:
    by_digest = {file.sha256: file for file in files}
    handles = {file.sha256: "99" for file in files}
    message = OutboundMessage("our-id", BIA, parts, files=by_digest, handles=handles)
    return sent_bodies(adapter.build(message))


def part_of(kind: MediaKind, file: OutFile, caption: str | None = None) -> Media:
    return Media(media=kind, sha256=file.sha256, mime=file.mime, caption=caption)


def test_messenger_is_written_to_in_the_pages_name_with_our_id() -> None:
    """M6"""
    (call,) = messenger().build(HELLO)
    assert call.url == f"https://graph.facebook.com/v23.0/{ACCOUNT}/messages"
    assert dict(call.headers)["authorization"] == "Bearer access-token-of-a-test"
    assert sent_bodies([call]) == [
        {
            "recipient": {"id": BIA},
            "messaging_type": "RESPONSE",
            "message": {"text": "Olá", "metadata": "recado:our-id"},
            "reply_to": {"mid": "m_0"},
        }
    ]
    assert "access-token" not in f"{call!r}"


@pytest.mark.parametrize(
    ("config", "host"),
    [
        ({}, "https://graph.facebook.com"),
        ({"login": "facebook"}, "https://graph.facebook.com"),
        ({"login": "instagram"}, "https://graph.instagram.com"),
        ({"login": "instagram", "api_base": "http://127.0.0.1:9"}, "http://127.0.0.1:9"),
    ],
)
def test_instagram_is_written_to_at_the_host_of_its_login(
    config: dict[str, str], host: str
) -> None:
    (call,) = instagram(**config).build(HELLO)
    assert call.url == f"{host}/v23.0/me/messages"
    assert sent_bodies([call])[0]["message"] == {"text": "Olá"}


@pytest.mark.parametrize("make", [messenger, instagram])
def test_people_may_answer_for_seven_days_where_the_provider_allows_it(make: Any) -> None:
    """M10"""
    assert make().capabilities().reply_window == timedelta(hours=24)
    reviewed = make(human_agent=True)
    assert reviewed.capabilities().reply_window == timedelta(days=7)
    (body,) = sent_bodies(reviewed.build(HELLO))
    assert (body["messaging_type"], body["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")


@EACH
@pytest.mark.parametrize("text", ["palavra " * 700, "ç" * 2001, "👩‍👩‍👧" * 500, "x" * 2001])
def test_a_long_text_is_cut_and_only_its_first_piece_quotes(
    adapter: ChannelAdapter, text: str
) -> None:
    message = OutboundMessage("our-id", BIA, (Text(text=text),), "m_0")
    bodies = sent_bodies(adapter.build(message))
    pieces = [body["message"]["text"] for body in bodies]
    assert "".join(pieces) == text
    sizes = [len(p.encode()) if adapter.meta.kind == "instagram" else len(p) for p in pieces]
    assert max(sizes) <= adapter.capabilities().max_text
    assert ["reply_to" in body for body in bodies] == [True] + [False] * (len(bodies) - 1)


@EACH
def test_every_kind_of_file_goes_by_its_handle_and_words_follow(adapter: ChannelAdapter) -> None:
    types = {"image/jpeg": "image", "audio/mp4": "audio", "video/mp4": "video"}
    for kind, rule in adapter.capabilities().media.items():
        mime = next((m for m in types if m in rule.mimes), "application/pdf")
        if "*/*" in rule.mimes and kind.value in types.values():
            mime = next(m for m, type_ in types.items() if type_ == kind.value)
        file = out_file(b"x", mime)
        first, second = built(adapter, part_of(kind, file, "a nota"), files=(file,))
        assert first["message"]["attachment"] == {
            "type": types.get(mime, "file"),
            "payload": {"attachment_id": "99"},
        }
        assert second["message"]["text"] == "a nota"
    assert set(adapter.capabilities().media) == set(MediaKind)


@pytest.mark.parametrize(
    ("adapter", "kind", "file"),
    [
        (messenger(), MediaKind.DOCUMENT, out_file(b"x" * (25 * 1024 * 1024 + 1), "a/b")),
        (instagram(), MediaKind.IMAGE, out_file(b"x" * (8 * 1024 * 1024 + 1), "image/png")),
        (instagram(), MediaKind.DOCUMENT, out_file(b"x", "application/zip")),
        (instagram(), MediaKind.IMAGE, out_file(b"x", "image/svg+xml")),
    ],
)
def test_a_file_that_is_not_taken_is_refused_before_anything_leaves(
    adapter: ChannelAdapter, kind: MediaKind, file: OutFile
) -> None:
    with pytest.raises(CannotBeSent):
        built(adapter, part_of(kind, file), files=(file,))
    refused = uploads(adapter).upload(file, ())
    assert isinstance(refused, SendErr)
    assert refused.kind is ErrorKind.CONTENT


@pytest.mark.parametrize("kind", [MediaKind.IMAGE, MediaKind.DOCUMENT])
@pytest.mark.parametrize(
    ("size", "type_"), [(8 * 1024 * 1024, "image"), (8 * 1024 * 1024 + 1, "file")]
)
def test_a_file_is_sent_as_what_it_was_handed_over_as(
    kind: MediaKind, size: int, type_: str
) -> None:
    """A large picture goes as a file, and a picture is one whatever the message calls it."""
    file = out_file(b"x" * size, "image/png")
    (body,) = built(messenger(), part_of(kind, file), files=(file,))
    call = uploads(messenger()).upload(file, ())
    assert body["message"]["attachment"]["type"] == type_
    assert isinstance(call, HttpCall)
    assert f'{{"type":"{type_}",'.encode() in call.content


@EACH
def test_a_file_is_handed_over_once_and_then_has_a_name_there(adapter: ChannelAdapter) -> None:
    call = uploads(adapter).upload(JPEG, ())
    assert isinstance(call, HttpCall)
    assert call.url.endswith("/message_attachments")
    assert b'{"attachment":{"type":"image","payload":{"is_reusable":true}}}' in call.content
    assert (b'name="platform"' in call.content) is (adapter.meta.kind == "instagram")
    given = uploads(adapter).upload(JPEG, (answer(200, {"attachment_id": "99"}),))
    assert given == Uploaded("99")
    for result in (answer(200, {"x": 1}), TransportFailure.LOST_AFTER_BODY):
        refused = uploads(adapter).upload(JPEG, (result,))
        assert isinstance(refused, SendErr)
        assert refused.kind is ErrorKind.TRANSIENT


def test_without_a_page_instagram_fetches_files_from_our_public_address() -> None:
    adapter = instagram(login="instagram")
    assert uploads(adapter).upload(JPEG, ()) == Uploaded(JPEG.public_url or "")
    (body,) = built(adapter, part_of(MediaKind.IMAGE, JPEG), files=(JPEG,))
    assert body["message"]["attachment"]["payload"] == {"url": JPEG.public_url}
    hidden = out_file(b"x", "image/jpeg")
    assert isinstance(uploads(adapter).upload(hidden, ()), SendErr)
    with pytest.raises(CannotBeSent):
        built(adapter, part_of(MediaKind.IMAGE, hidden), files=(hidden,))


def offer(count: int, title: str = "Sim", text: str = "Confirma?") -> Offer:
    options = (Option(id=str(n), title=f"{title}{n}") for n in range(count))
    return Offer(text=text, options=tuple(options))


@EACH
def test_answers_hang_below_a_question_or_are_written_out(adapter: ChannelAdapter) -> None:
    (asked,) = built(adapter, offer(13))
    assert asked["message"]["quick_replies"][12] == {
        "content_type": "text",
        "title": "Sim12",
        "payload": "12",
    }
    first, last = built(adapter, offer(2, text="x" * (adapter.capabilities().max_text + 1)))
    assert ["quick_replies" in b["message"] for b in (first, last)] == [False, True]
    for too_much in (offer(14), offer(2, title="x" * 20)):
        (written,) = built(adapter, too_much)
        assert "quick_replies" not in written["message"]
        assert written["message"]["text"].endswith(too_much.options[-1].title)


@EACH
@pytest.mark.parametrize(
    ("address", "parts"),
    [
        (BIA, ()),
        (BIA, (Text(text=" \n"),)),
        (BIA, (Media(media=MediaKind.IMAGE),)),
        (BIA, (TemplateCall(name="x", language="en", text="y"),)),
        ("", (Text(text="Olá"),)),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_leaves(
    adapter: ChannelAdapter, address: str, parts: Any
) -> None:
    with pytest.raises(CannotBeSent):
        adapter.build(OutboundMessage("our-id", address, parts))


@EACH
@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(codec="utf-8"), max_size=5000))
def test_whatever_is_built_obeys_the_declared_limit_and_is_built_again_the_same(
    adapter: ChannelAdapter, text: str
) -> None:
    message = OutboundMessage("our-id", BIA, (Text(text=text),))
    if not text.strip():
        return
    calls = adapter.build(message)
    assert calls == adapter.build(message)
    unit = adapter.capabilities().text_unit
    for body in sent_bodies(calls):
        piece = body["message"]["text"]
        size = len(piece.encode()) if unit == "bytes" else len(piece)
        assert size <= adapter.capabilities().max_text


def classified(adapter: ChannelAdapter, result: Any) -> SendOk | SendErr:
    call = HttpCall("POST", "https://graph.facebook.com/", (), b"", "x")
    return adapter.classify(call, result)


@EACH
def test_an_accepted_message_has_the_providers_id(adapter: ChannelAdapter) -> None:
    body = {"recipient_id": BIA, "message_id": "m_9"}
    assert classified(adapter, answer(200, body)) == SendOk("m_9")


@ALL_THREE
def test_every_error_of_the_table_is_judged_as_the_table_says(adapter: ChannelAdapter) -> None:
    """M6: whatever the HTTP status, and a subcode before its code."""
    for row in adapter.meta.errors:
        codes, _, subcode = row.code.partition("/")
        for code in codes.split("-"):
            error: dict[str, Any] = {"code": int(code), "message": "no"}
            if subcode:
                error["error_subcode"] = int(subcode)
            elif any(other.code == code for other in adapter.meta.errors) and "-" in codes:
                continue
            for status in (200, 400, 500):
                result = classified(adapter, answer(status, {"error": error}))
                assert isinstance(result, SendErr)
                assert result.kind is row.kind, row
        assert row.meaning
    assert len({row.code for row in adapter.meta.errors}) == len(adapter.meta.errors)


@EACH
@pytest.mark.parametrize(
    ("code", "subcode", "kind"),
    [
        (10, 2018278, ErrorKind.WINDOW_CLOSED),
        (10, 2534022, ErrorKind.WINDOW_CLOSED),
        (10, None, ErrorKind.AUTH),
        (10, 999, ErrorKind.AUTH),
        (551, 1545041, ErrorKind.RECIPIENT),
        (100, 2018001, ErrorKind.RECIPIENT),
        (100, 999, ErrorKind.CONTENT),
        (100, 33, ErrorKind.CONFIG),
        (190, 460, ErrorKind.AUTH),
        (613, None, ErrorKind.RATE_LIMITED),
        (1200, None, ErrorKind.TRANSIENT),
        (230, None, ErrorKind.AUTH),
        (999999, None, ErrorKind.PERMANENT),
    ],
)
def test_the_errors_that_a_desk_meets_every_day(
    adapter: ChannelAdapter, code: int, subcode: int | None, kind: ErrorKind
) -> None:
    """M6"""
    error = {"code": code, "error_subcode": subcode, "message": "no"}
    result = classified(adapter, answer(400, {"error": error}))
    assert isinstance(result, SendErr)
    assert (result.kind, result.code) == (kind, str(code))


@ALL_THREE
@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (answer(200, b""), ErrorKind.UNKNOWN_OUTCOME),
        (answer(200, b"<html>"), ErrorKind.UNKNOWN_OUTCOME),
        (answer(200, {"x": 1}), ErrorKind.UNKNOWN_OUTCOME),
        (answer(504, b"<html>"), ErrorKind.UNKNOWN_OUTCOME),
        (answer(429, b""), ErrorKind.RATE_LIMITED),
        (answer(500, b"<html>"), ErrorKind.TRANSIENT),
        (answer(502, b"<html>"), ErrorKind.TRANSIENT),
        (answer(503, b"<html>"), ErrorKind.TRANSIENT),
        (answer(302, b""), ErrorKind.CONFIG),
        (TransportFailure.REFUSED, ErrorKind.TRANSIENT),
        (TransportFailure.DNS, ErrorKind.TRANSIENT),
        (TransportFailure.TLS, ErrorKind.TRANSIENT),
        (TransportFailure.TIMEOUT_BEFORE_BODY, ErrorKind.TRANSIENT),
        (TransportFailure.TIMEOUT_AFTER_BODY, ErrorKind.UNKNOWN_OUTCOME),
        (TransportFailure.LOST_AFTER_BODY, ErrorKind.UNKNOWN_OUTCOME),
    ],
)
def test_what_says_nothing_of_the_message_is_never_a_reason_to_send_it_twice(
    adapter: ChannelAdapter, result: Any, kind: ErrorKind
) -> None:
    """M6"""
    error = classified(adapter, result)
    assert isinstance(error, SendErr)
    assert error.kind is kind
    assert (error.kind.reaction is Reaction.ASK) is (kind is ErrorKind.UNKNOWN_OUTCOME)


LINK = "https://scontent.xx.fbcdn.net/v/1.jpg?oh=a&oe=b"


@EACH
def test_a_file_lies_open_and_is_taken_without_our_token(adapter: ChannelAdapter) -> None:
    """M8"""
    asked = fetches(adapter).fetch(LINK, ())
    assert isinstance(asked, HttpCall)
    found = fetches(adapter).fetch(LINK, (answer(206, b"x"),))
    assert isinstance(found, Download)
    assert found.call.url == LINK
    for call in (asked, found.call):
        assert "authorization" not in dict(call.headers)


@EACH
@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/x",
        "http://scontent.xx.fbcdn.net/x",
        "https://fbcdn.net.evil.test",
        "x",
        "",
    ],
)
def test_a_link_that_leads_elsewhere_is_not_followed(adapter: ChannelAdapter, link: str) -> None:
    """M8: a body may not make us call whom it likes."""
    found = fetches(adapter).fetch(link, ())
    assert isinstance(found, Unavailable)
    assert found.for_good


@ALL_THREE
def test_what_an_adapter_says_of_itself_is_complete(adapter: ChannelAdapter) -> None:
    meta, capabilities = adapter.meta, adapter.capabilities()
    assert meta.body == "json"
    assert meta.hosts
    assert meta.setup
    assert capabilities.media
    assert capabilities.buttons is not None
    assert capabilities.reply_quote
    assert capabilities.templates is (meta.kind == "whatsapp")
