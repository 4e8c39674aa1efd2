"""Telegram's updates as canonical values, by the shapes that its documentation gives."""

from datetime import UTC, datetime
from typing import Any

import aiogram.types as aiogram
import orjson
import pytest

from domain.content import (
    Choice,
    ContactCard,
    Location,
    Media,
    MediaKind,
    Part,
    Share,
    Text,
    Unsupported,
)
from domain.inbound import (
    Consent,
    ConsentChanged,
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
from tests.adapters.channels.kit import NOW, json_request, request, telegram

ANA = {"id": 77, "is_bot": False, "first_name": "Ana", "last_name": "Lima", "username": "ana"}
PRIVATE = {"id": 77, "first_name": "Ana", "last_name": "Lima", "type": "private"}
GROUP = {"id": -100500, "title": "Vizinhos", "type": "supergroup"}
PEER = Peer((Identity("telegram.user", "77"),), "Ana Lima")


def message(**content: Any) -> dict[str, Any]:
    return {"message_id": 5, "from": ANA, "chat": PRIVATE, "date": 1893574800, **content}


def read(update_id: int = 1, **update: Any) -> list[InboundEvent]:
    return telegram().parse(json_request({"update_id": update_id, **update}))


def read_one(**update: Any) -> InboundEvent:
    (event,) = read(**update)
    return event


def arrived(**content: Any) -> MessageArrived:
    event = read_one(message=message(**content))
    assert isinstance(event, MessageArrived)
    return event


def test_a_text_says_who_wrote_what_and_when() -> None:
    assert read_one(message=message(text="Oi")) == MessageArrived(
        account=None,
        dedup_key="m:77:5",
        occurred_at=datetime(2030, 1, 2, 9, 0, tzinfo=UTC),
        peer=PEER,
        provider_id="77:5",
        parts=(Text(text="Oi"),),
    )


PLACE = {"latitude": -23.5, "longitude": -46.6}


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ({"text": ""}, Text(text="")),
        (
            {
                "photo": [
                    {"file_id": "S", "width": 9, "height": 9, "file_size": 1},
                    {"file_id": "L", "width": 90, "height": 90, "file_size": 9},
                    {"file_id": "M", "width": 30, "height": 30, "file_size": 3},
                ],
                "caption": "a nota",
            },
            Media(media=MediaKind.IMAGE, reference="L", size=9, caption="a nota"),
        ),
        ({"voice": {"file_id": "V"}}, Media(media=MediaKind.VOICE, reference="V")),
        (
            {"audio": {"file_id": "A", "mime_type": "audio/mpeg", "title": "Samba"}},
            Media(media=MediaKind.AUDIO, reference="A", mime="audio/mpeg", name="Samba"),
        ),
        (
            {"video": {"file_id": "V", "file_name": "v.mp4", "file_size": 7}},
            Media(media=MediaKind.VIDEO, reference="V", name="v.mp4", size=7),
        ),
        ({"video_note": {"file_id": "N"}}, Media(media=MediaKind.VIDEO, reference="N")),
        (
            {"document": {"file_id": "twin"}, "animation": {"file_id": "G"}},
            Media(media=MediaKind.VIDEO, reference="G"),
        ),
        (
            {"live_photo": {"file_id": "V", "photo": [{"file_id": "S"}]}},
            Media(media=MediaKind.VIDEO, reference="V"),
        ),
        (
            {"live_photo": {"photo": [{"file_id": "S"}]}},
            Media(media=MediaKind.IMAGE, reference="S"),
        ),
        (
            {"paid_media": {"paid_media": [{"type": "photo", "photo": [{"file_id": "S"}]}]}},
            Media(media=MediaKind.IMAGE, reference="S"),
        ),
        (
            {"paid_media": {"paid_media": [{"type": "preview", "duration": 3}]}},
            Share(what="paid_media"),
        ),
        ({"document": {"file_id": "D"}}, Media(media=MediaKind.DOCUMENT, reference="D")),
        ({"sticker": {"file_id": "S"}}, Media(media=MediaKind.STICKER, reference="S")),
        ({"location": PLACE}, Location(latitude=-23.5, longitude=-46.6)),
        (
            {"location": PLACE, "venue": {"location": PLACE, "title": "Sé", "address": "Centro"}},
            Location(latitude=-23.5, longitude=-46.6, name="Sé", address="Centro"),
        ),
        (
            {"contact": {"phone_number": "+5511900000002", "first_name": "Bia"}},
            ContactCard(name="Bia", phones=("+5511900000002",)),
        ),
        ({"poll": {"question": "Quando?"}}, Share(what="poll", title="Quando?")),
        ({"dice": {"emoji": "🎲", "value": 4}}, Share(what="dice", title="🎲 4")),
        ({"story": {"id": 1}}, Share(what="story")),
        (
            {"checklist": {"title": "Feira", "tasks": [{"text": "Uva"}, {}]}},
            Share(what="checklist", title="Feira\n• Uva"),
        ),
        ({"web_app_data": {"data": "d", "button_text": "B"}}, Choice(id="d", title="B")),
        (
            {"rich_message": {"blocks": [{"text": ["a ", {"text": "b"}]}, {"text": "c"}]}},
            Text(text="a b\nc"),
        ),
    ],
)
def test_every_documented_kind_has_its_part(content: dict[str, Any], part: Part) -> None:
    assert arrived(**content).parts == (part,)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"hologram": {"x": 1}}, "hologram"),
        ({"photo": []}, "photo"),
        ({"photo": "x"}, "photo"),
        ({"text": 7}, "text"),
        ({"location": {"latitude": 1}}, "location"),
        ({"contact": {}}, "contact"),
        ({}, "unknown"),
    ],
)
def test_what_a_client_wrote_is_shown_even_where_it_is_not_understood(
    content: dict[str, Any], what: str
) -> None:
    """M4"""
    (part,) = arrived(**content).parts
    assert isinstance(part, Unsupported)
    assert part.what == what
    assert orjson.loads(part.raw) == message(**content)


def test_the_caption_of_something_new_is_read_all_the_same() -> None:
    first, kept = arrived(hologram={"star_count": 1}, caption="a nota").parts
    assert first == Text(text="a nota")
    assert isinstance(kept, Unsupported)


@pytest.mark.parametrize(
    "service",
    ["new_chat_members", "pinned_message", "successful_payment", "forum_topic_closed"],
)
def test_a_service_message_is_no_client_message(service: str) -> None:
    event = read_one(message=message(**{service: {"a": 1}}))
    assert isinstance(event, Notice)
    assert (event.code, event.why) == (f"service.{service}", "notice")


def test_a_service_message_of_tomorrow_is_known_by_its_name() -> None:
    """M4"""
    event = read_one(message=message(garden_gate_opened={}))
    assert isinstance(event, Notice)
    assert (event.code, event.why) == ("service.garden_gate_opened", "unknown")


def test_a_group_and_its_topics_are_threads_of_their_own() -> None:
    group = arrived(text="Oi", chat=GROUP, message_thread_id=9)
    topic = arrived(text="Oi", chat=GROUP, message_thread_id=9, is_topic_message=True)
    assert (group.thread, topic.thread) == ("-100500", "-100500:9")
    assert group.peer == topic.peer == PEER
    assert group.provider_id == "-100500:5"


def test_a_group_is_known_without_its_type() -> None:
    assert arrived(text="Oi", chat={"id": -100500}).thread == "-100500"
    assert arrived(text="Oi", chat={"id": 77}).thread is None
    assert arrived(text="Oi", chat={"id": 77, "type": 7}).thread is None


def test_a_channel_that_speaks_in_a_group_is_the_peer() -> None:
    event = arrived(text="Oi", chat=GROUP, sender_chat={"id": -100900, "title": "Loja"})
    assert event.peer == Peer((Identity("telegram.chat", "-100900"),), "Loja")


def test_a_private_chat_says_who_writes_where_the_sender_is_left_out() -> None:
    whole = message(text="Oi")
    del whole["from"]
    event = read_one(message=whole)
    assert isinstance(event, MessageArrived)
    assert event.peer == PEER


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"id": 77, "username": "ana"}, "@ana"),
        ({"id": 77, "last_name": "Lima"}, "Lima"),
        ({"id": 77}, None),
    ],
)
def test_a_client_without_a_first_name_has_the_next_best_one(
    person: dict[str, Any], name: str | None
) -> None:
    assert arrived(text="Oi", **{"from": person}).peer.name == name


def test_a_message_says_what_it_answers_and_whether_it_was_forwarded() -> None:
    event = arrived(text="Oi", reply_to_message={"message_id": 3}, forward_origin={"type": "user"})
    assert (event.reply_to, event.forwarded) == ("77:3", True)


def test_the_first_message_of_a_topic_is_not_an_answer_to_the_topic() -> None:
    root = {"message_id": 9, "forum_topic_created": {"name": "x"}}
    assert arrived(text="Oi", chat=GROUP, reply_to_message=root).reply_to is None


def test_the_payload_of_the_link_to_the_bot_is_what_brought_the_client() -> None:
    assert arrived(text="/start anuncio-7").referral == '{"start":"anuncio-7"}'
    assert arrived(text="/start").referral is None


def test_an_edit_is_about_the_original_and_each_edit_has_its_own_key() -> None:
    """M9: two edits in one second are two edits."""
    edits = [
        read_one(update_id=n, edited_message=message(text=text, edit_date=1893574860))
        for n, text in enumerate(("Olá", "Olá!", "Olá"))
    ]
    assert [e.parts for e in edits if isinstance(e, MessageWasEdited)] == [
        (Text(text="Olá"),),
        (Text(text="Olá!"),),
        (Text(text="Olá"),),
    ]
    assert len({e.dedup_key for e in edits} | {"m:77:5"}) == 4
    assert {e.provider_id for e in edits if isinstance(e, MessageWasEdited)} == {"77:5"}
    assert edits[0].occurred_at == datetime(2030, 1, 2, 9, 1, tzinfo=UTC)


def test_a_message_is_the_same_message_under_another_update_id() -> None:
    """M1: those restart after a quiet week; the message's own number does not."""
    keys = {read(update_id=n, message=message(text="Oi"))[0].dedup_key for n in (1, 2)}
    assert len(keys) == 1


KEYBOARD = {"inline_keyboard": [[{"text": "Sim", "callback_data": "y"}, "x"], "x"]}


def test_a_pressed_button_is_an_answer_of_the_clients() -> None:
    asked = message(text="Confirma?", reply_markup=KEYBOARD, date=0)
    event = read_one(callback_query={"id": "666", "from": ANA, "message": asked, "data": "y"})
    assert event == MessageArrived(
        account=None,
        dedup_key="c:666",
        occurred_at=NOW,
        peer=PEER,
        provider_id="callback:666",
        parts=(Choice(id="y", title="Sim"),),
        reply_to="77:5",
    )


def test_a_pressed_button_without_a_message_is_kept_as_a_notice() -> None:
    """M4"""
    event = read_one(callback_query={"id": "666", "from": ANA, "message": None, "data": "y"})
    assert isinstance(event, Notice)
    assert event.code == "callback_query"


HEART, CLOWN = {"type": "emoji", "emoji": "❤️"}, {"type": "emoji", "emoji": "🤡"}


@pytest.mark.parametrize(
    ("old", "new", "emoji"),
    [
        ([], [HEART], "❤️"),
        ([HEART], [HEART, CLOWN], "🤡"),
        ([HEART, CLOWN], [HEART], "❤️"),
        ([HEART], [], None),
        ([], [{"type": "paid"}], "⭐"),
        ([], [{"type": "custom_emoji", "custom_emoji_id": "1"}], "❔"),
    ],
)
def test_a_reaction_is_the_emoji_added_last(old: Any, new: Any, emoji: str | None) -> None:
    """M9"""
    reaction = {"chat": PRIVATE, "message_id": 5, "user": ANA, "date": 1893574800}
    event = read_one(message_reaction={**reaction, "old_reaction": old, "new_reaction": new})
    assert isinstance(event, ReactionArrived)
    assert (event.provider_id, event.emoji, event.peer) == ("77:5", emoji, PEER)


@pytest.mark.parametrize(
    ("status", "consent"), [("kicked", Consent.BLOCKED), ("member", Consent.OPTED_IN)]
)
def test_blocking_the_bot_is_consent_taken_back(status: str, consent: Consent) -> None:
    change = {"chat": PRIVATE, "from": ANA, "date": 1, "new_chat_member": {"status": status}}
    event = read_one(my_chat_member=change)
    assert isinstance(event, ConsentChanged)
    assert (event.consent, event.peer) == (consent, PEER)


def test_who_takes_the_bot_out_of_a_group_has_not_blocked_it() -> None:
    change = {"chat": GROUP, "from": ANA, "date": 1, "new_chat_member": {"status": "kicked"}}
    assert isinstance(read_one(my_chat_member=change), Notice)


def test_a_business_chat_is_apart_from_the_bots_own_and_its_owner_is_an_echo() -> None:
    """Its messages are numbered by another account: the same number is another message."""
    theirs = read_one(business_message=message(text="Oi", business_connection_id="C"))
    owner = {"id": 1, "first_name": "Loja"}
    ours = read_one(
        business_message=message(text="Oi, Ana", business_connection_id="C", **{"from": owner})
    )
    assert isinstance(theirs, MessageArrived)
    assert isinstance(ours, EchoArrived)
    assert theirs.thread == ours.thread == "77@C"
    assert theirs.peer == ours.peer == PEER
    assert theirs.dedup_key == "m:77@C:5"


def test_what_the_bot_itself_wrote_is_an_echo() -> None:
    event = read_one(message=message(text="Oi", **{"from": {"id": 4200, "is_bot": True}}))
    assert isinstance(event, EchoArrived)
    assert event.peer == PEER


def test_every_deleted_business_message_is_told_alone() -> None:
    """M9"""
    events = read(deleted_business_messages={"chat": PRIVATE, "message_ids": [5, 6, "x"]})
    ids = [e.provider_id for e in events if isinstance(e, MessageWasDeleted)]
    assert ids == ["77:5", "77:6"]
    assert len({e.dedup_key for e in events}) == 2


@pytest.mark.parametrize(
    ("update", "code", "why"),
    [
        ({"channel_post": message(text="x")}, "channel_post", "notice"),
        ({"poll": {"id": "1"}}, "poll", "notice"),
        ({"hologram": {"id": "1"}}, "hologram", "unknown"),
        ({"message": "x"}, "message", "unreadable"),
        ({}, "empty", "unknown"),
        ({"message": {"text": "Oi"}}, "message-without-sender", "unreadable"),
        ({"message": {"text": "Oi", "chat": GROUP}}, "message-without-sender", "unreadable"),
    ],
)
def test_whatever_no_chat_is_told_about_is_kept_as_a_notice(
    update: dict[str, Any], code: str, why: str
) -> None:
    """M4"""
    event = read_one(**update)
    assert isinstance(event, Notice)
    assert (event.code, event.why) == (code, why)


def test_a_new_key_beside_a_message_hides_neither() -> None:
    """M4"""
    events = read(message=message(text="Oi"), hologram={"x": 1})
    assert [type(event) for event in events] == [MessageArrived, Notice]


def test_a_body_that_is_no_update_is_kept_as_it_came() -> None:
    """M4"""
    (event,) = telegram().parse(request(b"\xff\x00"))
    assert isinstance(event, Notice)
    assert (event.why, event.raw) == ("unreadable", "data:application/octet-stream;base64,/wA=")


def test_the_words_beside_what_is_paid_for_are_read_once() -> None:
    paid = [{"type": "video", "video": {"file_id": n}} for n in ("V", "W")]
    parts = arrived(paid_media={"star_count": 1, "paid_media": paid}, caption="veja").parts
    assert parts == (
        Text(text="veja"),
        Media(media=MediaKind.VIDEO, reference="V"),
        Media(media=MediaKind.VIDEO, reference="W"),
    )


def test_every_kind_of_message_and_update_that_another_client_knows_is_known_here() -> None:
    """M4: aiogram follows the Bot API from release to release."""
    messages = {field.alias or name for name, field in aiogram.Message.model_fields.items()}
    updates = {field.alias or name for name, field in aiogram.Update.model_fields.items()}
    for key in messages:
        event = read_one(message=message(**{key: {"x": 1}}))
        assert not isinstance(event, Notice) or event.why != "unknown", key
    for key in updates - {"update_id"}:
        event = read_one(**{key: {"x": 1}})
        assert isinstance(event, Notice), key
        assert event.why != "unknown", key


def test_each_clients_direct_messages_to_a_channel_are_a_talk_of_their_own() -> None:
    chat = {"id": -100700, "title": "Canal", "type": "supergroup", "is_direct_messages": True}
    topic = {"topic_id": 77, "user": ANA}
    asked = arrived(text="Oi", chat=chat, direct_messages_topic=topic)
    assert (asked.thread, asked.peer) == ("-100700~77", PEER)
    ours = message(text="Oi, Ana", chat=chat, direct_messages_topic=topic, sender_chat=chat)
    echo = read_one(message={**ours, "from": {"id": 9, "first_name": "Davi"}})
    assert isinstance(echo, EchoArrived)
    assert (echo.thread, echo.peer) == (asked.thread, PEER)
