"""Who may speak to a Page, an account or a number: the same for all three products (M3)."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.base import Ack, ChannelAdapter, Verdict
from tests.adapters.channels.kit import SIGNATURE, request, signature_of
from tests.adapters.channels.meta_kit import ALL, body, said

EACH = pytest.mark.parametrize("adapter", ALL, ids=lambda adapter: adapter.meta.kind)
BODY = orjson.dumps(body(said(text="Oi, ç / até")))
ESCAPED = BODY.replace("ç".encode(), b"\\u00e7").replace("é".encode(), b"\\u00e9")
GOOD = (SIGNATURE, signature_of(ESCAPED))


@EACH
def test_an_escaped_body_is_verified_as_it_came(adapter: ChannelAdapter) -> None:
    """M3: what it says is the same, what was signed is not."""
    assert adapter.verify(request(ESCAPED, GOOD)) is Verdict.OK
    assert adapter.verify(request(BODY, GOOD)) is Verdict.BAD_SIGNATURE
    assert adapter.verify(request(orjson.dumps(orjson.loads(ESCAPED)), GOOD)) is not Verdict.OK


@EACH
@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ((), Verdict.MISSING_SIGNATURE),
        ((GOOD, GOOD), Verdict.MALFORMED),
        ((GOOD, (SIGNATURE, "sha256=0")), Verdict.MALFORMED),
        (((SIGNATURE, ""),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, GOOD[1].upper()),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, GOOD[1].replace("sha256", "sha1")),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, signature_of(ESCAPED, "another secret")),), Verdict.BAD_SIGNATURE),
        (((SIGNATURE, signature_of(ESCAPED, "")),), Verdict.BAD_SIGNATURE),
        ((("x-hub-signature", GOOD[1]),), Verdict.MISSING_SIGNATURE),
    ],
)
def test_a_missing_wrong_or_repeated_signature_is_refused(
    adapter: ChannelAdapter, headers: tuple[tuple[str, str], ...], verdict: Verdict
) -> None:
    """M3"""
    assert adapter.verify(request(ESCAPED, *headers)) is verdict


@EACH
@given(bit=st.integers(0, len(ESCAPED) * 8 - 1))
def test_one_flipped_bit_is_noticed(adapter: ChannelAdapter, bit: int) -> None:
    """M3"""
    forged = bytearray(ESCAPED)
    forged[bit // 8] ^= 1 << bit % 8
    assert adapter.verify(request(bytes(forged), GOOD)) is Verdict.BAD_SIGNATURE


ASKED = (
    ("hub.mode", "subscribe"),
    ("hub.challenge", "1158201444"),
    ("hub.verify_token", "verify-token-of-a-test"),
)


@EACH
def test_the_challenge_is_echoed_to_who_knows_the_verify_token(adapter: ChannelAdapter) -> None:
    answer = adapter.handshake(request(method="GET", query=ASKED))
    assert answer == Ack(200, b"1158201444", "text/plain")
    wrong = (*ASKED[:2], ("hub.verify_token", "another"))
    refused = adapter.handshake(request(method="GET", query=wrong))
    assert refused is not None
    assert (refused.status, refused.body) == (403, b"")
    assert adapter.handshake(request(BODY, query=ASKED)) is None
    assert adapter.ack(request(BODY)) == Ack(200)


@EACH
def test_nothing_that_is_shown_of_an_adapter_or_its_events_holds_a_secret(
    adapter: ChannelAdapter,
) -> None:
    shown = f"{adapter!r} {adapter.parse(request(BODY))!r} {vars(adapter)['_config']!r}"
    assert "of-a-test" not in shown
