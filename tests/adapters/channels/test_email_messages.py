"""What a mail becomes: who wrote, what he wrote now, his files, and the talk it belongs to."""

from email.message import EmailMessage

import pytest

from adapters.channels.email.mime import part_of
from adapters.channels.email.sending import compose
from domain.content import MediaKind, words_of
from domain.inbound import Notice
from domain.values import Identity
from tests.adapters.channels.email_kit import (
    OWN,
    account,
    arrived,
    config,
    events,
    files,
    mail,
    outbound,
    pulled,
    raw_mail,
    texts,
)
from tests.adapters.channels.kit import NOW


def test_a_mail_is_a_message_with_its_writer_subject_and_words() -> None:
    event = arrived(mail("Cadê meu pedido?\n", From="Ána Lima <Ana.Lima@Cliente.TEST>"))
    assert event.peer.identities == (Identity("email.address", "ana.lima@cliente.test"),)
    assert (event.peer.name, event.subject) == ("Ána Lima", "Pedido 42")
    assert texts(event.parts) == ["Cadê meu pedido?"]
    assert (event.dedup_key, event.provider_id) == ("m:<1@cliente.test>", "<1@cliente.test>")


def test_a_date_from_the_future_is_not_believed() -> None:
    assert arrived(mail(Date="Wed, 02 Jan 2035 08:00:00 +0000")).occurred_at == NOW
    assert arrived(mail(Date="no date")).occurred_at == NOW
    assert arrived(mail()).occurred_at < NOW


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("utf-8", "ação 한국 日本"),
        ("iso-8859-1", "ação"),
        ("windows-1251", "Привет"),
        ("iso-2022-jp", "まみむめも"),
        ("shift_jis", "まみむめも"),
        ("euc-kr", "한국말로"),
        ("gb2312", "你好"),
        ("big5", "你好"),
    ],
)
def test_every_charset_is_read(charset: str, words: str) -> None:
    head = f"From: ana@cliente.test\r\nContent-Type: text/plain; charset={charset}\r\n\r\n"
    assert texts(arrived(head.encode() + words.encode(charset)).parts) == [words]


@pytest.mark.parametrize(
    "charset", ["x-unknown", "none", "idna", "utf-8", "us-ascii", '"', "\udcff"]
)
@pytest.mark.parametrize("written_in", ["utf-8", "latin-1"])
def test_a_wrong_charset_loses_no_words(charset: str, written_in: str) -> None:
    head = f"From: ana@cliente.test\r\nContent-Type: text/plain; charset={charset}\r\n\r\n"
    raw = head.encode("utf-8", "surrogateescape") + "Olá, cadê?".encode(written_in)
    assert texts(arrived(raw).parts) == ["Olá, cadê?"]


def test_encoded_words_cut_within_a_letter_are_put_together() -> None:
    raw = raw_mail("Oi", "Subject: =?utf-8?Q?Cad=C3?=\r\n =?utf-8?q?=AA?= o pedido")
    assert arrived(raw).subject == "Cadê o pedido"


def test_what_html_says_is_read_as_text_where_there_is_no_text() -> None:
    made = mail()
    made.set_content(
        "<html><head><style>p{}</style></head><body><p>Olá,</p><script>x()</script>"
        '<p>veja <a href="https://loja.test/42">o pedido</a>&nbsp;&amp; responda</p></body>',
        subtype="html",
    )
    (text,) = texts(arrived(made).parts)
    assert text == "Olá,\n\nveja o pedido <https://loja.test/42>\xa0& responda"


def test_of_two_ways_to_say_it_the_plain_one_is_read_and_pictures_are_kept() -> None:
    made = mail("Veja a foto")
    made.add_alternative("<p>Veja a <b>foto</b><img src=cid:1></p>", subtype="html")
    html = made.get_payload()[1]  # type: ignore[index]  # it is a list once there are two
    assert isinstance(html, EmailMessage)
    html.add_related(b"PNG", "image", "png", cid="<1>", filename="foto.png", disposition="inline")
    event = arrived(made)
    assert texts(event.parts) == ["Veja a foto"]
    assert [(f.media, f.name, f.size) for f in files(event.parts)] == [
        (MediaKind.IMAGE, "foto.png", 3)
    ]


def test_each_file_is_named_so_that_it_can_be_taken_out_of_the_mail_again() -> None:
    made = mail("Segue")
    made.add_attachment(
        b"%PDF-1", maintype="application", subtype="pdf", filename="nota fiscal.pdf"
    )
    made.add_attachment("linha", subtype="csv", filename="itens.csv")
    forwarded = mail("antes", Message_ID="<0@cliente.test>")
    made.add_attachment(forwarded)
    raw = made.as_bytes()
    (event,) = account().parse(pulled(raw))
    found = files(getattr(event, "parts", ()))
    assert [f.name for f in found] == ["nota fiscal.pdf", "itens.csv", None]
    assert [f.mime for f in found] == ["application/pdf", "text/csv", "message/rfc822"]
    assert [f.reference for f in found][:1] == ["2/11.7/<1@cliente.test>"]
    assert part_of(raw, "2") == b"%PDF-1"
    assert part_of(raw, "4") == forwarded.as_bytes()
    assert part_of(raw, "0") == raw
    assert part_of(raw, "9") is None


@pytest.mark.parametrize(
    ("body", "own", "below"),
    [
        ("Chegou!\n\nEm 2 de jan., Loja <l@i.test> escreveu:\n> Saiu.\n", "Chegou!", "Em 2 de jan"),
        ("Ok\n\nOn Wed, Jan 2, 2030 at 9:00 AM Loja\n<l@i.test> wrote:\n> a\n> b", "Ok", "On Wed"),
        ("Ok\n\n-----Original Message-----\nFrom: x\nTo: y\n\nz", "Ok", "-----Original"),
        ("Ok\n\nDe: Loja\nEnviado em: 2/1\nPara: Ana\nAssunto: x\n\nz", "Ok", "De: Loja"),
        ("Ok\n-- \nAna Lima\nCompras", "Ok", "-- "),
        ("> quando?\nhoje\n> onde?\naqui", "> quando?\nhoje\n> onde?\naqui", ""),
        ("> só isto", "> só isto", ""),
        ("De: São Paulo\nPara onde?", "De: São Paulo\nPara onde?", ""),
    ],
)
def test_history_and_signature_are_kept_apart_and_nothing_is_cut_off(
    body: str, own: str, below: str
) -> None:
    event = arrived(mail(body))
    first, *rest = texts(event.parts)
    assert first == own
    assert (rest[0] if rest else "").startswith(below.strip())
    assert "".join(words_of(event.parts).split()) == "".join(body.split())


def test_a_mail_longer_than_a_message_may_be_is_given_as_a_file_too() -> None:
    event = arrived(mail("palavra " * 40_000))
    assert len(words_of(event.parts)) <= 100_000
    assert [f.mime for f in files(event.parts)] == ["message/rfc822"]


def test_an_answer_to_our_mail_is_in_its_thread_whatever_its_subject() -> None:
    first = arrived(mail())
    ours = compose(config(), outbound(address=first.thread or ""), NOW)
    assert first.thread == f"ana@cliente.test#{ours.message_id.split('.')[1]}"
    by_answer = mail(Message_ID="<2@x.test>", In_Reply_To=ours.message_id, Subject="outro")
    by_reference = mail(
        Message_ID="<3@x.test>", References=f"<0@z.test> {ours.message_id} <9@y.test>"
    )
    for answer in (by_answer, by_reference):
        assert arrived(answer).thread == first.thread
    assert arrived(mail(Message_ID="<4@x.test>")).thread != first.thread


def test_an_answer_to_the_clients_own_mail_is_in_its_thread() -> None:
    first = arrived(mail())
    again = mail(Message_ID="<2@x.test>", In_Reply_To="<1@cliente.test>")
    assert (arrived(again).thread, arrived(again).reply_to) == (first.thread, "<1@cliente.test>")


def test_an_answer_without_any_ids_is_known_by_the_address_it_was_sent_to() -> None:
    first = arrived(mail())
    ours = compose(config(), outbound(address=first.thread or ""), NOW)
    reply_to = next(
        line.partition(": ")[2]
        for line in ours.content.decode().splitlines()
        if line.startswith("Reply-To")
    )
    assert reply_to.startswith("support+")
    assert arrived(mail(Message_ID="<2@x.test>", To=reply_to)).thread == first.thread
    forged = reply_to.replace("@", "0@")
    assert arrived(mail(Message_ID="<2@x.test>", To=forged)).thread != first.thread
    other = arrived(mail(Message_ID="<2@x.test>", To=reply_to), reply_secret="another-secret-16")
    assert other.thread != first.thread


def test_somebody_elses_id_of_our_form_is_none_of_ours() -> None:
    ours = compose(config(), outbound(), NOW).message_id
    foreign = mail(Message_ID="<2@x.test>", In_Reply_To=ours.replace("ipe.test", "other.test"))
    assert arrived(foreign).thread != "ana@cliente.test#0123456789abcdef"


def test_answers_go_where_the_writer_wants_them() -> None:
    event = arrived(mail(Reply_To="Compras <compras@cliente.test>"))
    assert event.peer.identities == (Identity("email.address", "ana@cliente.test"),)
    assert (event.thread or "").startswith("compras@cliente.test#")


def test_of_several_writers_the_one_who_sent_it_is_the_client() -> None:
    both = "Ana <ana@cliente.test>, Bia <bia@cliente.test>"
    sent = arrived(mail(From=both, Sender="bia@cliente.test"))
    assert sent.peer.identities == (Identity("email.address", "bia@cliente.test"),)
    assert arrived(mail(From=both)).peer.name == "Ana"


def test_a_form_on_our_own_site_speaks_for_who_filled_it_in() -> None:
    event = arrived(mail(From=OWN, Reply_To="Ana <ana@cliente.test>"))
    assert event.peer.identities == (Identity("email.address", "ana@cliente.test"),)


def test_nobodys_mails_are_not_taken_for_one_clients() -> None:
    first, second = (arrived(b"Subject: a\r\n\r\n" + body) for body in (b"x", b"y"))
    assert first.peer.identities != second.peer.identities
    assert first.peer.identities[0].scheme == "email.nobody"


def test_a_mail_without_an_id_is_known_again_by_what_does_not_change_on_its_way() -> None:
    """M1"""
    bare = b"From: ana@cliente.test\nDate: Wed, 02 Jan 2030 08:00:00 +0000\n\nOi\n"
    hop = b"Received: from a.test by b.test\r\n" + bare.replace(b"\n", b"\r\n")
    assert arrived(bare).dedup_key == arrived(hop).dedup_key
    assert arrived(bare + b"!").dedup_key != arrived(bare).dedup_key


def test_one_mail_by_both_ways_in_is_one_message() -> None:
    """M1"""
    raw = mail().as_bytes()
    (by_imap,) = account().parse(pulled(raw))
    assert by_imap.dedup_key == arrived(raw).dedup_key


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Auto-Submitted: auto-replied", "auto-submitted"),
        ("Auto-Submitted: auto-generated (failure)", "auto-submitted"),
        ("Precedence: bulk", "precedence"),
        ("Precedence:  List", "precedence"),
        ("X-Auto-Response-Suppress: OOF, AutoReply", "auto-response-suppressed"),
        ("X-Autoreply: yes", "auto-replied"),
        ("List-Id: <news.shop.test>", "mailing-list"),
        ("Return-Path: <>", "empty-return-path"),
        ("Message-ID: <0192a3b4.0.recado@IPE.test>", "own-message"),
    ],
)
def test_what_no_person_wrote_is_kept_and_answered_by_nobody(header: str, code: str) -> None:
    (event,) = events(raw_mail("Estou de férias", header))
    assert isinstance(event, Notice)
    assert (event.code, event.why) == (code, "notice")
    assert "férias" in event.raw


def test_a_mail_from_our_own_address_is_kept_and_answered_by_nobody() -> None:
    for address in (OWN, OWN.upper(), OWN.replace("@", "+tag@")):
        (event,) = events(mail(From=address).as_bytes())
        assert isinstance(event, Notice)
        assert event.code == "own-address"


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: no", "Precedence: first-class", "X-Auto-Response-Suppress: DR, RN"],
)
def test_what_a_person_wrote_is_a_message(header: str) -> None:
    arrived(raw_mail("Oi", header))


def test_words_that_are_called_a_file_are_read_where_there_are_no_others() -> None:
    named = raw_mail("Oi", "Content-Type: text/plain; name=oi.txt")
    assert texts(arrived(named).parts) == ["Oi"]
    assert [file.name for file in files(arrived(named).parts)] == ["oi.txt"]


def test_a_mail_whose_head_names_another_border_is_still_read() -> None:
    body = "--b\r\nContent-Type: text/plain\r\n\r\nOi\r\n--b--\r\n"
    wrong = raw_mail(body, "Content-Type: multipart/mixed; boundary=a")
    assert texts(arrived(wrong).parts) == ["Oi"]


def test_a_subject_that_was_not_encoded_is_in_the_charset_of_the_mail() -> None:
    head = "From: ana@cliente.test\r\nContent-Type: text/plain; charset=gb2312\r\n"
    raw = f"{head}Subject: 你好\r\n\r\n你好".encode("gb2312")
    assert (arrived(raw).subject, texts(arrived(raw).parts)) == ("你好", ["你好"])
