"""Answers through Twilio: the calls, and what their results mean."""

import base64
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
)
from adapters.channels.twilio.errors import ERRORS
from domain.content import Location, Media, MediaKind, Offer, Option, TemplateCall, Text
from domain.inbound import Consent
from tests.adapters.channels.twilio_kit import ANA, OURS, TOKEN, WEBHOOK, twilio

ON_WHATSAPP = f"whatsapp:{OURS}"
HELLO = OutboundMessage("our-id", ANA, (Text(text="Olá"),))
NOTE = OutFile("ab", "application/pdf", "nota.pdf", b"%PDF", "https://recado.test/f/1")


def forms(message: OutboundMessage, **config: Any) -> list[dict[str, str]]:
    calls = twilio(**config).build(message)
    return [dict(parse_qsl(call.content.decode(), strict_parsing=True)) for call in calls]


def test_a_text_is_one_call_that_asks_for_reports_by_our_own_id() -> None:
    """M6"""
    (call,) = twilio().build(HELLO)
    assert (call.method, call.url) == (
        "POST",
        "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json",
    )
    pair = base64.b64encode(f"AC1:{TOKEN}".encode()).decode()
    assert dict(call.headers)["authorization"] == f"Basic {pair}"
    callback = f"{WEBHOOK}?message=our-id"
    assert forms(HELLO) == [{"To": ANA, "From": OURS, "Body": "Olá", "StatusCallback": callback}]
    assert "StatusCallback" not in forms(HELLO, webhook_url=None)[0]


def test_a_service_sends_by_its_own_number() -> None:
    service = "MG" + "a" * 32
    (form,) = forms(HELLO, sender=service)
    assert form["MessagingServiceSid"] == service
    assert "From" not in form


def test_a_call_shown_in_a_log_gives_nothing_away() -> None:
    (call,) = twilio().build(HELLO)
    assert f"{call!r}".startswith("HttpCall(POST api.twilio.com, twilio Messages, ")
    assert TOKEN not in repr(call)


def test_a_long_text_is_cut() -> None:
    calls = forms(OutboundMessage("our-id", ANA, (Text(text="é" * 3500),)))
    assert [len(form["Body"]) for form in calls] == [1600, 1600, 300]


@pytest.mark.parametrize(
    ("kind", "caption", "bodies"),
    [
        (MediaKind.IMAGE, "a nota", [("https://recado.test/f/1", "a nota")]),
        (MediaKind.IMAGE, None, [("https://recado.test/f/1", None)]),
        (
            MediaKind.VOICE,
            "ouça",
            [("https://recado.test/f/1", None), (None, "ouça")],
        ),
        (
            MediaKind.IMAGE,
            "x" * 1025,
            [("https://recado.test/f/1", None), (None, "x" * 1025)],
        ),
    ],
)
def test_a_file_is_fetched_by_twilio_and_its_words_go_where_they_fit(
    kind: MediaKind, caption: str | None, bodies: list[tuple[str | None, str | None]]
) -> None:
    part = Media(media=kind, sha256="ab", caption=caption)
    message = OutboundMessage("our-id", f"whatsapp:{ANA}", (part,), files={"ab": NOTE})
    calls = forms(message, sender=ON_WHATSAPP)
    assert [(form.get("MediaUrl"), form.get("Body")) for form in calls] == bodies


def test_an_offer_is_written_out() -> None:
    offer = Offer(text="Confirma?", options=(Option(id="y", title="Sim"),))
    (form,) = forms(OutboundMessage("our-id", ANA, (offer,)))
    assert form["Body"] == "Confirma?\n1. Sim"


def test_a_template_is_called_by_its_name_with_its_blanks_numbered() -> None:
    """M10"""
    part = TemplateCall(name="HX1", language="pt_BR", values=("Ana", "7"), text="Oi, Ana: 7")
    (form,) = forms(OutboundMessage("our-id", f"whatsapp:{ANA}", (part,)), sender=ON_WHATSAPP)
    assert (form["ContentSid"], orjson.loads(form["ContentVariables"])) == (
        "HX1",
        {"1": "Ana", "2": "7"},
    )
    assert "Body" not in form


@pytest.mark.parametrize(
    ("address", "parts", "file"),
    [
        (ANA, (), NOTE),
        (ANA, (Text(text=" "),), NOTE),
        ("", (Text(text="Olá"),), NOTE),
        ("ana@x.test", (Text(text="Olá"),), NOTE),
        (ANA, (Location(latitude=1, longitude=2),), NOTE),
        (ANA, (Media(media=MediaKind.IMAGE, sha256="cd"),), NOTE),
        (ANA, (Media(media=MediaKind.STICKER, sha256="ab"),), NOTE),
        (ANA, (Media(media=MediaKind.IMAGE, sha256="ab"),), OutFile("ab", "image/png", "n", b"")),
        (
            ANA,
            (Media(media=MediaKind.IMAGE, sha256="ab"),),
            OutFile("ab", "image/png", "n", bytes(6_000_000), "https://recado.test/f/1"),
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_leaves(
    address: str, parts: Any, file: OutFile
) -> None:
    with pytest.raises(CannotBeSent):
        twilio().build(OutboundMessage("our-id", address, parts, files={"ab": file}))


def classified(result: HttpResponse | TransportFailure) -> SendOk | SendErr:
    return twilio().classify(twilio().build(HELLO)[0], result)


def answered(code: int, /, **body: Any) -> SendOk | SendErr:
    return classified(HttpResponse(code, (), orjson.dumps(body)))


@pytest.mark.parametrize(
    ("status", "accepted"),
    [("queued", "queued"), ("accepted", "queued"), ("sending", "queued"), ("sent", "sent")],
)
def test_an_accepted_message_is_named_by_its_sid(status: str, accepted: Any) -> None:
    assert answered(201, sid="SM9", status=status) == SendOk("SM9", accepted)


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: row.code)
def test_every_code_says_what_kind_of_error_it_is(row: Any) -> None:
    """M6"""
    result = answered(400, code=int(row.code), message="said so", status=400)
    consent = {"21610": Consent.OPTED_OUT, "63033": Consent.BLOCKED}.get(row.code)
    assert result == SendErr(row.kind, row.code, "said so", consent=consent)
    later = answered(201, sid="SM9", status="failed", error_code=int(row.code))
    assert later == SendErr(row.kind, row.code, row.meaning, consent=consent)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"code":99999}', ErrorKind.PERMANENT),
        (401, b"{}", ErrorKind.AUTH),
        (404, b"", ErrorKind.CONFIG),
        (429, b'{"code":99999}', ErrorKind.RATE_LIMITED),
        (500, b'{"code":20500}', ErrorKind.TRANSIENT),
        (503, b"<html>", ErrorKind.TRANSIENT),
        (504, b"<html>", ErrorKind.UNKNOWN_OUTCOME),
        (201, b"", ErrorKind.UNKNOWN_OUTCOME),
        (200, b"<html>", ErrorKind.UNKNOWN_OUTCOME),
    ],
)
def test_an_answer_without_a_known_code_is_judged_by_its_status(
    status: int, body: bytes, kind: ErrorKind
) -> None:
    """M6"""
    result = classified(HttpResponse(status, (), body))
    assert isinstance(result, SendErr)
    assert result.kind is kind


def test_the_provider_says_how_long_to_wait() -> None:
    """M6"""
    result = classified(HttpResponse(429, (("retry-after", "7"),), b'{"code":20429}'))
    assert isinstance(result, SendErr)
    assert (result.kind, result.retry_after) == (ErrorKind.RATE_LIMITED, 7.0)


AFTER = {TransportFailure.TIMEOUT_AFTER_BODY, TransportFailure.LOST_AFTER_BODY}


@pytest.mark.parametrize("failure", list(TransportFailure))
def test_only_what_surely_did_not_arrive_is_sent_again(failure: TransportFailure) -> None:
    """M6"""
    result = classified(failure)
    assert isinstance(result, SendErr)
    assert result.kind.reaction is (Reaction.ASK if failure in AFTER else Reaction.RETRY)


FILE = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"
CDN = "https://mms.twiliocdn.test/x?Signature=s"


def step(reference: str, *answers: HttpResponse | TransportFailure) -> Any:
    adapter = twilio()
    assert isinstance(adapter, FetchesMedia)
    return adapter.fetch(reference, answers)


def redirect(to: str, status: int = 307) -> HttpResponse:
    return HttpResponse(status, (("location", to),), b"")


def test_a_file_is_asked_for_with_the_password_and_fetched_without_it() -> None:
    """M8"""
    first = step(FILE)
    assert isinstance(first, HttpCall)
    assert dict(first.headers).keys() == {"authorization", "range"}
    second = step(FILE, redirect(CDN))
    assert isinstance(second, HttpCall)
    assert (second.url, dict(second.headers)) == (CDN, {"range": "bytes=0-0"})
    last = step(FILE, redirect(CDN), HttpResponse(206, (), b"x"))
    assert isinstance(last, Download)
    assert (last.call.url, last.call.headers) == (CDN, ())


def test_a_file_that_lies_where_it_is_said_to_is_fetched_there() -> None:
    last = step(FILE, HttpResponse(206, (), b"x"))
    assert isinstance(last, Download)
    assert (last.call.url, [name for name, _ in last.call.headers]) == (FILE, ["authorization"])


@pytest.mark.parametrize(
    "reference",
    [
        "https://evil.test/x",
        "https://api.twilio.com.evil.test/x",
        "https://api.twilio.com@evil.test/x",
        "http://api.twilio.com/x",
        "www.contoso.com",
        "https://[",
        "https://api.twilio.com/\r\nx",
        "",
    ],
)
def test_the_password_is_told_to_twilio_alone(reference: str) -> None:
    result = step(reference)
    assert isinstance(result, Unavailable)
    assert result.for_good


@pytest.mark.parametrize(
    ("answer", "for_good"),
    [
        (HttpResponse(404, (), b""), True),
        (HttpResponse(410, (), b""), True),
        (HttpResponse(401, (), b""), False),
        (HttpResponse(503, (), b""), False),
        (HttpResponse(429, (), b""), False),
        (TransportFailure.DNS, False),
        (TransportFailure.LOST_AFTER_BODY, False),
        (redirect("http://cdn.test/x"), True),
        (redirect("ftp://cdn.test/x"), True),
        (redirect("https://["), True),
        (HttpResponse(302, (), b""), True),
    ],
)
def test_a_file_that_cannot_be_had_says_whether_to_ask_again(answer: Any, for_good: bool) -> None:
    """M8"""
    result = step(FILE, answer)
    assert isinstance(result, Unavailable)
    assert result.for_good is for_good


def test_a_file_that_leads_in_circles_is_given_up() -> None:
    """M8"""
    result = step(FILE, *[redirect(CDN)] * 4)
    assert isinstance(result, Unavailable)
