"""The web chat's adapter: who is let in, and what he may speak of (M1, M3, M4)."""

import hmac
from datetime import timedelta
from typing import Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.channels.base import (
    CannotBeSent,
    OutboundMessage,
    RawRequest,
    SendErr,
    SendOk,
    Sends,
    Verdict,
)
from adapters.channels.registry import adapter_for
from adapters.channels.webchat import Visitor, WebChat
from adapters.channels.webchat.visitors import GOOD_FOR, opened, sealed
from domain.content import Location, Media, MediaKind, Offer, Option, Parts, Text, kind_of
from domain.inbound import DeliveryReported, MessageArrived, Notice
from domain.values import Identity
from tests.adapters.channels.kit import NOW, request

ORIGIN = "https://www.ipe.test"
SECRET = "secret-of-a-web-chat-in-a-test"
IDENTITY = "identity-secret-of-a-test"


def webchat(**changes: Any) -> WebChat:
    config = {"site": "loja", "secret": SECRET, "identity_secret": IDENTITY, "origins": [ORIGIN]}
    return cast(WebChat, adapter_for("webchat", {**config, **changes}))


def said(chat: WebChat, visitor: Visitor, origin: str = ORIGIN, **body: Any) -> RawRequest:
    headers = (("authorization", f"Bearer {chat.token(visitor)}"), ("origin", origin))
    return request(orjson.dumps({"visitor": visitor.id, **body}), *headers)


ANA = Visitor("v-ana", ORIGIN, NOW)


def test_a_token_is_good_for_its_site_its_origin_and_its_visitor_alone() -> None:
    """M3"""
    chat = webchat()
    good = said(chat, ANA, type="text", text="Oi")
    assert chat.verify(good) is Verdict.OK
    assert webchat(site="other").verify(good) is Verdict.BAD_SIGNATURE
    assert webchat(secret="another-secret-of-a-test").verify(good) is Verdict.BAD_SIGNATURE
    elsewhere = said(chat, ANA, origin="https://evil.test", type="text", text="Oi")
    assert chat.verify(elsewhere) is Verdict.BAD_SIGNATURE
    as_bia = said(chat, ANA, type="text", text="Oi")
    body = orjson.dumps({**orjson.loads(as_bia.body), "visitor": "v-bia"})
    assert chat.verify(request(body, *as_bia.headers)) is Verdict.BAD_SIGNATURE


def test_a_token_ends_after_a_month_and_does_not_begin_in_the_future() -> None:
    chat = webchat()
    for age, verdict in [
        (timedelta(0), Verdict.OK),
        (GOOD_FOR - timedelta(minutes=10), Verdict.OK),
        (GOOD_FOR + timedelta(minutes=10), Verdict.STALE),
        (-timedelta(hours=1), Verdict.STALE),
    ]:
        old = Visitor("v-ana", ORIGIN, NOW - age)
        assert chat.verify(said(chat, old, type="typing")) is verdict, age


@pytest.mark.parametrize("missing", ["authorization", "origin"])
def test_a_call_without_token_or_origin_is_no_call_of_a_page(missing: str) -> None:
    chat = webchat()
    good = said(chat, ANA, type="text", text="Oi")
    headers = [pair for pair in good.headers if pair[0] != missing]
    assert chat.verify(request(good.body, *headers)) is Verdict.MISSING_SIGNATURE
    twice = (*good.headers, *(pair for pair in good.headers if pair[0] == missing))
    assert chat.verify(request(good.body, *twice)) is Verdict.MALFORMED


def test_a_user_is_whom_the_sites_server_vouches_for_on_all_his_devices() -> None:
    chat = webchat()
    proof = hmac.digest(IDENTITY.encode(), b"42", "sha256").hex()
    one = chat.admit(ORIGIN, NOW, "42", proof)
    other = chat.admit("https://recado.test", NOW, "42", proof.upper())
    assert one is not None
    assert other is not None
    assert (one.user, one.id) == ("42", other.id)
    assert "42" not in one.id
    (event,) = chat.parse(said(chat, one, type="text", text="Oi"))
    assert isinstance(event, MessageArrived)
    assert event.peer.identities == (
        Identity("webchat.visitor", one.id),
        Identity("webchat.user", "42"),
    )


def test_nobody_is_a_user_without_proof() -> None:
    """M3: nor by claiming so in what he says."""
    chat = webchat()
    proof = hmac.digest(IDENTITY.encode(), b"42", "sha256").hex()
    assert chat.admit(ORIGIN, NOW, "43", proof) is None
    assert chat.admit(ORIGIN, NOW, "42", "") is None
    assert chat.admit(ORIGIN, NOW, "42", "ç") is None
    assert webchat(identity_secret=None).admit(ORIGIN, NOW, "42", proof) is None
    (event,) = chat.parse(said(chat, ANA, type="text", text="Oi", user="42", u="42"))
    assert isinstance(event, MessageArrived)
    assert event.peer.identities == (Identity("webchat.visitor", "v-ana"),)


def test_nobody_speaks_of_anothers_messages() -> None:
    """M1: the same id of two visitors is two messages."""
    chat = webchat()
    ids = set()
    for name in ("v-ana", "v-bia"):
        visitor = Visitor(name, ORIGIN, NOW)
        (event,) = chat.parse(said(chat, visitor, type="text", text="Oi", client_msg_id="1"))
        (read,) = chat.parse(said(chat, visitor, type="read", ids=["m-9"]))
        assert isinstance(read, DeliveryReported)
        ids |= {event.dedup_key, read.provider_id}
    assert len(ids) == 4


def test_a_file_is_one_that_was_uploaded_here() -> None:
    chat = webchat()
    file = {"sha256": "ab" * 32, "mime": "image/png", "name": "n.png"}
    good = chat.file_handle(orjson.dumps({**file, "visitor": "v-ana"}))
    of_another = chat.file_handle(orjson.dumps({**file, "visitor": "v-bia"}))
    kinds = []
    for handle in (good, of_another, chat.token(ANA), ""):
        (event,) = chat.parse(said(chat, ANA, type="file", file=handle))
        assert isinstance(event, MessageArrived)
        kinds.append(kind_of(event.parts))
    assert kinds == ["image", "unsupported", "unsupported", "unsupported"]


def test_signs_of_typing_are_one_thing_however_often_they_come() -> None:
    chat = webchat()
    events = [
        event
        for n in range(3)
        for event in chat.parse(said(chat, ANA, type="typing", client_msg_id=str(n)))
    ]
    assert all(isinstance(event, Notice) for event in events)
    assert len({event.dedup_key for event in events}) == 1


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300) | st.binary(max_size=60).map(lambda b: b.decode("latin-1")))
def test_no_text_is_taken_for_a_token_of_ours(text: str) -> None:
    """M3"""
    config = webchat().config
    assert opened(config, "visitor", text) is None
    assert webchat().visitor(text, ORIGIN, NOW) is None


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300))
def test_what_is_sealed_for_one_purpose_is_no_good_for_another(content: bytes) -> None:
    config = webchat().config
    text = sealed(config, "file", content)
    assert opened(config, "file", text) == content
    assert opened(config, "visitor", text) is None


async def test_to_send_is_to_let_the_page_read_it() -> None:
    """M6: texts, questions and files; what the page cannot show is told at once."""
    chat = webchat()
    assert isinstance(chat, Sends)
    offer = Offer(text="Qual?", options=(Option(id="1", title="Sim"),))
    file = Media(media=MediaKind.IMAGE, sha256="ab", mime="image/png")
    sent = await chat.send(OutboundMessage("m-9", "v-ana", (Text(text="Oi"), offer, file)))
    assert sent == SendOk("v-ana:m-9")
    place = Location(latitude=1.0, longitude=1.0)
    refused: list[tuple[Parts, str]] = [
        ((place,), "v-ana"),
        ((Media(media=MediaKind.IMAGE, reference="elsewhere"),), "v-ana"),
        ((), "v-ana"),
        ((Text(text="Oi"),), ""),
    ]
    for parts, address in refused:
        assert isinstance(await chat.send(OutboundMessage("m", address, parts)), SendErr)
    with pytest.raises(CannotBeSent):
        chat.build(OutboundMessage("m", "v-ana", (place,)))
