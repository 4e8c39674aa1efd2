"""Files and buttons to Telegram, and files from it."""

import re
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.channels.base import (
    CannotBeSent,
    Download,
    FetchesMedia,
    HttpCall,
    HttpResponse,
    OutboundMessage,
    OutFile,
    TransportFailure,
    Unavailable,
)
from adapters.channels.multipart import multipart
from adapters.channels.telegram.errors import ERRORS, kind_of
from domain.content import Choice, Media, MediaKind, Offer, Option, Text
from domain.inbound import Consent, MessageArrived
from tests.adapters.channels.kit import json_request, telegram

MB = 1024 * 1024


def form_of(call: HttpCall) -> dict[str, Any]:
    """Return the fields of a multipart body, read by the standard library."""
    kind = dict(call.headers)["content-type"].encode()
    whole = message_from_bytes(b"content-type: " + kind + b"\r\n\r\n" + call.content, policy=HTTP)
    form: dict[str, Any] = {}
    for part in whole.iter_parts():
        name = part.get_param("name", header="content-disposition")
        form[str(name)] = part.get_payload(decode=True)
        if part.get_filename():
            form["filename"], form["mime"] = part.get_filename(), part.get_content_type()
    return form


def built(
    kind: MediaKind, mime: str, size: int = 9, caption: str | None = None, address: str = "77"
) -> list[HttpCall]:
    file = OutFile("ab", mime, "nota.bin", b"x" * size)
    part = Media(media=kind, sha256="ab", mime=mime, caption=caption)
    message = OutboundMessage("our-id", address, (part,), "77:5", files={"ab": file})
    return telegram().build(message)


@pytest.mark.parametrize(
    ("kind", "mime", "size", "method", "field"),
    [
        (MediaKind.IMAGE, "image/jpeg", 9, "sendPhoto", "photo"),
        (MediaKind.IMAGE, "image/jpeg", 11 * MB, "sendDocument", "document"),
        (MediaKind.IMAGE, "image/svg+xml", 9, "sendDocument", "document"),
        (MediaKind.IMAGE, "image/gif", 9, "sendAnimation", "animation"),
        (MediaKind.VOICE, "audio/ogg; codecs=opus", 9, "sendVoice", "voice"),
        (MediaKind.VOICE, "audio/wav", 9, "sendDocument", "document"),
        (MediaKind.AUDIO, "audio/mpeg", 9, "sendAudio", "audio"),
        (MediaKind.AUDIO, "audio/flac", 9, "sendDocument", "document"),
        (MediaKind.VIDEO, "video/mp4", 9, "sendVideo", "video"),
        (MediaKind.VIDEO, "video/x-matroska", 9, "sendDocument", "document"),
        (MediaKind.STICKER, "image/webp", 9, "sendSticker", "sticker"),
        (MediaKind.STICKER, "image/png", 9, "sendPhoto", "photo"),
        (MediaKind.DOCUMENT, "image/jpeg", 9, "sendDocument", "document"),
    ],
)
def test_each_kind_of_file_goes_by_the_method_that_takes_it(
    kind: MediaKind, mime: str, size: int, method: str, field: str
) -> None:
    (call,) = built(kind, mime, size)
    assert call.url.endswith(f"/{method}")
    form = form_of(call)
    assert form[field] == b"x" * size
    assert (form["chat_id"], form["filename"]) == (b"77", "nota.bin")
    assert orjson.loads(form["reply_parameters"])["message_id"] == 5


@pytest.mark.parametrize(
    ("kind", "mime", "caption", "captions", "texts"),
    [
        (MediaKind.IMAGE, "image/png", "a nota", [b"a nota"], []),
        (MediaKind.IMAGE, "image/png", "😀" * 512, ["😀".encode() * 512], []),
        (MediaKind.IMAGE, "image/png", "😀" * 513, [], ["😀" * 513]),
        (MediaKind.STICKER, "image/webp", "oi", [], ["oi"]),
        (MediaKind.IMAGE, "image/png", " ", [], []),
    ],
)
def test_a_caption_goes_with_its_file_or_right_after_it(
    kind: MediaKind, mime: str, caption: str, captions: list[bytes], texts: list[str]
) -> None:
    first, *others = built(kind, mime, caption=caption)
    form = form_of(first)
    assert [form[key] for key in ("caption",) if key in form] == captions
    assert [orjson.loads(call.content)["text"] for call in others] == texts
    assert not any("reply_parameters" in orjson.loads(call.content) for call in others)


@pytest.mark.parametrize(
    ("files", "size"), [({}, 9), ({"ab"}, 51 * MB)], ids=["not at hand", "too large"]
)
def test_a_file_that_cannot_be_sent_is_refused_before_anything_leaves(
    files: set[str], size: int
) -> None:
    held = {sha: OutFile(sha, "image/png", "n", b"x" * size) for sha in files}
    parts = (Text(text="veja"), Media(media=MediaKind.IMAGE, sha256="ab"))
    with pytest.raises(CannotBeSent):
        telegram().build(OutboundMessage("our-id", "77", parts, files=held))


def test_a_topic_of_a_business_chat_is_named_in_a_form_as_well() -> None:
    (call,) = built(MediaKind.DOCUMENT, "text/plain", address="-100:9@C")
    form = form_of(call)
    assert (form["chat_id"], form["message_thread_id"], form["business_connection_id"]) == (
        b"-100",
        b"9",
        b"C",
    )


NAMES = st.text(max_size=12) | st.sampled_from(['a"; x="b', "a\r\nb", "", "ç😀", "\ud800"])


@settings(max_examples=60, deadline=None)
@given(name=NAMES, content=st.binary(max_size=60), value=st.text(max_size=9), mime=NAMES)
def test_a_form_says_the_same_to_another_reader_whatever_is_in_it(
    name: str, content: bytes, value: str, mime: str
) -> None:
    value = value.replace("\r", "").replace("\n", "")
    file = OutFile("ab", mime, name, content)
    kind, body = multipart({"chat_id": "77", "caption": value}, "photo", file)
    assert (kind, body) == multipart({"chat_id": "77", "caption": value}, "photo", file)
    boundary = kind.partition("boundary=")[2].encode()
    parts = body.split(b"--" + boundary)
    assert parts[-1] == b"--\r\n"
    head, _, tail = parts[3].partition(b"\r\n\r\n")
    assert tail == content + b"\r\n"
    assert len(re.findall(rb"\r\n", head)) == 2
    assert parts[2].endswith(b"\r\n\r\n" + value.encode() + b"\r\n")


def offered(*options: Option, text: str = "Confirma?") -> list[dict[str, Any]]:
    message = OutboundMessage("our-id", "77", (Offer(text=text, options=options),))
    return [orjson.loads(call.content) for call in telegram().build(message)]


def test_an_offer_has_buttons_that_come_back_as_choices() -> None:
    (body,) = offered(Option(id="y", title="Sim"), Option(id="n", title="Não"))
    assert body["text"] == "Confirma?"
    asked = {"message_id": 5, "chat": {"id": 77, "type": "private"}, **body}
    for row in body["reply_markup"]["inline_keyboard"]:
        (button,) = row
        query = {"id": "1", "from": {"id": 77}, "message": asked, "data": button["callback_data"]}
        (event,) = telegram().parse(json_request({"update_id": 1, "callback_query": query}))
        assert isinstance(event, MessageArrived)
        assert event.parts == (Choice(id=button["callback_data"], title=button["text"]),)


def test_a_long_question_has_its_buttons_below_its_end() -> None:
    first, last = offered(Option(id="y", title="Sim"), text="x" * 5000)
    assert ("reply_markup" in first, "reply_markup" in last) == (False, True)


@pytest.mark.parametrize(
    "options",
    [
        (Option(id="é" * 33, title="Sim"),),
        (Option(id="", title="Sim"),),
        (Option(id="y", title="x" * 65),),
        tuple(Option(id=str(n), title=str(n)) for n in range(101)),
    ],
)
def test_an_offer_that_no_buttons_hold_is_written_out(options: tuple[Option, ...]) -> None:
    (body,) = offered(*options)
    assert "reply_markup" not in body
    assert body["text"].startswith(f"Confirma?\n1. {options[0].title}")


def step(*answers: HttpResponse | TransportFailure) -> Any:
    adapter = telegram()
    assert isinstance(adapter, FetchesMedia)
    return adapter.fetch("AgACAgQ", answers)


def answered(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(status, (), orjson.dumps(body))


def found(path: Any) -> HttpResponse:
    return answered({"ok": True, "result": {"file_id": "AgACAgQ", "file_path": path}})


def test_a_file_is_asked_for_and_then_fetched_and_its_address_is_shown_nowhere() -> None:
    """M8"""
    ask = step()
    assert isinstance(ask, HttpCall)
    assert (ask.label, orjson.loads(ask.content)) == ("telegram getFile", {"file_id": "AgACAgQ"})
    last = step(found("photos/file_1 (2).jpg"))
    assert isinstance(last, Download)
    base = "https://api.telegram.org/file/bot4200:token-of-a-test"
    assert last.call.url == f"{base}/photos/file_1%20%282%29.jpg"
    assert "token-of-a-test" not in f"{last!r} {last} {ask!r}"


@pytest.mark.parametrize(
    ("answer", "for_good"),
    [
        (answered({"ok": False, "error_code": 400, "description": "file is too big"}, 400), True),
        (
            answered({"ok": False, "error_code": 400, "description": "wrong file_id"}, 400),
            True,
        ),
        (answered({"ok": False, "error_code": 401, "description": "x"}, 401), False),
        (answered({"ok": False, "error_code": 429, "description": "x"}, 429), False),
        (HttpResponse(502, (), b"<html>"), False),
        (HttpResponse(200, (), b"<html>"), False),
        (TransportFailure.TIMEOUT_AFTER_BODY, False),
        (found("/var/lib/telegram/photo.jpg"), True),
        (found("../../getMe"), True),
        (found("a/../b"), True),
        (found("a?b"), True),
        (found(None), True),
    ],
)
def test_a_file_that_cannot_be_had_says_whether_to_ask_again(answer: Any, for_good: bool) -> None:
    """M8"""
    result = step(answer)
    assert isinstance(result, Unavailable)
    assert result.for_good is for_good


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: row.code)
def test_every_row_of_the_table_is_what_classify_says(row: Any) -> None:
    """M6"""
    code, _, words = row.code.partition(" ")
    assert kind_of(int(code), f"Bad Request: {words.upper()}") is row.kind


def test_who_blocked_the_bot_wants_no_messages() -> None:
    words = "Forbidden: bot was blocked by the user"
    answer = answered({"ok": False, "error_code": 403, "description": words}, 403)
    (call,) = telegram().build(OutboundMessage("our-id", "77", (Text(text="Olá"),)))
    assert getattr(telegram().classify(call, answer), "consent", None) is Consent.BLOCKED


def test_an_album_is_as_many_messages_as_it_has_pictures() -> None:
    """M1"""
    chat = {"id": 77, "type": "private"}
    photo = {"photo": [{"file_id": "F"}], "chat": chat, "media_group_id": "g1"}
    events = [
        event
        for n in (5, 6)
        for event in telegram().parse(
            json_request({"update_id": n, "message": {"message_id": n, **photo}})
        )
    ]
    assert [e.dedup_key for e in events] == ["m:77:5", "m:77:6"]


def test_a_message_of_a_business_chat_has_an_id_of_its_own_that_can_be_quoted() -> None:
    """M9: the fifth message there is not the bot's own fifth one with the same client."""
    chat = {"id": 77, "type": "private"}
    message = {"message_id": 5, "chat": chat, "text": "Oi", "business_connection_id": "C"}
    (event,) = telegram().parse(json_request({"business_message": message}))
    gone = {"business_connection_id": "C", "chat": chat, "message_ids": [5]}
    (deleted,) = telegram().parse(json_request({"deleted_business_messages": gone}))
    assert isinstance(event, MessageArrived)
    assert event.provider_id == getattr(deleted, "provider_id", None) == "77@C:5"
    answer = OutboundMessage("our-id", "77@C", (Text(text="Olá"),), event.provider_id)
    (call,) = telegram().build(answer)
    assert orjson.loads(call.content)["reply_parameters"]["message_id"] == 5
    sent = answered({"ok": True, "result": message | {"message_id": 6}})
    assert getattr(telegram().classify(call, sent), "provider_id", None) == "77@C:6"
