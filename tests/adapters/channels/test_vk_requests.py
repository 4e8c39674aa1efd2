"""Who may speak as VK (M3), and how its address is confirmed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.base import Ack, ConfigRefused, Verdict
from domain.inbound import AccountRef
from tests.adapters.channels.kit import request
from tests.adapters.channels.vk_kit import CONFIRMATION, GROUP, SECRET, event, message, posted, vk


def test_who_knows_the_secret_is_heard() -> None:
    """M3"""
    assert vk().verify(posted(event("message_new", message(text="Oi")))) is Verdict.OK


@pytest.mark.parametrize("secret", ["", SECRET[:-1], SECRET + "x", SECRET.upper(), "é", 7, None])
def test_a_wrong_secret_is_refused(secret: object) -> None:
    """M3"""
    forged = event("message_new", message(text="Oi"), secret=secret)
    assert vk().verify(posted(forged)) is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b'{"type":"message_new"}', Verdict.MISSING_SIGNATURE),
        (b"", Verdict.MALFORMED),
        (b"[]", Verdict.MALFORMED),
        (b'{"secret":', Verdict.MALFORMED),
        (b'{"secret":"\\ud800"}', Verdict.BAD_SIGNATURE),
    ],
)
def test_a_body_without_the_secret_is_refused(body: bytes, verdict: Verdict) -> None:
    """M3"""
    assert vk().verify(posted(body)) is verdict


@given(st.integers(0, len(SECRET) * 7 - 1))
def test_one_flipped_bit_is_noticed(bit: int) -> None:
    """M3"""
    forged = bytearray(SECRET.encode())
    forged[bit // 7] ^= 1 << bit % 7
    body = event("message_new", message(), secret=forged.decode())
    assert vk().verify(posted(body)) is not Verdict.OK


@pytest.mark.parametrize("frame", [{}, {"secret": SECRET}, {"group_id": str(GROUP)}])
def test_the_address_is_confirmed_to_vk_whether_or_not_it_knows_the_secret_yet(
    frame: dict[str, object],
) -> None:
    body = {"type": "confirmation", "group_id": GROUP, **frame}
    assert vk().handshake(posted(body)) == Ack(200, CONFIRMATION.encode())


@pytest.mark.parametrize(
    "body",
    [
        {"type": "confirmation"},
        {"type": "confirmation", "group_id": 1},
        {"type": "confirmation", "group_id": GROUP, "secret": "another"},
        {"type": "confirmation", "group_id": GROUP, "secret": None},
    ],
)
def test_no_other_community_is_confirmed(body: dict[str, object]) -> None:
    """M3"""
    ack = vk().handshake(posted(body))
    assert ack is not None
    assert (ack.status, CONFIRMATION.encode() in ack.body) == (403, False)


def test_all_else_is_no_handshake_and_is_answered_ok() -> None:
    """M2: anything but `ok` comes again."""
    assert vk().handshake(posted(event("message_new", message()))) is None
    assert vk().handshake(request(method="GET")) is None
    assert vk().handshake(posted(b"{")) is None
    assert vk().ack(posted(event("message_new", message()))) == Ack(200, b"ok")


def test_an_account_is_named_by_its_community() -> None:
    assert vk().account_ref() == AccountRef("vk.group", str(GROUP))


@pytest.mark.parametrize("secret", ["", " "])
def test_a_community_without_a_secret_cannot_be_connected(secret: str) -> None:
    """M3"""
    with pytest.raises(ConfigRefused):
        vk(secret=secret)
