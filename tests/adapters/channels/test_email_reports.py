"""What mail servers report about our mails, and who may hand mails in."""

import hmac
import re

import pytest

from adapters.channels.base import Verdict
from adapters.channels.email.sending import compose
from domain.chat.events import MessageState
from domain.inbound import DeliveryReported, Notice
from tests.adapters.channels.email_kit import (
    MESSAGE_ID,
    SECRET,
    account,
    config,
    events,
    outbound,
    recorded_mails,
)
from tests.adapters.channels.kit import NOW, request

OURS = compose(config(), outbound(), NOW).message_id
BODY = b"From: ana@cliente.test\r\n\r\nOi"


def report(*recipients: str, about: str = OURS, returned: str = "text/rfc822-headers") -> bytes:
    """Return a delivery report as a mail server writes it."""
    fields = "\n\n".join(recipients)
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.cliente.test
Auto-Submitted: auto-replied
Message-ID: <dsn@mx.cliente.test>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Your mail could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.cliente.test

{fields}
--b
Content-Type: {returned}

Subject: Re: Pedido 42
Message-ID: {about}

--b--
""".encode()


def fate(action: str, status: str, words: str = "") -> str:
    said = f"\nDiagnostic-Code: smtp; {words}" if words else ""
    return f"Final-Recipient: rfc822; ana@cliente.test\nAction: {action}\nStatus: {status}{said}"


@pytest.mark.parametrize(
    ("action", "status", "state", "error"),
    [
        ("failed", "5.1.1", MessageState.FAILED, "recipient: smtp; 550 no such user"),
        ("failed", "5.2.3", MessageState.FAILED, "content: smtp; 550 no such user"),
        ("Failed", "x", MessageState.FAILED, "permanent: smtp; 550 no such user"),
        ("delayed", "4.4.1", MessageState.SENT, None),
        ("relayed", "2.0.0", MessageState.SENT, None),
        ("delivered", "2.0.0", MessageState.DELIVERED, None),
    ],
)
@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_says_what_became_of_our_mail(
    action: str, status: str, state: MessageState, error: str | None, returned: str
) -> None:
    """M6"""
    raw = report(fate(action, status, "550 no such user"), returned=returned)
    (event,) = events(raw)
    assert isinstance(event, DeliveryReported)
    assert (event.state, event.error) == (state, error)
    assert (event.provider_id, event.correlation) == (OURS, MESSAGE_ID)


def test_of_several_recipients_the_one_that_failed_is_told() -> None:
    (event,) = events(report(fate("relayed", "2.0.0"), fate("failed", "5.1.1", "no")))
    assert isinstance(event, DeliveryReported)
    assert event.state is MessageState.FAILED


def test_a_delay_and_then_a_failure_are_two_things() -> None:
    """M1"""
    delayed, failed, again = (
        events(report(fate(action, "4.0.0")))[0].dedup_key
        for action in ("delayed", "failed", "failed")
    )
    assert delayed != failed
    assert failed == again


def test_a_report_about_somebody_elses_mail_is_kept() -> None:
    (event,) = events(report(fate("failed", "5.1.1"), about="<x@other.test>"))
    assert isinstance(event, Notice)
    assert (event.code, event.why) == ("report", "notice")


def test_recorded_reports_tell_what_became_of_a_mail_of_ours() -> None:
    """The recordings are about other people's mails; with our id in their place they are ours."""
    seen = 0
    for name, raw in recorded_mails().items():
        if b"message/delivery-status" not in raw or b"rfc822" not in raw:
            continue
        head, mark, returned = raw.rpartition(b"rfc822")
        returned = re.sub(rb"(?im)^message-id:.*$", b"Message-ID: " + OURS.encode(), returned)
        (event,) = events(head + mark + returned)
        if isinstance(event, DeliveryReported):
            assert event.state in {MessageState.FAILED, MessageState.SENT}, name
            seen += 1
    assert seen >= 3


def test_who_knows_the_drop_secret_may_hand_mails_in() -> None:
    """M3"""
    mac = "sha256=" + hmac.digest(SECRET.encode(), BODY, "sha256").hex()
    for header in (("x-recado-signature", mac), ("x-recado-secret", SECRET)):
        assert account().verify(request(BODY, header)) is Verdict.OK


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ((), Verdict.MISSING_SIGNATURE),
        ((("x-recado-secret", ""),), Verdict.BAD_SIGNATURE),
        ((("x-recado-secret", SECRET + "x"),), Verdict.BAD_SIGNATURE),
        ((("x-recado-secret", "é\udcff"),), Verdict.BAD_SIGNATURE),
        ((("x-recado-secret", SECRET),) * 2, Verdict.MALFORMED),
        ((("x-recado-signature", SECRET),), Verdict.BAD_SIGNATURE),
        # A wrong signature is not made good by the secret.
        ((("x-recado-signature", "0"), ("x-recado-secret", SECRET)), Verdict.BAD_SIGNATURE),
    ],
)
def test_a_missing_wrong_or_repeated_secret_is_refused(
    headers: tuple[tuple[str, str], ...], verdict: Verdict
) -> None:
    """M3"""
    assert account().verify(request(BODY, *headers)) is verdict


def test_a_signature_is_good_for_its_own_mail_alone() -> None:
    """M3"""
    mac = "sha256=" + hmac.digest(SECRET.encode(), BODY, "sha256").hex()
    forged = request(BODY + b"!", ("x-recado-signature", mac))
    assert account().verify(forged) is Verdict.BAD_SIGNATURE


def test_without_a_drop_secret_nobody_may_hand_mails_in() -> None:
    """M3"""
    closed = account(drop_secret=None, imap_host="imap.ipe.test")
    for header in ("x-recado-secret", "x-recado-signature"):
        assert closed.verify(request(BODY, (header, ""))) is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("words", "state"),
    [("User unknown (#5.1.1)", MessageState.FAILED), ("Delayed. Warning 5.1.1", None)],
)
def test_a_failure_in_plain_words_is_told_where_it_is_final(
    words: str, state: MessageState | None
) -> None:
    """So qmail writes; what may still come is kept as a notice."""
    head = "From: MAILER-DAEMON@mx.test\nMessage-ID: <dsn@mx.test>\n\n"
    (event,) = events(f"{head}Hi. I tried.\n\n<x@y.test>:\n{words}\n\n{OURS}\n".encode())
    if state is None:
        assert isinstance(event, Notice)
        return
    assert isinstance(event, DeliveryReported)
    assert (event.state, event.provider_id) == (state, OURS)
    assert event.error == "recipient: User unknown (#5.1.1)"
