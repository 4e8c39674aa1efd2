"""WhatsApp's messages as canonical values, by the shapes that its documentation gives."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from domain.content import (
    Choice,
    ContactCard,
    Location,
    Media,
    MediaKind,
    Offer,
    Option,
    Order,
    Part,
    TemplateCall,
    Text,
    Unsupported,
)
from domain.inbound import (
    AccountRef,
    EchoArrived,
    InboundEvent,
    MessageArrived,
    MessageWasDeleted,
    MessageWasEdited,
    Notice,
    Peer,
    ReactionArrived,
)
from domain.values import Identity
from tests.adapters.channels.kit import (
    ANA,
    NOW,
    from_ana,
    graph_body,
    graph_change,
    json_request,
    whatsapp,
)

PHONE = Identity("whatsapp.phone", "5511900000001")
FILE = {"id": "765", "mime_type": "image/jpeg", "sha256": "4654+8g="}


def read(*changes: dict[str, Any]) -> list[InboundEvent]:
    return whatsapp().parse(json_request(graph_body(*changes)))


def read_one(message: dict[str, Any], contact: Any = ANA) -> InboundEvent:
    contacts = [contact] if contact else []
    (event,) = read(graph_change(contacts=contacts, messages=[message]))
    return event


def arrived(message: dict[str, Any], contact: Any = ANA) -> MessageArrived:
    event = read_one(message, contact)
    assert isinstance(event, MessageArrived)
    return event


def test_a_text_says_who_wrote_what_to_which_number_and_when() -> None:
    assert read_one(from_ana("text", {"body": "Oi"})) == MessageArrived(
        account=AccountRef("whatsapp.phone_number_id", "106540352242922"),
        dedup_key="m:wamid.A1",
        occurred_at=datetime(2030, 1, 2, 9, 0, tzinfo=UTC),
        peer=Peer((PHONE,), "Ana Lima"),
        provider_id="wamid.A1",
        parts=(Text(text="Oi"),),
    )


@pytest.mark.parametrize(
    ("kind", "content", "part"),
    [
        ("text", {"body": ""}, Text(text="")),
        ("text", {"body": "a\x00b"}, Text(text="a\ufffdb")),
        (
            "image",
            {**FILE, "caption": "a nota"},
            Media(
                media=MediaKind.IMAGE,
                reference="765",
                mime="image/jpeg",
                sha256="4654+8g=",
                caption="a nota",
            ),
        ),
        ("audio", {"id": "1", "voice": False}, Media(media=MediaKind.AUDIO, reference="1")),
        ("audio", {"id": "1", "voice": True}, Media(media=MediaKind.VOICE, reference="1")),
        ("voice", {"id": "1"}, Media(media=MediaKind.VOICE, reference="1")),
        ("video", {"id": 1}, Media(media=MediaKind.VIDEO, reference="1")),
        (
            "document",
            {"id": "1", "filename": "nota.pdf", "file_size": 10},
            Media(media=MediaKind.DOCUMENT, reference="1", name="nota.pdf", size=10),
        ),
        ("sticker", {"id": "1", "animated": True}, Media(media=MediaKind.STICKER, reference="1")),
        ("image", {"mime_type": "image/png"}, Media(media=MediaKind.IMAGE, mime="image/png")),
        (
            "location",
            {"latitude": -23.5, "longitude": "-46.6", "name": "Sé", "address": "Praça da Sé"},
            Location(latitude=-23.5, longitude=-46.6, name="Sé", address="Praça da Sé"),
        ),
        (
            "interactive",
            {"type": "button_reply", "button_reply": {"id": "yes", "title": "Sim"}},
            Choice(id="yes", title="Sim"),
        ),
        (
            "interactive",
            {"list_reply": {"id": "2", "title": "Segunda via", "description": "do boleto"}},
            Choice(id="2", title="Segunda via", description="do boleto"),
        ),
        (
            "interactive",
            {"type": "nfm_reply", "nfm_reply": {"response_json": '{"a":1}', "body": "Sent"}},
            Choice(id="form", title="Sent", description='{"a":1}'),
        ),
        (
            "interactive",
            {"call_permission_reply": {"response": "accept"}},
            Choice(id="call_permission_reply", title="accept"),
        ),
        ("button", {"payload": "p", "text": "Sim"}, Choice(id="p", title="Sim")),
        (
            "order",
            {
                "text": "",
                "product_items": [
                    {"product_retailer_id": "IPE", "quantity": 2, "item_price": 9.5},
                    {"product_retailer_id": "CEDRO"},
                ],
            },
            Order(summary="2 x IPE (9.5), 1 x CEDRO", items=("2 x IPE (9.5)", "1 x CEDRO")),
        ),
    ],
)
def test_every_documented_kind_has_its_part(kind: str, content: Any, part: Part) -> None:
    assert arrived(from_ana(kind, content)).parts == (part,)


def test_contact_cards_are_one_part_each() -> None:
    cards = [
        {
            "name": {"formatted_name": "Bia Reis"},
            "phones": [{"phone": "+55 11 90000-0002"}, {"wa_id": "5511900000003"}],
            "emails": [{"email": "bia@ipe.test"}],
        },
        {"name": {"first_name": "Caio", "last_name": "Sá"}},
        {},
    ]
    assert arrived(from_ana("contacts", cards)).parts == (
        ContactCard(
            name="Bia Reis",
            phones=("+55 11 90000-0002", "5511900000003"),
            emails=("bia@ipe.test",),
        ),
        ContactCard(name="Caio Sá"),
        ContactCard(name=""),
    )


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (from_ana("hologram", {"x": 1}), "hologram"),
        (from_ana("unsupported", errors=[{"code": 131051}]), "unsupported"),
        (from_ana("unsupported", {"type": "poll"}), "poll"),
        (from_ana("interactive"), "interactive"),
        (from_ana("text", {"body": 7}), "text"),
        (from_ana("location", {"latitude": "north", "longitude": 1}), "location"),
        (from_ana("contacts", []), "contacts"),
        (from_ana("reaction", {"emoji": "x"}), "reaction"),
        (from_ana("edit", {"message": {}}), "edit"),
    ],
)
def test_what_a_client_wrote_is_shown_even_where_it_is_not_understood(
    message: dict[str, Any], what: str
) -> None:
    """M4"""
    (part,) = arrived(message).parts
    assert isinstance(part, Unsupported)
    assert part.what == what
    assert orjson.loads(part.raw) == message


@pytest.mark.parametrize("kind", [None, 7, "something-new"])
def test_a_message_without_a_known_type_is_known_by_what_it_holds(kind: Any) -> None:
    message = {**from_ana("text", {"body": "Oi"}), "type": kind}
    assert arrived(message).parts == (Text(text="Oi"),)


def test_a_message_says_what_it_answers_and_where_it_comes_from() -> None:
    message = from_ana(
        "text",
        {"body": "Oi"},
        context={"id": "wamid.Q", "frequently_forwarded": True},
        referral={"source_type": "ad", "ctwa_clid": "C"},
    )
    event = arrived(message)
    assert (event.reply_to, event.forwarded) == ("wamid.Q", True)
    assert event.referral == '{"source_type":"ad","ctwa_clid":"C"}'


def test_a_question_about_a_product_says_which() -> None:
    context = {"referred_product": {"catalog_id": "1", "product_retailer_id": "IPE"}}
    referral = arrived(from_ana("text", {"body": "Tem?"}, context=context)).referral
    assert referral is not None
    assert "IPE" in referral


@pytest.mark.parametrize(("emoji", "read"), [("👍", "👍"), ("", None), (None, None)])
def test_a_reaction_without_emoji_takes_the_reaction_back(
    emoji: str | None, read: str | None
) -> None:
    """M9"""
    event = read_one(from_ana("reaction", {"message_id": "wamid.Q", "emoji": emoji}))
    assert isinstance(event, ReactionArrived)
    assert (event.provider_id, event.emoji) == ("wamid.Q", read)


def test_edits_and_deletions_name_the_original_and_have_a_key_of_their_own() -> None:
    """M9"""
    new = {"type": "text", "text": {"body": "Olá"}}
    edited = read_one(from_ana("edit", {"original_message_id": "wamid.Q", "message": new}))
    deleted = read_one(from_ana("revoke", {"original_message_id": "wamid.Q"}, id="wamid.B"))
    assert isinstance(edited, MessageWasEdited)
    assert isinstance(deleted, MessageWasDeleted)
    assert edited.parts == (Text(text="Olá"),)
    assert edited.provider_id == deleted.provider_id == "wamid.Q"
    assert (edited.dedup_key, deleted.dedup_key) == ("m:wamid.A1", "m:wamid.B")


@pytest.mark.parametrize("kind", ["user_changed_number", "customer_identity_changed"])
def test_a_system_message_is_no_client_message(kind: str) -> None:
    event = read_one(from_ana("system", {"type": kind, "body": "changed"}))
    assert isinstance(event, Notice)
    assert (event.code, event.why) == (f"system.{kind}", "notice")


USER_ID = Identity("whatsapp.user_id", "BR.1349")
PARENT_ID = Identity("whatsapp.parent_user_id", "BR.ENT.7")


@pytest.mark.parametrize(
    ("message", "contact", "peer"),
    [
        ({"from": "5511900000001"}, None, Peer((PHONE,))),
        ({"from": "+5511900000001"}, ANA, Peer((PHONE,), "Ana Lima")),
        (
            {"from": "5511900000001"},
            {**ANA, "user_id": "BR.1349"},
            Peer((PHONE, USER_ID), "Ana Lima"),
        ),
        (
            {"from_user_id": "BR.1349"},
            {"user_id": "BR.1349", "profile": {"username": "ana"}},
            Peer((USER_ID,), "ana"),
        ),
        ({"from_user_id": "BR.1349"}, ANA, Peer((PHONE, USER_ID), "Ana Lima")),
        ({}, {**ANA, "user_id": "BR.1349"}, Peer((PHONE, USER_ID), "Ana Lima")),
        ({"from": "5511900000001", "from_user_id": "BR.1349"}, None, Peer((PHONE, USER_ID))),
        (
            {"from_user_id": "BR.1349", "from_parent_user_id": "BR.ENT.7"},
            None,
            Peer((USER_ID, PARENT_ID)),
        ),
        (
            {"from": "5511900000001"},
            {**ANA, "parent_user_id": "BR.ENT.7"},
            Peer((PHONE, PARENT_ID), "Ana Lima"),
        ),
    ],
)
def test_a_client_is_every_identity_given_and_the_number_comes_first(
    message: dict[str, Any], contact: Any, peer: Peer
) -> None:
    text = {"id": "wamid.A1", "type": "text", "text": {"body": "Oi"}}
    assert arrived({**text, **message}, contact).peer == peer


def test_two_clients_in_one_change_are_never_taken_for_one() -> None:
    bia = {"profile": {"name": "Bia"}, "wa_id": "5511900000002", "user_id": "BR.2"}
    stranger = from_ana("text", {"body": "Oi"}, id="wamid.C", **{"from": "5511900000003"})
    messages = [from_ana("text", {"body": "Oi"}), stranger]
    peers = [
        event.peer
        for event in read(graph_change(contacts=[bia, ANA], messages=messages))
        if isinstance(event, MessageArrived)
    ]
    alone = arrived(stranger, bia).peer
    assert peers == [
        Peer((PHONE,), "Ana Lima"),
        Peer((Identity("whatsapp.phone", "5511900000003"),)),
    ]
    assert alone == peers[1]


def test_a_group_is_the_thread_of_what_is_said_in_it() -> None:
    event = arrived(from_ana("text", {"body": "Oi"}, group_id="Y2FwaV9ncm91cDox"))
    assert event.thread == "Y2FwaV9ncm91cDox"
    assert event.peer.identities == (PHONE,)


def test_what_is_written_in_the_providers_app_is_an_echo_to_the_client() -> None:
    echo: dict[str, Any] = {"from": "551130000000", "to": "5511900000001", "id": "wamid.E"}
    echo["text"] = {"body": "Oi, Ana"}
    change = {**graph_change(message_echoes=[echo]), "field": "smb_message_echoes"}
    (event,) = read(change)
    assert isinstance(event, EchoArrived)
    assert (event.provider_id, event.peer.identities) == ("wamid.E", (PHONE,))
    assert event.parts == (Text(text="Oi, Ana"),)


def test_a_message_without_id_or_time_is_kept_once() -> None:
    """M1: however often it is delivered."""
    message = {"from": "5511900000001", "text": {"body": "Oi"}}
    event, again = arrived(message), arrived(dict(reversed(message.items())))
    assert event == again
    assert event.occurred_at == NOW


def test_a_message_that_does_not_say_who_wrote_it_is_kept_for_an_administrator() -> None:
    """M4"""
    event = read_one({"id": "wamid.A1", "text": {"body": "Oi"}}, None)
    assert isinstance(event, Notice)
    assert (event.code, event.why) == ("message-without-sender", "unreadable")
    assert "Oi" in event.raw


def test_an_absurdly_long_id_still_fits_an_index() -> None:
    event = arrived(from_ana("text", {"body": "Oi"}, id="w" * 100_000))
    assert len(event.dedup_key) < 600
    assert len(event.provider_id) < 600


def test_the_link_to_a_file_holds_a_token_and_is_not_kept() -> None:
    link = "https://lookaside.test/?hash=secret"
    assert "secret" not in repr(arrived(from_ana("image", {**FILE, "url": link})))


def test_a_question_and_a_template_that_come_back_are_what_was_sent() -> None:
    """An operator, or another program of ours, wrote it elsewhere."""
    rows = [{"id": "1", "title": "Manhã"}, {"id": "2", "title": "Tarde"}]
    as_buttons = {"buttons": [{"type": "reply", "reply": row} for row in rows]}
    template = {
        "name": "ola",
        "language": {"code": "pt_BR"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Ana"}]}],
    }
    offer = Offer(text="Quando?", options=tuple(Option(**row) for row in rows))
    for kind, content, part in (
        ("interactive", {"body": {"text": "Quando?"}, "action": as_buttons}, offer),
        ("interactive", {"body": {"text": "Quando?"}, "action": {"sections": [{"rows": rows}]}},
         offer),
        ("interactive", {"type": "cta_url", "body": {"text": "Veja"}}, Text(text="Veja")),
        ("template", template,
         TemplateCall(name="ola", language="pt_BR", values=("Ana",), text="ola")),
    ):  # fmt: skip
        echo = {"to": "5511900000001", "id": "wamid.E", "type": kind, kind: content}
        (event,) = read({**graph_change(message_echoes=[echo]), "field": "smb_message_echoes"})
        assert isinstance(event, EchoArrived)
        assert event.parts == (part,)
