"""Who may speak as Twilio (M3): its validator is asked, too, as nobody here wrote it."""

from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from adapters.channels.base import Ack, Verdict
from adapters.channels.twilio.signature import form_part, sign
from domain.inbound import AccountRef
from tests.adapters.channels.twilio_kit import (
    FORM,
    OURS,
    SMS,
    TOKEN,
    WEBHOOK,
    WHATSAPP,
    posted,
    signed,
    twilio,
)

SIGNATURE = "x-twilio-signature"
JSON = ("content-type", "application/json")


def validated(url: str, form: dict[str, Any]) -> str:
    """Return the signature that Twilio's own library makes."""
    return str(RequestValidator(TOKEN).compute_signature(url, form))


def test_the_published_example_has_the_published_signature() -> None:
    """M3"""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
        "Caller": "+14158675309",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    part = form_part(list(form.items()))
    assert sign(b"12345", "sha1", url, part) == b"RSOYDt4T1cUTdK1PDd93/VVr8B8="


@settings(max_examples=60, deadline=None)
@given(form=st.dictionaries(st.text(max_size=6), st.text(max_size=8), min_size=1, max_size=6))
def test_what_twilios_own_library_signs_is_heard(form: dict[str, str]) -> None:
    """M3"""
    request = posted(form, FORM, (SIGNATURE, validated(WEBHOOK, form)))
    assert twilio().verify(request) is Verdict.OK


@settings(max_examples=40, deadline=None)
@given(form=st.dictionaries(st.text(max_size=6), st.text(max_size=8), min_size=1, max_size=6))
def test_what_is_signed_here_is_heard_by_twilios_own_library(form: dict[str, str]) -> None:
    given = sign(TOKEN.encode(), "sha1", WEBHOOK, form_part(list(form.items()))).decode()
    assert RequestValidator(TOKEN).validate(WEBHOOK, form, given)


@pytest.mark.parametrize(
    "called",
    [
        "https://recado.test:443/channels/sms/webhook",
        "https://recado.test/channels/sms/webhook",
    ],
)
@pytest.mark.parametrize("known", [WEBHOOK, WEBHOOK.replace(".test", ".test:443")])
def test_a_port_more_or_less_is_the_same_address(called: str, known: str) -> None:
    """M3"""
    request = posted(SMS, FORM, (SIGNATURE, validated(called, dict(SMS))))
    assert twilio(webhook_url=known).verify(request) is Verdict.OK


def test_an_address_behind_a_proxy_is_the_one_that_twilio_knows() -> None:
    """M3"""
    request = signed(SMS)
    assert twilio(webhook_url=None).verify(request) is Verdict.OK
    inside = signed(SMS, WEBHOOK)
    inside = posted(inside.body, *inside.headers, url="http://10.0.0.7:8080/channels/sms/webhook")
    assert twilio().verify(inside) is Verdict.OK
    assert twilio(webhook_url=None).verify(inside) is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize("query", ["message=m-1", "a=1&b=", "nome=Jos%C3%A9+da+Silva", "x=a%20b"])
def test_the_query_is_signed_as_twilio_wrote_it(query: str) -> None:
    """M3"""
    given = validated(f"{WEBHOOK}?{query}", dict(SMS))
    whole = posted(SMS, FORM, (SIGNATURE, given), url=f"{WEBHOOK}?{query}")
    assert twilio().verify(whole) is Verdict.OK


def test_another_query_is_another_address() -> None:
    """M3"""
    given = validated(f"{WEBHOOK}?message=m-1&nome=Ana+Lima", dict(SMS))
    query = (("message", "m-1"), ("nome", "Ana Lima"))
    assert twilio().verify(posted(SMS, FORM, (SIGNATURE, given), query=query)) is Verdict.OK
    other = (("message", "m-2"), ("nome", "Ana Lima"))
    forged = posted(SMS, FORM, (SIGNATURE, given), query=other)
    assert twilio().verify(forged) is Verdict.BAD_SIGNATURE


def test_a_name_that_comes_twice_is_signed_with_each_of_its_values_once() -> None:
    """M3"""

    class Twice(dict[str, Any]):
        def getall(self, name: str) -> list[str]:
            return ["b", "a", "b"]

    given = validated(WEBHOOK, Twice(k="b"))
    assert twilio().verify(posted(b"k=b&k=a&k=b", FORM, (SIGNATURE, given))) is Verdict.OK
    assert twilio().verify(posted(b"k=b", FORM, (SIGNATURE, given))) is Verdict.BAD_SIGNATURE


def test_any_other_body_is_signed_by_its_hash_in_the_address() -> None:
    """M3"""
    body = b'{"MessageSid":"SM1"}'
    query = (("bodySHA256", sha256(body).hexdigest()),)
    url = f"{WEBHOOK}?bodySHA256={query[0][1]}"
    given = validated(url, {})
    assert RequestValidator(TOKEN).validate(url, body.decode(), given)
    assert twilio().verify(posted(body, JSON, (SIGNATURE, given), query=query)) is Verdict.OK
    other = posted(body + b" ", JSON, (SIGNATURE, given), query=query)
    assert twilio().verify(other) is Verdict.BAD_SIGNATURE
    twice = posted(body, JSON, (SIGNATURE, given), query=query * 2)
    assert twilio().verify(twice) is Verdict.BAD_SIGNATURE


def test_a_key_for_webhooks_alone_signs_with_sha256() -> None:
    """M3"""
    shared = RequestValidator("key-of-a-test")
    given = shared.compute_signature(WEBHOOK, dict(SMS), "HMAC_SHA256")
    settings_ = ("x-twilio-webhooks-signature-settings", "key=SK1,algorithm=HMAC_SHA256")
    request = posted(SMS, FORM, (SIGNATURE, given), settings_)
    assert twilio(shared_key="key-of-a-test").verify(request) is Verdict.OK
    assert twilio(shared_key="another").verify(request) is Verdict.BAD_SIGNATURE
    odd = posted(SMS, FORM, (SIGNATURE, given), (settings_[0], "algorithm=HMAC_MD5"))
    assert twilio().verify(odd) is Verdict.MALFORMED


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ((), Verdict.MISSING_SIGNATURE),
        (((SIGNATURE, ""),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, "é\udcff"),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, validated(WEBHOOK, dict(SMS))[:-1]),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, validated(WEBHOOK, dict(SMS))),) * 2, Verdict.MALFORMED),
        (((SIGNATURE, validated("https://evil.test/", dict(SMS))),), Verdict.BAD_SIGNATURE),
    ],
)
def test_a_missing_wrong_or_repeated_signature_is_refused(headers: Any, verdict: Verdict) -> None:
    """M3"""
    assert twilio().verify(posted(SMS, FORM, *headers)) is verdict


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 200), flip=st.integers(1, 127))
def test_one_changed_byte_is_noticed(at: int, flip: int) -> None:
    """M3"""
    request = signed(SMS)
    body = bytearray(request.body)
    body[at % len(body)] ^= flip
    changed = posted(bytes(body), *request.headers)
    same = sorted(set(_pairs(changed.body))) == sorted(set(_pairs(request.body)))
    assert (twilio().verify(changed) is Verdict.OK) == same


def _pairs(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode("utf-8", "surrogateescape"), keep_blank_values=True)


def test_another_token_signs_otherwise() -> None:
    """M3"""
    assert twilio(auth_token="another").verify(signed(SMS)) is Verdict.BAD_SIGNATURE


def test_a_form_without_end_is_refused() -> None:
    body = b"&".join(b"k=v" for _ in range(2000))
    assert twilio().verify(posted(body, FORM, (SIGNATURE, "x"))) is Verdict.MALFORMED


def test_the_answer_says_nothing_to_the_client() -> None:
    assert twilio().handshake(posted(SMS)) is None
    assert twilio().ack(posted(SMS)) == Ack(200, b"<Response/>", "text/xml")


@pytest.mark.parametrize("sender", [OURS, f"whatsapp:{OURS}", "MG" + "a" * 32, "12345", "LojaIpe"])
def test_an_account_is_named_by_its_sender(sender: str) -> None:
    assert twilio(sender=sender).account_ref() == AccountRef("twilio.sender", sender)


def test_whatsapp_has_a_window_and_templates_and_sms_has_neither() -> None:
    """M10"""
    sms, whatsapp = twilio(), twilio(sender=WHATSAPP["To"])
    assert (sms.capabilities().reply_window, sms.capabilities().templates) == (None, False)
    assert whatsapp.capabilities().reply_window is not None
    assert whatsapp.capabilities().templates
