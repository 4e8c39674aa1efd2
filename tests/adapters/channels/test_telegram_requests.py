"""Who may speak to a Telegram bot (M3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.base import Ack, Verdict
from domain.inbound import AccountRef
from tests.adapters.channels.kit import SECRET_HEADER, SECRET_TOKEN, request, telegram

BODY = b'{"update_id":1}'


def test_who_knows_the_secret_token_is_heard() -> None:
    """M3"""
    known = request(BODY, ("host", "recado.test"), (SECRET_HEADER, SECRET_TOKEN))
    assert telegram().verify(known) is Verdict.OK


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ((), Verdict.MISSING_SIGNATURE),
        (((SECRET_HEADER, ""),), Verdict.BAD_SIGNATURE),
        (((SECRET_HEADER, SECRET_TOKEN[:-1]),), Verdict.BAD_SIGNATURE),
        (((SECRET_HEADER, SECRET_TOKEN + "x"),), Verdict.BAD_SIGNATURE),
        (((SECRET_HEADER, SECRET_TOKEN.upper()),), Verdict.BAD_SIGNATURE),
        (((SECRET_HEADER, "é\udcff"),), Verdict.BAD_SIGNATURE),
        (((SECRET_HEADER, SECRET_TOKEN),) * 2, Verdict.MALFORMED),
    ],
)
def test_a_missing_wrong_or_repeated_token_is_refused(
    headers: tuple[tuple[str, str], ...], verdict: Verdict
) -> None:
    """M3"""
    assert telegram().verify(request(BODY, *headers)) is verdict


@given(st.integers(0, len(SECRET_TOKEN) * 7 - 1))
def test_one_flipped_bit_is_noticed(bit: int) -> None:
    """M3"""
    forged = bytearray(SECRET_TOKEN.encode())
    forged[bit // 7] ^= 1 << bit % 7
    assert telegram().verify(request(BODY, (SECRET_HEADER, forged.decode()))) is not Verdict.OK


def test_there_is_no_handshake_and_every_update_is_answered_200() -> None:
    assert telegram().handshake(request(method="GET")) is None
    assert telegram().ack(request(BODY)) == Ack(200)


def test_an_account_is_named_by_the_public_half_of_its_token() -> None:
    assert telegram().account_ref() == AccountRef("telegram.bot", "4200")


def test_a_token_of_another_form_is_not_given_away_by_the_accounts_name() -> None:
    name = telegram(bot_token="secretive").account_ref().value
    assert "secretive" not in name
    assert name == telegram(bot_token="secretive").account_ref().value
