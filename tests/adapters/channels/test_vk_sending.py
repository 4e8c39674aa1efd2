"""Answers to VK: the calls, the files handed over before, and what their results mean."""

from typing import Any
from urllib.parse import parse_qsl

import orjson
import pytest

from adapters.channels.base import (
    CannotBeSent,
    Download,
    ErrorKind,
    FetchesMedia,
    HttpCall,
    HttpResponse,
    OutboundMessage,
    OutFile,
    Reaction,
    SendErr,
    SendOk,
    TransportFailure,
    Unavailable,
    Uploaded,
    UploadsMedia,
)
from adapters.channels.vk.errors import ERRORS
from domain.content import Choice, Location, Media, MediaKind, Offer, Option, Text
from domain.inbound import Consent
from tests.adapters.channels.vk_kit import KEY, message, read, vk

HELLO = OutboundMessage("our-id", "77", (Text(text="Olá"),), "77:5")


def forms(message: OutboundMessage) -> list[dict[str, str]]:
    calls = vk().build(message)
    return [dict(parse_qsl(call.content.decode(), strict_parsing=True)) for call in calls]


def test_a_text_is_one_call() -> None:
    (call,) = vk().build(HELLO)
    assert (call.method, call.url) == ("POST", "https://api.vk.com/method/messages.send")
    assert f"{call!r}".startswith("HttpCall(POST api.vk.com, vk messages.send, ")
    (form,) = forms(HELLO)
    forward = orjson.loads(form.pop("forward"))
    number = int(form.pop("random_id"))
    assert form == {"message": "Olá", "peer_ids": "77", "access_token": KEY, "v": "5.199"}
    assert forward == {"peer_id": 77, "conversation_message_ids": [5], "is_reply": True}
    assert 0 < number < 1 << 31


def test_the_same_message_is_known_again_and_each_piece_is_another() -> None:
    """M6: VK sends a repeated `random_id` once."""
    long = OutboundMessage("our-id", "77", (Text(text="é" * 20_000),), "77:5")
    first, again = forms(long), forms(long)
    assert first == again
    assert [len(form["message"]) for form in first] == [9000, 9000, 2000]
    assert len({form["random_id"] for form in first}) == 3
    assert ["forward" in form for form in first] == [True, False, False]
    other = forms(OutboundMessage("another", "77", long.parts))
    assert not {form["random_id"] for form in other} & {form["random_id"] for form in first}


@pytest.mark.parametrize("quoted", ["event:b1", "77:id100", "", "x"])
def test_what_has_no_number_in_the_talk_cannot_be_quoted(quoted: str) -> None:
    assert "forward" not in forms(OutboundMessage("our-id", "77", HELLO.parts, quoted))[0]


@pytest.mark.parametrize(("count", "rows"), [(2, 2), (6, 6), (7, 4), (10, 5)])
def test_an_offer_has_buttons_that_come_back_as_choices(count: int, rows: int) -> None:
    options = tuple(Option(id=f"o{n}", title=f"Opção {n}") for n in range(count))
    (form,) = forms(OutboundMessage("our-id", "77", (Offer(text="Qual?", options=options),)))
    keyboard = orjson.loads(form["keyboard"])
    assert (form["message"], keyboard["inline"], len(keyboard["buttons"])) == ("Qual?", True, rows)
    buttons = [button["action"] for row in keyboard["buttons"] for button in row]
    pressed = [read("message_new", message(text=b["label"], payload=b["payload"])) for b in buttons]
    assert [getattr(event, "parts", ()) for event in pressed] == [
        (Choice(id=option.id, title=option.title),) for option in options
    ]


@pytest.mark.parametrize(
    "options",
    [
        tuple(Option(id=str(n), title=str(n)) for n in range(11)),
        (Option(id="y", title="x" * 41),),
        (Option(id="y" * 300, title="Sim"),),
    ],
)
def test_an_offer_with_more_than_there_are_buttons_for_is_written_out(options: Any) -> None:
    (form,) = forms(OutboundMessage("our-id", "77", (Offer(text="Qual?", options=options),)))
    assert "keyboard" not in form
    assert form["message"].startswith(f"Qual?\n1. {options[0].title}")


def test_a_file_goes_by_what_vk_calls_it_with_its_words() -> None:
    part = Media(media=MediaKind.IMAGE, sha256="ab", caption="a nota")
    (form,) = forms(OutboundMessage("our-id", "77", (part,), handles={"ab": "photo-1_2"}))
    assert (form["attachment"], form["message"]) == ("photo-1_2", "a nota")


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("77", ()),
        ("77", (Text(text=" "),)),
        ("77", (Media(media=MediaKind.IMAGE, sha256="cd"),)),
        ("77", (Location(latitude=1, longitude=2),)),
        ("", (Text(text="Olá"),)),
        ("0", (Text(text="Olá"),)),
        ("77,78", (Text(text="Olá"),)),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_leaves(address: str, parts: Any) -> None:
    with pytest.raises(CannotBeSent):
        vk().build(OutboundMessage("our-id", address, parts))


def answered(body: Any, status: int = 200) -> SendOk | SendErr:
    return classified(HttpResponse(status, (), orjson.dumps(body)))


def classified(result: HttpResponse | TransportFailure) -> SendOk | SendErr:
    return vk().classify(vk().build(HELLO)[0], result)


def test_an_accepted_message_is_named_as_its_echo_will_be() -> None:
    """M1"""
    sent = {"peer_id": 77, "message_id": 101, "conversation_message_id": 6}
    assert answered({"response": [sent]}) == SendOk("77:6")
    assert answered({"response": [{"peer_id": 77, "message_id": 101}]}) == SendOk("77:id101")


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: row.code)
def test_every_code_says_what_kind_of_error_it_is_within_a_200(row: Any) -> None:
    """M6"""
    error = {"error_code": int(row.code), "error_msg": "said so"}
    one = {"peer_id": 77, "error": {"code": int(row.code), "description": "said so"}}
    consent = {"900": Consent.BLOCKED, "901": Consent.OPTED_OUT}.get(row.code)
    expected = SendErr(row.kind, row.code, "said so", consent=consent)
    assert answered({"error": error}) == answered({"response": [one]}) == expected


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"error":{"error_code":99999}}', ErrorKind.PERMANENT),
        (200, b'{"error":{}}', ErrorKind.UNKNOWN_OUTCOME),
        (200, b'{"error":{"error_msg":"x"}}', ErrorKind.UNKNOWN_OUTCOME),
        (200, b'{"response":[]}', ErrorKind.UNKNOWN_OUTCOME),
        (200, b'{"response":[{}]}', ErrorKind.UNKNOWN_OUTCOME),
        (200, b"<html>", ErrorKind.UNKNOWN_OUTCOME),
        (504, b"", ErrorKind.UNKNOWN_OUTCOME),
        (502, b"<html>", ErrorKind.TRANSIENT),
        (429, b"", ErrorKind.RATE_LIMITED),
    ],
)
def test_an_answer_without_a_known_code_is_judged_by_its_status(
    status: int, body: bytes, kind: ErrorKind
) -> None:
    """M6"""
    result = classified(HttpResponse(status, (), body))
    assert isinstance(result, SendErr)
    assert result.kind is kind


AFTER = {TransportFailure.TIMEOUT_AFTER_BODY, TransportFailure.LOST_AFTER_BODY}


@pytest.mark.parametrize("failure", list(TransportFailure))
def test_only_what_surely_did_not_arrive_is_sent_again(failure: TransportFailure) -> None:
    """M6"""
    result = classified(failure)
    assert isinstance(result, SendErr)
    assert result.kind.reaction is (Reaction.ASK if failure in AFTER else Reaction.RETRY)


PHOTO = OutFile("ab", "image/jpeg", "nota.jpg", b"\xff\xd8picture")
PAPER = OutFile("cd", "application/pdf", "nota.pdf", b"%PDF paper")


def json_of(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(status, (), orjson.dumps(body))


def handed(file: OutFile, *answers: HttpResponse | TransportFailure) -> Any:
    adapter = vk()
    assert isinstance(adapter, UploadsMedia)
    return adapter.upload(file, answers)


WHERE = json_of({"response": {"upload_url": "https://pu.vk.test/c1?act=do_add&hash=h"}})


def test_a_photo_is_handed_over_in_three_steps() -> None:
    taken = json_of({"server": 7, "photo": '[{"x":1}]', "hash": "h"})
    kept = json_of({"response": [{"id": 2, "owner_id": -1, "access_key": "k"}]})
    first = handed(PHOTO)
    assert isinstance(first, HttpCall)
    assert first.url.endswith("/method/photos.getMessagesUploadServer")
    second = handed(PHOTO, WHERE)
    assert isinstance(second, HttpCall)
    assert (second.url, PHOTO.content in second.content) == (
        "https://pu.vk.test/c1?act=do_add&hash=h",
        True,
    )
    assert KEY.encode() not in second.content
    assert b'name="photo"; filename="nota.jpg"' in second.content
    third = handed(PHOTO, WHERE, taken)
    assert isinstance(third, HttpCall)
    form = dict(parse_qsl(third.content.decode()))
    assert third.url.endswith("/method/photos.saveMessagesPhoto")
    assert (form["server"], form["photo"], form["hash"]) == ("7", '[{"x":1}]', "h")
    assert handed(PHOTO, WHERE, taken, kept) == Uploaded("photo-1_2_k")


def test_a_document_is_handed_over_in_three_steps() -> None:
    taken = json_of({"file": "abc|def"})
    kept = json_of({"response": {"type": "doc", "doc": {"id": 2, "owner_id": -1}}})
    first = handed(PAPER)
    assert isinstance(first, HttpCall)
    assert first.url.endswith("/method/docs.getWallUploadServer")
    third = handed(PAPER, WHERE, taken)
    assert isinstance(third, HttpCall)
    form = dict(parse_qsl(third.content.decode()))
    assert (form["file"], form["title"]) == ("abc|def", "nota.pdf")
    assert handed(PAPER, WHERE, taken, kept) == Uploaded("doc-1_2")


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ((TransportFailure.LOST_AFTER_BODY,), ErrorKind.TRANSIENT),
        ((HttpResponse(200, (), b"<html>"),), ErrorKind.TRANSIENT),
        ((HttpResponse(503, (), b""),), ErrorKind.TRANSIENT),
        ((HttpResponse(413, (), b""),), ErrorKind.CONTENT),
        ((json_of({"error": {"error_code": 5}}),), ErrorKind.AUTH),
        ((json_of({"error": {"error_code": 6}}),), ErrorKind.RATE_LIMITED),
        ((json_of({"response": {"x": 1}}),), ErrorKind.TRANSIENT),
        ((json_of({"response": {"upload_url": "file:///etc/passwd"}}),), ErrorKind.TRANSIENT),
        ((json_of({"response": {"upload_url": "https://["}}),), ErrorKind.TRANSIENT),
        ((WHERE, json_of({"server": 7, "photo": "[]", "hash": "h"})), ErrorKind.CONTENT),
        ((WHERE, json_of({"server": 7})), ErrorKind.CONTENT),
        ((WHERE, json_of({"error": "ERR_UPLOAD", "error_descr": "no"})), ErrorKind.CONTENT),
        ((WHERE, json_of({"file": "x"}), json_of({"response": []})), ErrorKind.TRANSIENT),
    ],
)
def test_a_file_that_cannot_be_handed_over_says_why(answers: Any, kind: ErrorKind) -> None:
    """M6: nothing has left for the client, so that it is never unknown what became of it."""
    result = handed(PHOTO, *answers)
    assert isinstance(result, SendErr)
    assert result.kind is kind


def test_a_document_that_was_not_taken_says_so() -> None:
    result = handed(PAPER, WHERE, json_of({"x": 1}))
    assert isinstance(result, SendErr)
    assert result.kind is ErrorKind.CONTENT


def test_a_file_is_fetched_where_it_lies_and_a_bare_name_cannot_be() -> None:
    """M8"""
    adapter = vk()
    assert isinstance(adapter, FetchesMedia)
    url = "https://sun9-1.userapi.test/x.jpg?size=9"
    first = adapter.fetch(url, ())
    assert isinstance(first, HttpCall)
    last = adapter.fetch(url, (HttpResponse(206, (), b"x"),))
    assert isinstance(last, Download)
    assert last.call.url == url
    for name in ("video77_9_k", "http://x.test/", "https://a@x.test/", "https://[", ""):
        gone = adapter.fetch(name, ())
        assert isinstance(gone, Unavailable)
        assert gone.for_good
