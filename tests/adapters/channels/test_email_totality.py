"""No mail, whatever is in it, makes the adapter fail or fall silent (M4)."""

import dataclasses
import re
import time
from random import Random

import mailparser
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.channels.email.mime import split_head
from domain.content import Media, words_of
from domain.inbound import FromPeer, InboundEvent, MessageArrived, Notice
from tests.adapters.channels.email_kit import account, arrived, files, pulled, recorded_mails
from tests.adapters.channels.test_totality import BODIES, texts_in

LINES = st.sampled_from(
    [
        *(
            "From: ana@cliente.test",
            "From : x",
            "To: support@ipe.test",
            "Subject: =?utf-8?b?/w==?=",
        ),
        *("Content-Type: multipart/mixed; boundary=b", "Content-Type: multipart/alternative"),
        *("Content-Type: text/html; charset=utf-7", "Content-Type: message/rfc822", "--b", "--b--"),
        *("Content-Type: multipart/report; boundary=b", "Content-Type: message/delivery-status"),
        *(
            "Content-Transfer-Encoding: base64",
            "Content-Transfer-Encoding: x-uuencode",
            "begin 644 x",
        ),
        *("Content-Type: text/plain; charset*0*=x''%ff", "Content-Disposition: attachment"),
        *(
            "Content-Disposition: attachment; filename*0*=x''%ff; filename=\"\udcff\"",
            "Date: 99 99",
        ),
        *(
            "Message-ID: <a b>",
            "Message-ID:",
            "References: <1@x> <>",
            "Action: failed",
            "Status: 5",
        ),
        *("", "", "> a", "-- ", "=FF=\udcff", "<blockquote><a href='x'>", "\x00", "#\udc80`", "M"),
    ]
)


def check(raw: bytes) -> InboundEvent:
    """Parse a mail, and check what holds for every one."""
    (event,) = account().parse(pulled(raw))
    assert event.occurred_at.tzinfo is not None
    assert 0 < len(event.dedup_key) < 600
    assert not isinstance(event, FromPeer) or event.peer.identities
    for text in texts_in(dataclasses.asdict(event)):
        assert "\x00" not in text
        text.encode()
    if isinstance(event, Notice) and event.why != "unreadable":
        orjson.loads(event.raw)
    return event


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read(raw: bytes) -> None:
    check(raw)
    check(b"From: ana@cliente.test\r\n" + raw)


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=25), st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_lines_of_mails_are_read(lines: list[str], end: str) -> None:
    check(end.join(lines).encode("utf-8", "surrogateescape"))


def test_recordings_cut_off_or_mixed_at_random_are_read() -> None:
    chance = Random(20300102)
    whole = list(recorded_mails().values())
    for _ in range(BODIES // 5):
        mail = bytearray(chance.choice(whole)[:20_000])
        for _ in range(chance.randint(1, 5)):
            other, at = chance.choice(whole), chance.randrange(len(mail) + 1)
            start = chance.randrange(len(other))
            mail[at : at + chance.choice((0, 1, 50, 5000))] = other[start : start + 200]
        check(bytes(mail))


def nested(levels: int) -> bytes:
    head = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(levels)
    )
    return f"From: ana@cliente.test\n{head}\n\nno fundo\n".encode()


TEXT = re.compile(r"(text|multipart|message)/")
START = b"From: ana@cliente.test\r\n"
HTML = START + b"Content-Type: text/html\r\n\r\n"
PARTS = START + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        nested(1_000),
        nested(20_000),
        PARTS + b"--b\r\n\r\nx\r\n" * 100_000,
        START + b"Subject: " + b"=?utf-8?q?=FF?= " * 100_000 + b"\r\n\r\nOi",
        START + b"Subject: " + b"=?" * 500_000 + b"\r\n\r\nOi",
        START + b"To: " + b"(" * 1_000_000 + b"\r\n\r\nOi",
        START + b'Reply-To: "' + b"\\" * 1_000_000 + b"\r\n\r\nOi",
        START + b"References: " + b"<a@b> " * 200_000 + b"\r\n\r\nOi",
        START + b"X: y\r\n" * 50_000 + b"\r\nOi",
        START + b"Content-Type: text/plain; " + b"a=b; " * 200_000 + b"\r\n\r\nOi",
        START + b"Content-Disposition: attachment; " + b"filename*0=a; " * 50_000 + b"\r\n\r\nOi",
        START + b"\r\n" + b"x" * 5_000_000,
        START + b"\r\n" + b"> \r\n" * 300_000,
        START + b"\r\n" + b"From:From: \r\n" * 300_000,
        START + b"\r\n" + b"\x00" * 3_000_000,
        START + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A" * 5_000_001,
        START + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * 3_000_000,
        START + b"Content-Transfer-Encoding: uue\r\n\r\nbegin 644 x\n" + b"M\n" * 500_000,
        HTML + b"<div>" * 500_000,
        HTML + b"<a href='" * 300_000,
        HTML + b"<!--" * 500_000,
        HTML + b"<a b=" * 300_000,
        HTML + b"<" * 600_000,
        HTML + b"<blockquote>" * 200_000 + b"x",
        HTML + b"&" * 2_000_000,
    ],
    ids=lambda raw: f"{bytes(raw[24:60]).decode('latin-1')!r}-{len(raw)}",
)
def test_mails_made_to_hurt_are_read_in_no_time(raw: bytes) -> None:
    began = time.process_time()
    event = check(raw)
    assert time.process_time() - began < 8
    assert isinstance(event, MessageArrived)
    assert event.peer.identities[0].value == "ana@cliente.test"


def test_a_mail_too_deep_to_read_is_given_as_a_file() -> None:
    """M4"""
    event = arrived(nested(1_000))
    assert [(f.name, f.mime) for f in files(event.parts)] == [("mail.eml", "message/rfc822")]


def test_every_recorded_mail_is_a_message_or_kept() -> None:
    """M4"""
    mails = recorded_mails()
    read = {name: check(raw) for name, raw in mails.items()}
    assert not [n for n, e in read.items() if isinstance(e, Notice) and e.why != "notice"]
    messages = [event for event in read.values() if isinstance(event, MessageArrived)]
    assert len(messages) >= 0.9 * len(mails)
    assert not [m for m in messages if m.peer.identities[0].scheme != "email.address"][1:]


def test_recorded_mails_say_what_another_parser_reads_in_them() -> None:
    """Every word of the plain text and every attachment that `mail-parser` finds is there."""
    compared = 0
    for name, raw in recorded_mails().items():
        event = check(raw)
        if not isinstance(event, MessageArrived):
            continue
        if b"message/rfc822" in raw:
            continue  # the other parser shows what was forwarded as if it was said
        second = mailparser.parse_from_bytes(raw)
        # Where a line among the headers is none, the other one takes the rest for the text.
        ours = [*words_of(event.parts).split(), *split_head(raw)[0].decode("latin-1").split()]
        if second.text_plain and "\ufffd" not in (text := "\n".join(second.text_plain)):
            theirs = [word for word in text.split() if word.isascii() and word.isalnum()]
            missing = [word for word in theirs if word not in ours]
            assert len(missing) <= len(theirs) * 0.1 or not ours, (name, missing[:10])
            compared += len(theirs) > 0
        named = [a for a in second.attachments if not TEXT.match(a["mail_content_type"])]
        assert len([p for p in event.parts if isinstance(p, Media)]) >= len(named), name
    assert compared >= 50


def test_recordings_read_twice_say_the_same() -> None:
    """M1: also with a hop more on their way, and with the other kind of line ends."""
    for name, raw in recorded_mails().items():
        again = b"Received: from a.test by b.test\r\n" + raw
        if not raw.startswith(b"From "):
            assert check(raw).dedup_key == check(again).dedup_key, name
