"""How an answer leaves: the mail that it becomes, and what a server's answers mean (M6)."""

import asyncio
import smtplib
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.channels.base import CannotBeSent, ErrorKind, OutFile, SendErr, SendOk
from adapters.channels.conformance.mail_sink import PASSWORD, USER, mail_sink
from adapters.channels.email.errors import CODES, STATUSES, kind_of_status, refusal
from adapters.channels.email.sending import MAX_BYTES, compose
from domain.content import Location, Media, MediaKind, Offer, Option, Text
from tests.adapters.channels.email_kit import (
    MESSAGE_ID,
    account,
    arrived,
    config,
    files,
    outbound,
    texts,
)
from tests.adapters.channels.kit import NOW

PDF = OutFile("a" * 64, "application/pdf", "nota.pdf", b"%PDF-1.7")


def with_file(file: OutFile = PDF, **changes: Any) -> dict[str, Any]:
    part = Media(media=MediaKind.DOCUMENT, sha256=file.sha256, caption="a nota", **changes)
    return {"parts": (Text(text="Segue"), part), "files": {file.sha256: file}}


def composed(**changes: Any) -> EmailMessage:
    raw = compose(config(), outbound(**changes), NOW).content
    return message_from_bytes(raw, policy=default)


def test_a_mail_says_what_it_answers_and_whose_it_is() -> None:
    mail = composed()
    assert mail["From"] == "Loja Ipê <support@ipe.test>"
    assert (mail["To"], mail["Subject"]) == ("ana@cliente.test", "Re: Pedido 42")
    assert mail["Message-ID"] == f"<{MESSAGE_ID}.0123456789abcdef.recado@ipe.test>"
    assert mail["In-Reply-To"] == mail["References"] == "<1@cliente.test>"
    assert str(mail["Reply-To"]).startswith("support+0123456789abcdef")
    assert mail.get_content().splitlines() == ["Já saiu."]


def test_the_message_that_is_quoted_is_the_one_answered() -> None:
    mail = composed(reply_to_provider_id="<0@cliente.test>")
    assert mail["In-Reply-To"] == "<0@cliente.test>"
    assert mail["References"] == "<1@cliente.test> <0@cliente.test>"


def test_long_ids_leave_as_they_came() -> None:
    id_ = f"<{'a' * 200}@mail.cliente.test>"
    raw = compose(config(), outbound(last_received_id=id_), NOW).content
    assert f"In-Reply-To: {id_}\r\n".encode() in raw


def test_a_message_has_one_id_however_often_it_is_sent_and_only_it() -> None:
    """M6"""
    first, again, other = (
        compose(config(), outbound(message_id=id_), NOW) for id_ in ("a b", "a b", "a c")
    )
    assert (first.message_id, first.content) == (again.message_id, again.content)
    assert first.message_id != other.message_id


def test_a_talk_that_we_begin_is_named_by_its_first_words() -> None:
    mail = composed(address="ana@cliente.test", subject=None, last_received_id=None)
    assert (mail["Subject"], mail["In-Reply-To"], mail["Reply-To"]) == ("Já saiu.", None, None)


def test_an_answer_is_not_called_one_twice() -> None:
    assert composed(subject="RES: Pedido")["Subject"] == "RES: Pedido"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_nothing_that_is_written_becomes_a_header(subject: str, text: str, name: str) -> None:
    evil = "\r\nBcc: x@evil.test\r\n\r\n"
    file = OutFile("a" * 64, name + evil, name + evil, b"x")
    changes = {
        "subject": subject + evil,
        "last_received_id": f"<{name}>{evil}",
        "parts": (Text(text=f"{text}{evil}."), Media(media=MediaKind.DOCUMENT, sha256="a" * 64)),
        "files": {"a" * 64: file},
    }
    mail = composed(**changes)
    assert mail["Bcc"] is None
    assert [part["Bcc"] for part in mail.walk()] == [None] * 3
    assert mail["To"] == "ana@cliente.test"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "a@b@c",
        "ana@x.test\r\nBcc: y",
        "<ana@x.test>",
        "ána@x.test",
        "a b@x",
        "email.nobody",
    ],
)
def test_what_is_no_address_is_written_to_by_nobody(address: str) -> None:
    with pytest.raises(CannotBeSent):
        compose(config(), outbound(address=address), NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"parts": ()},
        {"parts": (Text(text=" \n"),)},
        {"parts": (Location(latitude=1.0, longitude=2.0),)},
        {"parts": (Media(media=MediaKind.IMAGE, sha256="b" * 64),)},
        with_file(OutFile("a" * 64, "application/pdf", "x", b"x" * (MAX_BYTES + 1))),
    ],
)
def test_what_cannot_be_a_mail_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(CannotBeSent):
        compose(config(), outbound(**changes), NOW)


def test_our_own_mails_are_read_as_they_were_meant() -> None:
    """A mail of ours with its sender's name exchanged is one that a client might send."""
    offer = Offer(text="Confirma?", options=(Option(id="y", title="Sim"),))
    whole = with_file(name='nota "ção".pdf')
    raw = compose(config(), outbound(**{**whole, "parts": (*whole["parts"], offer)}), NOW).content
    event = arrived(raw.replace(b"support@ipe.test", b"x@y.test").replace(b"@ipe.test", b"@y.test"))
    assert texts(event.parts) == ["Segue\n\na nota\n\nConfirma?\n1. Sim"]
    (file,) = files(event.parts)
    assert (file.name, file.mime, file.size) == ('nota "ção".pdf', "application/pdf", 8)


async def test_a_mail_arrives_at_a_server_as_it_was_written() -> None:
    async with mail_sink(log_in=True) as sink:
        adapter = account(smtp_port=sink.port, smtp_user=USER, smtp_password=PASSWORD)
        message = outbound("Olá\n.\n..fim\n" + "x" * 3000, files={})
        result = await adapter.send(message)
        assert result == SendOk(f"<{MESSAGE_ID}.0123456789abcdef.recado@ipe.test>")
        (raw,) = sink.mails
        assert sink.envelopes == [("support@ipe.test", ["ana@cliente.test"])]
    mail = message_from_bytes(raw, policy=default)
    assert mail.get_content().splitlines() == ["Olá", ".", "..fim", "x" * 3000]
    assert max(map(len, raw.splitlines())) <= 998


async def test_the_test_server_is_one_that_another_library_sends_through() -> None:
    async with mail_sink() as sink:

        def by_the_standard_library() -> None:
            with smtplib.SMTP("127.0.0.1", sink.port) as client:
                client.sendmail("a@x.test", ["b@x.test"], b"Subject: x\r\n\r\n.y\r\n")

        await asyncio.to_thread(by_the_standard_library)
        assert sink.mails == [b"Subject: x\r\n\r\n.y\r\n"]


@pytest.mark.parametrize(
    ("at", "answer", "kind"),
    [
        ("at_recipient", "550 5.1.1 no such user", ErrorKind.RECIPIENT),
        ("at_recipient", "450 4.2.0 greylisted", ErrorKind.RATE_LIMITED),
        ("at_recipient", "421 too many", ErrorKind.RATE_LIMITED),
        ("at_recipient", "454 4.7.0 later", ErrorKind.TRANSIENT),
        ("at_recipient", "550 5.7.1 not you", ErrorKind.PERMANENT),
        ("at_sender", "550 5.1.8 who are you", ErrorKind.CONFIG),
        ("at_sender", "553 not your address", ErrorKind.CONFIG),
        ("at_sender", "452 4.3.1 full", ErrorKind.RATE_LIMITED),
        ("at_data", "552 5.3.4 too big", ErrorKind.CONTENT),
        ("at_data", "554 5.6.0 what is this", ErrorKind.CONTENT),
        ("at_data", "554 no", ErrorKind.PERMANENT),
        ("at_data", "451 4.3.0 try again", ErrorKind.RATE_LIMITED),
        ("at_data", "550 5.7.26 DMARC", ErrorKind.POLICY),
        ("hangs_up", "before-data", ErrorKind.TRANSIENT),
        ("hangs_up", "after-data", ErrorKind.UNKNOWN_OUTCOME),
    ],
)
async def test_what_a_server_says_decides_what_happens_next(
    at: str, answer: str, kind: ErrorKind
) -> None:
    """M6"""
    async with mail_sink() as sink:
        setattr(sink, at, answer)
        result = await account(smtp_port=sink.port).send(outbound())
    assert isinstance(result, SendErr), result
    assert result.kind is kind


async def test_a_mail_too_big_for_the_server_does_not_leave() -> None:
    async with mail_sink(size=1000) as sink:
        result = await account(smtp_port=sink.port).send(outbound("x" * 5000))
        assert isinstance(result, SendErr)
        assert (result.kind, sink.mails) == (ErrorKind.CONTENT, [])


async def test_a_wrong_password_and_a_missing_log_in_pause_the_account() -> None:
    async with mail_sink(log_in=True) as sink:
        for changes in ({"smtp_user": USER, "smtp_password": "wrong"}, {}):
            result = await account(smtp_port=sink.port, **changes).send(outbound())
            assert isinstance(result, SendErr)
            assert result.kind is ErrorKind.AUTH
            assert "wrong" not in repr(result)


async def test_a_server_without_the_encryption_asked_for_is_given_nothing() -> None:
    async with mail_sink() as sink:
        for security in ("tls", "starttls"):
            result = await account(smtp_port=sink.port, smtp_security=security).send(outbound())
            assert isinstance(result, SendErr)
            assert result.kind in {ErrorKind.CONFIG, ErrorKind.TRANSIENT}
        assert sink.mails == []


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    async with mail_sink() as sink:
        gone = sink.port
    result = await account(smtp_port=gone).send(outbound())
    assert isinstance(result, SendErr)
    assert result.kind is ErrorKind.TRANSIENT


def test_the_table_of_errors_is_the_one_that_is_used() -> None:
    for row in CODES:
        assert refusal(int(row.code), "no").kind is row.kind
    for row in STATUSES:
        exact = row.code if row.code.count(".") > 1 else f"{row.code}.99"
        assert kind_of_status(exact) is row.kind
