"""Whole WhatsApp bodies: batches, delivery reports, notices, and what cannot be read."""

import itertools
from typing import Any

import orjson
import pytest

from domain.chat.events import MessageState
from domain.inbound import (
    AccountRef,
    Consent,
    ConsentChanged,
    DeliveryReported,
    InboundEvent,
    MessageArrived,
    Notice,
)
from tests.adapters.channels.kit import (
    ANA,
    from_ana,
    graph_body,
    graph_change,
    json_request,
    request,
    whatsapp,
)


def read(body: Any) -> list[InboundEvent]:
    return whatsapp().parse(json_request(body))


def read_status(**status: Any) -> InboundEvent:
    whole = {"id": "wamid.S", "timestamp": "1893574800", **status}
    (event,) = read(graph_body(graph_change(statuses=[whole])))
    return event


@pytest.mark.parametrize(
    "state",
    [
        MessageState.SENT,
        MessageState.DELIVERED,
        MessageState.READ,
        MessageState.PLAYED,
    ],
)
def test_a_delivery_report_gives_our_own_message_id_back(state: MessageState) -> None:
    """M6"""
    event = read_status(status=state.value, biz_opaque_callback_data="our-id")
    assert isinstance(event, DeliveryReported)
    assert (event.state, event.provider_id, event.correlation) == (state, "wamid.S", "our-id")
    assert (event.dedup_key, event.error) == (f"s:wamid.S:{state.value}", None)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"code": 131047, "title": "Re-engagement"}, "window-closed: Re-engagement (131047)"),
        (
            {"code": 131026, "message": "No", "error_data": {"details": "Not on WhatsApp"}},
            "recipient: Not on WhatsApp (131026)",
        ),
        ({"code": 1}, "transient: no reason given (1)"),
        ({"title": "New"}, "permanent: New"),
        ({}, "permanent: no reason given"),
    ],
)
def test_a_failure_says_why_in_the_words_of_the_error_kinds(error: Any, told: str) -> None:
    """M6"""
    event = read_status(status="failed", errors=[error])
    assert isinstance(event, DeliveryReported)
    assert (event.state, event.error) == (MessageState.FAILED, told)


@pytest.mark.parametrize(
    ("status", "code", "why"),
    [
        ({"status": "RINGING", "type": "call"}, "status.call.ringing", "notice"),
        ({"status": "failed", "type": "payment"}, "status.payment.failed", "notice"),
        ({"status": "warmed"}, "status.message.warmed", "unknown"),
        ({"status": None}, "status.message.none", "unknown"),
        ({"status": "read", "id": None}, "status.message.read", "unknown"),
    ],
)
def test_a_report_about_something_else_is_no_delivery_report(
    status: dict[str, Any], code: str, why: str
) -> None:
    event = read_status(**status)
    assert isinstance(event, Notice)
    assert (event.code, event.why) == (code, why)


@pytest.mark.parametrize(
    ("value", "consent"),
    [
        ("stop", Consent.OPTED_OUT),
        ("resume", Consent.OPTED_IN),
        ("signup", Consent.OPTED_IN),
    ],
)
def test_a_wish_about_marketing_is_consent(value: str, consent: Consent) -> None:
    wish = {"wa_id": "5511900000001", "category": "marketing_messages", "value": value}
    change = {**graph_change(user_preferences=[wish]), "field": "user_preferences"}
    (event,) = read(graph_body(change))
    assert isinstance(event, ConsentChanged)
    assert (event.consent, event.scope) == (consent, "marketing_messages")
    assert event.peer.identities[0].value == "5511900000001"


@pytest.mark.parametrize(
    ("change", "code", "why"),
    [
        ({"field": "account_update", "value": {"event": "DISABLED"}}, "account_update", "notice"),
        ({"field": "tomorrow", "value": {"x": 1}}, "tomorrow", "unknown"),
        ({"field": "history", "value": {"messages": [from_ana("text")]}}, "history", "notice"),
        ({"value": "x"}, "change", "unknown"),
        ({}, "change", "unknown"),
        (graph_change(), "messages", "unknown"),
        (graph_change(errors=[{"code": 1}]), "errors", "notice"),
        (graph_change(calls=[{"event": "connect"}]), "call.connect", "notice"),
        (graph_change(messages=["x", 7]), "not-an-object", "unreadable"),
    ],
)
def test_whatever_no_chat_is_told_about_is_kept_as_a_notice(
    change: Any, code: str, why: str
) -> None:
    """M4"""
    (event,) = read(graph_body(change))
    assert isinstance(event, Notice)
    assert (event.code, event.why) == (code, why)
    assert orjson.loads(event.raw) is not None


@pytest.mark.parametrize(("standby", "kind"), [(True, MessageArrived), (False, Notice)])
def test_what_another_application_answers_is_read_unless_it_is_left_to_it(
    standby: bool, kind: type[InboundEvent]
) -> None:
    """M4"""
    change = {**graph_change(messages=[from_ana("text", {"body": "Oi"})]), "field": "standby"}
    (event,) = whatsapp(standby=standby).parse(json_request(graph_body(change)))
    assert isinstance(event, kind)


def test_one_body_may_speak_of_many_messages_of_many_numbers() -> None:
    """M4: one thing that is not understood does not block the ones beside it."""
    other = graph_change(messages=[from_ana("text", {"body": "3"}, id="wamid.3"), "junk"])
    other["value"]["metadata"]["phone_number_id"] = "42"
    body = graph_body(
        graph_change(
            contacts=[ANA],
            messages=[from_ana("text", {"body": str(n)}, id=f"wamid.{n}") for n in (1, 2)],
            statuses=[{"id": "wamid.S", "status": "read"}],
        ),
        {"field": "account_update", "value": {}},
    )
    body["entry"] += [*graph_body(other)["entry"], {"id": "1"}, "junk"]
    events = read(body)
    keys = [e.dedup_key for e in events if not isinstance(e, Notice)]
    assert keys == ["m:wamid.1", "m:wamid.2", "s:wamid.S:read", "m:wamid.3"]
    notices = sorted(e.code for e in events if isinstance(e, Notice))
    assert notices == ["account_update", "entry", "not-an-object", "not-an-object"]
    third = next(e for e in events if e.dedup_key == "m:wamid.3")
    assert third.account == AccountRef("whatsapp.phone_number_id", "42")


def test_rebatching_changes_no_key() -> None:
    """M1"""
    changes = [
        graph_change(contacts=[ANA], messages=[from_ana("text", {"body": "1"}, id="wamid.1")]),
        graph_change(contacts=[ANA], messages=[{"from": "5511900000001", "text": {"body": "2"}}]),
        graph_change(statuses=[{"id": "wamid.S", "status": s} for s in ("sent", "read")]),
        {"field": "account_update", "value": {"event": "DISABLED_UPDATE"}},
        graph_change(user_preferences=[{"wa_id": "5511900000001", "value": "stop"}]),
        graph_change(errors=[{"code": 1}]),
    ]
    alone = {e.dedup_key for c in changes for e in read(graph_body(c))}
    for order in itertools.islice(itertools.permutations(changes), 0, None, 97):
        body = graph_body(*order)
        body["entry"][0]["time"] = 1893574900
        assert {e.dedup_key for e in read(body)} == alone
    assert len(alone) == 7


@pytest.mark.parametrize("wrap", [lambda c: c, lambda c: c["value"]])
def test_a_change_without_its_envelope_is_read_as_well(wrap: Any) -> None:
    """The provider's console sends such ones."""
    change = graph_change(contacts=[ANA], messages=[from_ana("text", {"body": "Oi"})])
    (event,) = read(wrap(change))
    assert isinstance(event, MessageArrived)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b'{"a":NaN}', "not-json"),
        (b'{"a":"\\ud800",}', "not-json"),
        (b'{"a":"\xff"}', "not-json"),
        (b"[]", "not-an-object"),
        (b"7", "not-an-object"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "too-deep"),
        (b"[" * 5000, "not-json"),
        (b'{"a":' * 5000 + b'"\\ud800"' + b"}" * 5000, "not-json"),
    ],
)
def test_a_body_that_cannot_be_read_is_kept_as_it_came(body: bytes, code: str) -> None:
    """M4"""
    (event,) = whatsapp().parse(request(body))
    assert isinstance(event, Notice)
    assert (event.why, event.code) == ("unreadable", code)
    assert event.raw.encode() == body or event.raw.startswith("data:")
    assert "\x00" not in event.raw


def test_half_a_surrogate_pair_costs_one_character_and_not_the_message() -> None:
    body = orjson.dumps(graph_body(graph_change(messages=[from_ana("text", {"body": "@@"})])))
    (event,) = whatsapp().parse(request(body.replace(b"@@", b"a\\ud83db \\ud83d\\ude00")))
    assert isinstance(event, MessageArrived)
    assert repr(event.parts[0]).startswith("Text(text='a\ufffdb 😀'")
