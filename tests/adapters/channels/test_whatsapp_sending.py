"""Answers to WhatsApp: the calls, and what their results mean."""

from typing import Any

import orjson
import pytest

from adapters.channels.base import (
    CannotBeSent,
    ErrorKind,
    HttpResponse,
    OutboundMessage,
    Reaction,
    SendErr,
    SendOk,
    TransportFailure,
)
from domain.content import Media, MediaKind, Text
from domain.values import Identity
from tests.adapters.channels.kit import whatsapp

HELLO = OutboundMessage("our-id", "5511900000001", (Text(text="Olá"),))


def classified(result: HttpResponse | TransportFailure) -> SendOk | SendErr:
    adapter = whatsapp()
    return adapter.classify(adapter.build(HELLO)[0], result)


def answer(status: int, body: Any, *headers: tuple[str, str]) -> HttpResponse:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return HttpResponse(status, headers, content)


def test_a_text_is_one_call_that_carries_our_message_id() -> None:
    """M6"""
    (call,) = whatsapp().build(HELLO)
    assert call.method == "POST"
    assert call.url == "https://graph.facebook.com/v23.0/106540352242922/messages"
    assert dict(call.headers)["authorization"] == "Bearer access-token-of-a-test"
    assert orjson.loads(call.content) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "5511900000001",
        "type": "text",
        "text": {"body": "Olá", "preview_url": False},
        "biz_opaque_callback_data": "our-id",
    }


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("+5511900000001", {"recipient_type": "individual", "to": "+5511900000001"}),
        ("BR.1349ab", {"recipient_type": "individual", "recipient": "BR.1349ab"}),
        ("BR.ENT.1349", {"recipient_type": "individual", "recipient": "BR.ENT.1349"}),
        ("Y2FwaV9ncm91cDox", {"recipient_type": "group", "to": "Y2FwaV9ncm91cDox"}),
    ],
)
def test_numbers_user_ids_and_groups_each_have_their_field(
    address: str, fields: dict[str, str]
) -> None:
    (call,) = whatsapp().build(OutboundMessage("our-id", address, (Text(text="Olá"),)))
    body = orjson.loads(call.content)
    assert {k: body[k] for k in ("recipient_type", "to", "recipient") if k in body} == fields


def test_a_long_text_is_cut_and_only_its_first_piece_quotes() -> None:
    text = "palavra " * 1100
    message = OutboundMessage("our-id", "5511900000001", (Text(text=text),), "wamid.Q")
    bodies = [orjson.loads(call.content) for call in whatsapp().build(message)]
    assert [body.get("context") for body in bodies] == [{"message_id": "wamid.Q"}, None, None]
    assert "".join(body["text"]["body"] for body in bodies) == text
    assert all(len(body["text"]["body"]) <= whatsapp().capabilities().max_text for body in bodies)


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("5511900000001", ()),
        ("5511900000001", (Text(text=" \n"),)),
        ("5511900000001", (Media(media=MediaKind.IMAGE),)),
        ("", (Text(text="Olá"),)),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_leaves(address: str, parts: Any) -> None:
    with pytest.raises(CannotBeSent):
        whatsapp().build(OutboundMessage("our-id", address, parts))


def test_a_call_shown_in_a_log_gives_no_secret_text_or_number_away() -> None:
    (call,) = whatsapp().build(HELLO)
    shown = f"{call!r} {call} {[call]}"
    assert shown.startswith("HttpCall(POST graph.facebook.com, whatsapp messages, ")
    assert not any(word in shown for word in ("access-token", "Olá", "5511900000001", "1065"))


def test_an_accepted_message_has_the_providers_id() -> None:
    body = {"contacts": [{"input": "+55", "wa_id": "55"}], "messages": [{"id": "wamid.1"}]}
    assert classified(answer(200, body)) == SendOk("wamid.1")


def test_a_held_back_message_is_queued_and_another_number_is_learned() -> None:
    body = {
        "contacts": [{"input": "55119", "wa_id": "551199"}],
        "messages": [{"id": "wamid.1", "message_status": "held_for_quality_assessment"}],
    }
    learned = Identity("whatsapp.phone", "551199")
    assert classified(answer(200, body)) == SendOk("wamid.1", "queued", learned)


KINDS = {
    ErrorKind.AUTH: [0, 3, 10, 190, 200, 299],
    ErrorKind.RATE_LIMITED: [4, 80007, 130429, 131048, 131056, 133016],
    ErrorKind.WINDOW_CLOSED: [131047],
    ErrorKind.RECIPIENT: [131026, 131021, 131030, 131049, 131050],
    ErrorKind.POLICY: [368, 131031, 131042],
    ErrorKind.CONFIG: [131045],
    ErrorKind.CONTENT: [131008, 131009, 131051, 131052, 131053, 132000, 132001, 132068],
    ErrorKind.TRANSIENT: [1, 2, 131000, 131016],
    ErrorKind.PERMANENT: [999999],
}


@pytest.mark.parametrize(("kind", "code"), [(k, c) for k, codes in KINDS.items() for c in codes])
@pytest.mark.parametrize("status", [200, 400])
def test_the_code_says_what_kind_of_error_it_is(kind: ErrorKind, code: int, status: int) -> None:
    """M6: whatever the HTTP status."""
    result = classified(answer(status, {"error": {"code": code, "message": "no"}}))
    assert isinstance(result, SendErr)
    assert (result.kind, result.code) == (kind, str(code))
    assert result.message == f"no ({code})"


def test_every_code_of_the_table_has_a_fixed_reaction() -> None:
    kinds = {row.kind for row in whatsapp().meta.errors}
    assert {kind.reaction for kind in kinds} == set(Reaction) - {Reaction.ASK}


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (answer(429, b"slow down"), ErrorKind.RATE_LIMITED),
        (answer(500, b"<html>"), ErrorKind.TRANSIENT),
        (answer(502, b"<html>"), ErrorKind.TRANSIENT),
        (answer(503, b""), ErrorKind.TRANSIENT),
        (answer(504, b"<html>"), ErrorKind.UNKNOWN_OUTCOME),
        (answer(500, {"error": {"code": 999999}}), ErrorKind.TRANSIENT),
        (answer(400, {"error": {"code": 999999, "is_transient": True}}), ErrorKind.TRANSIENT),
        (answer(400, {"error": {"code": 100, "error_subcode": 33}}), ErrorKind.CONFIG),
        (answer(401, b""), ErrorKind.AUTH),
        (answer(302, b""), ErrorKind.CONFIG),
        (answer(418, b""), ErrorKind.PERMANENT),
        (answer(200, b""), ErrorKind.UNKNOWN_OUTCOME),
        (answer(200, b"<html>"), ErrorKind.UNKNOWN_OUTCOME),
        (answer(200, b"[1]"), ErrorKind.UNKNOWN_OUTCOME),
        (answer(200, {"messages": [{}]}), ErrorKind.UNKNOWN_OUTCOME),
        (answer(200, {"messages": "x"}), ErrorKind.UNKNOWN_OUTCOME),
        (answer(200, b'{"messages":[{"id":"w'), ErrorKind.UNKNOWN_OUTCOME),
    ],
)
def test_an_answer_without_a_known_code_is_judged_by_its_status(
    response: HttpResponse, kind: ErrorKind
) -> None:
    """M6: an answer that makes no sense is never a reason to send again."""
    result = classified(response)
    assert isinstance(result, SendErr)
    assert result.kind is kind


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0", 0.0), ("-1", None), ("²", None), ("soon", None)]
)
def test_the_provider_says_how_long_to_wait(header: str, seconds: float | None) -> None:
    """M6"""
    error = {"error": {"code": 130429}}
    result = classified(answer(429, error, ("retry-after", header)))
    assert isinstance(result, SendErr)
    assert result.retry_after == seconds


AFTER = {TransportFailure.TIMEOUT_AFTER_BODY, TransportFailure.LOST_AFTER_BODY}


@pytest.mark.parametrize("failure", list(TransportFailure))
def test_only_what_surely_did_not_arrive_is_sent_again(failure: TransportFailure) -> None:
    """M6"""
    result = classified(failure)
    assert isinstance(result, SendErr)
    asked = Reaction.ASK if failure in AFTER else Reaction.RETRY
    assert result.kind.reaction is asked


@pytest.mark.parametrize(("code", "scope"), [(131056, "peer"), (130429, "account")])
def test_a_limit_towards_one_client_holds_only_him(code: int, scope: str) -> None:
    """M6"""
    body = orjson.dumps({"error": {"code": code, "message": "slow down"}})
    (call,) = whatsapp().build(OutboundMessage("m1", "5511900000001", (Text(text="Oi"),)))
    refused = whatsapp().classify(call, HttpResponse(400, (), body))
    assert isinstance(refused, SendErr)
    assert (refused.kind, refused.scope) == (ErrorKind.RATE_LIMITED, scope)
