"""Who may speak to a WhatsApp number, and how a refusal is told (M3)."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.base import Ack, Verdict
from tests.adapters.channels.kit import (
    SIGNATURE,
    from_ana,
    graph_body,
    graph_change,
    request,
    signature_of,
    whatsapp,
)

BODY = orjson.dumps(graph_body(graph_change(messages=[from_ana("text", {"body": "Oi, ç"})])))
ESCAPED = BODY.replace("ç".encode(), b"\\u00e7")


@pytest.mark.parametrize("body", [BODY, ESCAPED, b"", b"\xff not json"])
def test_a_body_signed_with_the_app_secret_is_accepted(body: bytes) -> None:
    """M3"""
    signed = request(body, ("host", "recado.test"), (SIGNATURE, signature_of(body)))
    assert whatsapp().verify(signed) is Verdict.OK


def test_the_signature_is_the_one_that_the_provider_documents() -> None:
    """A vector made with `openssl dgst -sha256 -hmac`."""
    adapter = whatsapp(app_secret="my_app_secret")
    known = "sha256=bb5ddef60376db21bbf74d030c61ad0a6b2c526df41ba1929b3ebd34581aca0f"
    assert adapter.verify(request(b'{"a":1}', (SIGNATURE, known))) is Verdict.OK


def test_a_body_is_verified_as_it_came_and_not_as_it_would_be_written_again() -> None:
    """M3"""
    again = request(BODY, (SIGNATURE, signature_of(ESCAPED)))
    assert whatsapp().verify(again) is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ((), Verdict.MISSING_SIGNATURE),
        (((SIGNATURE, ""),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, "sha256="),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, signature_of(BODY)[:-1]),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, signature_of(BODY) + "0"),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, signature_of(BODY).removeprefix("sha256=")),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, signature_of(BODY, "another secret")),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, "sha256=é\udcff"),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, signature_of(BODY)),) * 2, Verdict.MALFORMED),
        ((("x-hub-signature", signature_of(BODY)),), Verdict.MISSING_SIGNATURE),
    ],
)
def test_a_missing_wrong_or_repeated_signature_is_refused(
    headers: tuple[tuple[str, str], ...], verdict: Verdict
) -> None:
    """M3"""
    assert whatsapp().verify(request(BODY, *headers)) is verdict


@given(st.integers(0, len(BODY) * 8 - 1))
def test_one_flipped_bit_is_noticed(bit: int) -> None:
    """M3"""
    forged = bytearray(BODY)
    forged[bit // 8] ^= 1 << bit % 8
    signed = request(bytes(forged), (SIGNATURE, signature_of(BODY)))
    assert whatsapp().verify(signed) is Verdict.BAD_SIGNATURE


ASKED = (
    ("hub.mode", "subscribe"),
    ("hub.challenge", "1158201444<é>"),
    ("hub.verify_token", "verify-token-of-a-test"),
)


def test_the_challenge_is_echoed_to_who_knows_the_verify_token() -> None:
    answer = whatsapp().handshake(request(method="GET", query=ASKED))
    assert answer == Ack(200, "1158201444<é>".encode(), "text/plain")


@pytest.mark.parametrize(
    "query",
    [
        (),
        ASKED[:2],
        ASKED[1:],
        (ASKED[0], ASKED[2]),
        (*ASKED, ASKED[1]),
        (*ASKED, ASKED[2]),
        (*ASKED[:2], ("hub.verify_token", "another")),
        (*ASKED[:2], ("hub.verify_token", "")),
        (*ASKED[:2], ("hub.verify_token", "é\udcff")),
        (("hub.mode", "unsubscribe"), *ASKED[1:]),
    ],
)
def test_anybody_else_is_turned_away(query: tuple[tuple[str, str], ...]) -> None:
    answer = whatsapp().handshake(request(method="GET", query=query))
    assert answer is not None
    assert (answer.status, answer.body) == (403, b"")


def test_a_post_is_no_handshake_and_is_answered_200() -> None:
    assert whatsapp().handshake(request(BODY, query=ASKED)) is None
    assert whatsapp().ack(request(BODY)) == Ack(200)
