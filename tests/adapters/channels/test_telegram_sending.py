"""Answers to Telegram: the calls, and what their results mean."""

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
from tests.adapters.channels.kit import telegram

HELLO = OutboundMessage("our-id", "77", (Text(text="Olá"),), "77:5")


def classified(result: HttpResponse | TransportFailure) -> SendOk | SendErr:
    adapter = telegram()
    return adapter.classify(adapter.build(HELLO)[0], result)


def refused(code: int, description: str, **parameters: Any) -> HttpResponse:
    body = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return HttpResponse(code, (), orjson.dumps(body))


def test_a_text_is_one_call() -> None:
    (call,) = telegram().build(HELLO)
    assert (call.method, call.url) == (
        "POST",
        "https://api.telegram.org/bot4200:token-of-a-test/sendMessage",
    )
    assert orjson.loads(call.content) == {
        "chat_id": 77,
        "text": "Olá",
        "reply_parameters": {"message_id": 5, "allow_sending_without_reply": True},
    }


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("77", {"chat_id": 77}),
        ("-100500", {"chat_id": -100500}),
        ("-100500:9", {"chat_id": -100500, "message_thread_id": 9}),
        ("-100700~77", {"chat_id": -100700, "direct_messages_topic_id": 77}),
        ("77@C-x_1", {"chat_id": 77, "business_connection_id": "C-x_1"}),
    ],
)
def test_an_answer_goes_where_the_thread_is(address: str, target: dict[str, Any]) -> None:
    (call,) = telegram().build(OutboundMessage("our-id", address, (Text(text="Olá"),)))
    assert orjson.loads(call.content) == {**target, "text": "Olá"}


@pytest.mark.parametrize("quoted", ["callback:666", "77:", "x", "", "77:nameless:ab12"])
def test_what_has_no_number_cannot_be_quoted_and_is_answered_all_the_same(quoted: str) -> None:
    (call,) = telegram().build(OutboundMessage("our-id", "77", (Text(text="Olá"),), quoted))
    assert "reply_parameters" not in orjson.loads(call.content)


def test_a_long_text_is_cut_by_utf16_units() -> None:
    text = "😀" * 5000
    calls = telegram().build(OutboundMessage("our-id", "77", (Text(text=text),), "77:5"))
    bodies = [orjson.loads(call.content) for call in calls]
    assert [len(body["text"]) for body in bodies] == [2048, 2048, 904]
    assert ["reply_parameters" in body for body in bodies] == [True, False, False]


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("77", ()),
        ("77", (Text(text=" "),)),
        ("77", (Media(media=MediaKind.IMAGE),)),
        ("", (Text(text="Olá"),)),
        ("ana", (Text(text="Olá"),)),
        ("77/../x", (Text(text="Olá"),)),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_leaves(address: str, parts: Any) -> None:
    with pytest.raises(CannotBeSent):
        telegram().build(OutboundMessage("our-id", address, parts))


def test_a_call_shown_in_a_log_does_not_give_the_token_in_its_address_away() -> None:
    (call,) = telegram().build(HELLO)
    shown = f"{call!r} {call} {[call]}"
    assert shown.startswith("HttpCall(POST api.telegram.org, telegram sendMessage, ")
    assert not any(word in shown for word in ("token-of", "4200", "Olá", "77"))


def test_an_accepted_message_is_named_by_its_chat_and_number() -> None:
    body = {"ok": True, "result": {"message_id": 6, "chat": {"id": 77}}}
    assert classified(HttpResponse(200, (), orjson.dumps(body))) == SendOk("77:6")


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        (401, "Unauthorized", ErrorKind.AUTH),
        (404, "Not Found", ErrorKind.AUTH),
        (403, "Forbidden: bot was blocked by the user", ErrorKind.RECIPIENT),
        (403, "Forbidden: user is deactivated", ErrorKind.RECIPIENT),
        (400, "Bad Request: chat not found", ErrorKind.RECIPIENT),
        (400, "Bad Request: PEER_ID_INVALID", ErrorKind.RECIPIENT),
        (400, "Bad Request: message text is empty", ErrorKind.CONTENT),
        (400, "Bad Request: message is too long", ErrorKind.CONTENT),
        (400, "Bad Request: can't parse entities", ErrorKind.CONTENT),
        (400, "Bad Request: of tomorrow", ErrorKind.PERMANENT),
        (409, "Conflict: terminated by other getUpdates request", ErrorKind.CONFIG),
        (429, "Too Many Requests", ErrorKind.RATE_LIMITED),
        (500, "Internal Server Error", ErrorKind.TRANSIENT),
        (502, "Bad Gateway", ErrorKind.TRANSIENT),
    ],
)
def test_code_and_description_say_what_kind_of_error_it_is(
    code: int, words: str, kind: ErrorKind
) -> None:
    """M6"""
    result = classified(refused(code, words))
    assert isinstance(result, SendErr)
    assert (result.kind, result.code, result.message) == (kind, str(code), words)


@pytest.mark.parametrize(("wait", "seconds"), [(35, 35.0), ("35", 35.0), (-1, 0.0), ("x", None)])
def test_the_provider_says_how_long_to_wait(wait: Any, seconds: float | None) -> None:
    """M6"""
    result = classified(refused(429, "Too Many Requests: retry after 35", retry_after=wait))
    assert isinstance(result, SendErr)
    assert (result.kind, result.retry_after) == (ErrorKind.RATE_LIMITED, seconds)


def test_a_group_that_moved_is_written_to_at_its_new_address() -> None:
    result = classified(refused(400, "Bad Request: upgraded", migrate_to_chat_id=-100123))
    assert isinstance(result, SendErr)
    assert (result.kind, result.moved_to) == (ErrorKind.TRANSIENT, "-100123")
    moved = OutboundMessage("our-id", result.moved_to or "", HELLO.parts)
    assert orjson.loads(telegram().build(moved)[0].content)["chat_id"] == -100123


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"", ErrorKind.UNKNOWN_OUTCOME),
        (200, b"<html>", ErrorKind.UNKNOWN_OUTCOME),
        (200, b'{"ok":true}', ErrorKind.UNKNOWN_OUTCOME),
        (200, b'{"ok":true,"result":{"message_id":6}}', ErrorKind.UNKNOWN_OUTCOME),
        (200, b'{"ok":false,"error_code":403}', ErrorKind.RECIPIENT),
        (504, b"<html>", ErrorKind.UNKNOWN_OUTCOME),
        (503, b"<html>", ErrorKind.TRANSIENT),
        (429, b"", ErrorKind.RATE_LIMITED),
    ],
)
def test_an_answer_without_a_code_is_judged_by_its_status(
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
    asked = Reaction.ASK if failure in AFTER else Reaction.RETRY
    assert result.kind.reaction is asked
