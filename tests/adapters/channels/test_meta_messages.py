"""Messenger's and Instagram's messages as canonical values, by their documented shapes."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from adapters.channels.base import ChannelAdapter
from domain.chat.events import MessageState
from domain.content import (
    Choice,
    Location,
    Media,
    MediaKind,
    Part,
    Share,
    Text,
    Unsupported,
    kind_of,
    words_of,
)
from domain.inbound import (
    AccountRef,
    Consent,
    ConsentChanged,
    DeliveryReported,
    EchoArrived,
    MessageArrived,
    MessageWasDeleted,
    MessageWasEdited,
    Notice,
    Peer,
    ReactionArrived,
)
from domain.values import Identity
from tests.adapters.channels.kit import NOW
from tests.adapters.channels.meta_kit import (
    ACCOUNT,
    BIA,
    BOTH,
    attached,
    body,
    from_bia,
    instagram,
    messenger,
    read,
    read_one,
    said,
)

EACH = pytest.mark.parametrize("adapter", BOTH, ids=lambda adapter: adapter.meta.kind)
LINK = "https://scontent.xx.fbcdn.net/v/1.jpg?oh=a&oe=b"


def arrived(adapter: ChannelAdapter, item: dict[str, Any]) -> MessageArrived:
    event = read_one(adapter, item)
    assert isinstance(event, MessageArrived)
    return event


@pytest.mark.parametrize(
    ("adapter", "account", "peer"),
    [
        (messenger(), "messenger.page", "messenger.psid"),
        (instagram(), "instagram.account", "instagram.igsid"),
    ],
)
def test_a_text_says_who_wrote_what_to_which_account_and_when(
    adapter: ChannelAdapter, account: str, peer: str
) -> None:
    assert read_one(adapter, said(text="Oi")) == MessageArrived(
        account=AccountRef(account, ACCOUNT),
        dedup_key="m:m_1",
        occurred_at=datetime(2030, 1, 2, 9, 0, tzinfo=UTC),
        peer=Peer((Identity(peer, BIA),)),
        provider_id="m_1",
        parts=(Text(text="Oi"),),
    )
    assert adapter.account_ref() == AccountRef(account, ACCOUNT)


@EACH
@pytest.mark.parametrize(
    ("type_", "payload", "part"),
    [
        ("image", {"url": LINK}, Media(media=MediaKind.IMAGE, reference=LINK)),
        (
            "image",
            {"url": LINK, "sticker_id": 369239263222822},
            Media(media=MediaKind.STICKER, reference=LINK),
        ),
        ("sticker", {"url": LINK}, Media(media=MediaKind.STICKER, reference=LINK)),
        ("audio", {"url": LINK}, Media(media=MediaKind.AUDIO, reference=LINK)),
        ("video", {"url": LINK}, Media(media=MediaKind.VIDEO, reference=LINK)),
        (
            "file",
            {"url": LINK, "name": "nota.pdf", "size": "7"},
            Media(media=MediaKind.DOCUMENT, reference=LINK, name="nota.pdf", size=7),
        ),
        (
            "location",
            {"coordinates": {"lat": -23.5, "long": 0}},
            Location(latitude=-23.5, longitude=0.0),
        ),
        ("fallback", {"url": LINK, "title": "Loja"}, Share(what="link", title="Loja", link=LINK)),
        ("share", {"url": LINK}, Share(what="post", link=LINK)),
        ("ig_post", {"url": LINK, "title": "T"}, Share(what="post", title="T", link=LINK)),
        ("ig_reel", {"reel_video_id": 1, "url": LINK}, Share(what="reel", link=LINK)),
        ("reel", {"url": LINK}, Share(what="reel", link=LINK)),
        ("story_mention", {"url": LINK}, Share(what="story-mention", link=LINK)),
        ("like_heart", {}, Text(text="\u2764\ufe0f")),
        (
            "template",
            {"template_type": "generic", "elements": [{"title": "Vestido"}]},
            Share(what="template", title="Vestido"),
        ),
        ("template", {"text": "Pronto?", "buttons": []}, Share(what="template", title="Pronto?")),
        ("hologram", {"url": LINK}, Share(what="hologram", link=LINK)),
    ],
)
def test_every_documented_attachment_has_its_part(
    adapter: ChannelAdapter, type_: str, payload: dict[str, Any], part: Part
) -> None:
    assert arrived(adapter, attached(type_, **payload)).parts == (part,)


@EACH
def test_several_files_and_a_text_are_one_message_of_several_parts(
    adapter: ChannelAdapter,
) -> None:
    files = [{"type": kind, "payload": {"url": LINK}} for kind in ("image", "audio")]
    event = arrived(adapter, said(text="Veja", attachments=files))
    assert [part.kind for part in event.parts] == ["text", "media", "media"]


@EACH
@pytest.mark.parametrize(
    ("message", "what"),
    [
        ({"is_unsupported": True}, "unsupported"),
        ({"attachments": [{"type": "ephemeral"}]}, "ephemeral"),
        ({"attachments": [{"type": "unsupported_type", "payload": {}}]}, "unsupported_type"),
        ({"attachments": [{"type": "image", "payload": {}}]}, "image"),
        ({"attachments": [{"type": "location", "payload": None}]}, "location"),
        ({"attachments": [{"type": "hologram"}]}, "hologram"),
        ({"attachments": [{}]}, "unknown"),
        ({"gesture": {"x": 1}}, "gesture"),
        ({}, "message"),
    ],
)
def test_what_a_client_wrote_is_shown_even_where_it_is_not_understood(
    adapter: ChannelAdapter, message: dict[str, Any], what: str
) -> None:
    """M4"""
    (part,) = arrived(adapter, said(**message)).parts
    assert isinstance(part, Unsupported)
    assert part.what == what
    whole = said(**message)["message"]
    assert orjson.loads(part.raw) in [whole, *message.get("attachments", [])]


@EACH
def test_a_quick_reply_and_a_postback_are_choices(adapter: ChannelAdapter) -> None:
    reply = arrived(adapter, said(text="Sim", quick_reply={"payload": "yes"}))
    pressed = arrived(
        adapter, from_bia(postback={"mid": "m_2", "payload": "start", "title": "Começar"})
    )
    assert reply.parts == (Choice(id="yes", title="Sim"),)
    assert pressed.parts == (Choice(id="start", title="Começar"),)
    assert (pressed.provider_id, pressed.dedup_key) == ("m_2", "m:m_2")


@EACH
def test_a_postback_without_id_is_known_by_its_content(adapter: ChannelAdapter) -> None:
    """M1: and the same button pressed again is another one."""
    pressed = from_bia(postback={"payload": "start"})
    first, again = arrived(adapter, pressed), arrived(adapter, dict(reversed(pressed.items())))
    later = arrived(adapter, {**pressed, "timestamp": pressed["timestamp"] + 1})
    assert first.dedup_key == again.dedup_key != later.dedup_key


@EACH
def test_a_message_says_what_it_answers_and_where_it_comes_from(adapter: ChannelAdapter) -> None:
    referral = {"source": "ADS", "ad_id": "6", "ads_context_data": {"ad_title": "Vestidos"}}
    event = arrived(adapter, said(text="Oi", reply_to={"mid": "m_0"}, referral=referral))
    assert event.reply_to == "m_0"
    assert orjson.loads(event.referral or "") == referral
    started = arrived(adapter, from_bia(postback={"payload": "p", "referral": referral}))
    assert orjson.loads(started.referral or "") == referral


def test_an_answer_to_a_story_shows_the_story() -> None:
    story = {"id": "17", "url": LINK}
    event = arrived(instagram(), said(text="Lindo!", reply_to={"story": story}))
    assert event.parts == (Text(text="Lindo!"), Share(what="story", link=LINK))
    assert (kind_of(event.parts), event.reply_to) == ("text", None)


@EACH
def test_an_unsent_message_is_deleted(adapter: ChannelAdapter) -> None:
    """M9"""
    event = read_one(adapter, said(is_deleted=True))
    assert isinstance(event, MessageWasDeleted)
    assert (event.provider_id, event.dedup_key) == ("m_1", "d:m_1")


def test_an_edited_message_has_new_words() -> None:
    """M9: and each edit is one of its own."""
    first, second = (
        read_one(messenger(), from_bia(message_edit={"mid": "m_1", "text": text, "num_edit": n}))
        for n, text in enumerate(("Oi!", "Oi!!"))
    )
    assert isinstance(first, MessageWasEdited)
    assert (first.provider_id, words_of(first.parts)) == ("m_1", "Oi!")
    assert first.dedup_key != second.dedup_key


@EACH
@pytest.mark.parametrize(
    ("reaction", "emoji"),
    [
        ({"action": "react", "emoji": "❤️", "reaction": "love"}, "❤️"),
        ({"action": "react", "reaction": "like"}, "👍"),
        ({"action": "react", "reaction": "other"}, "other"),
        ({"action": "unreact", "emoji": "❤️"}, None),
        ({"action": "unreact"}, None),
    ],
)
def test_a_reaction_is_put_on_or_taken_back(
    adapter: ChannelAdapter, reaction: dict[str, Any], emoji: str | None
) -> None:
    """M9"""
    event = read_one(adapter, from_bia(reaction={"mid": "m_0", **reaction}))
    assert isinstance(event, ReactionArrived)
    assert (event.provider_id, event.emoji) == ("m_0", emoji)


def echo(**message: Any) -> dict[str, Any]:
    sides = {"sender": {"id": ACCOUNT}, "recipient": {"id": BIA}}
    return {**said(is_echo=True, **message), **sides}


@EACH
def test_what_is_written_in_the_providers_app_is_an_echo_to_the_client(
    adapter: ChannelAdapter,
) -> None:
    event = read_one(adapter, echo(text="Oi, Bia", app_id=1))
    assert isinstance(event, EchoArrived)
    assert (event.provider_id, event.dedup_key) == ("m_1", "m:m_1")
    assert (event.peer.identities[0].value, words_of(event.parts)) == (BIA, "Oi, Bia")


def test_the_echo_of_our_own_message_tells_that_it_has_left() -> None:
    """M6: also of one whose answer was lost."""
    event = read_one(messenger(), echo(text="Oi, Bia", metadata="recado:our-id"))
    assert isinstance(event, DeliveryReported)
    assert (event.state, event.provider_id) == (MessageState.SENT, "m_1")
    assert event.correlation == "our-id"


@EACH
def test_another_applications_metadata_is_not_taken_for_ours(adapter: ChannelAdapter) -> None:
    assert isinstance(read_one(adapter, echo(text="Oi", metadata="our-id")), EchoArrived)


def test_a_watermark_tells_how_far_everything_to_a_client_has_come() -> None:
    """M6"""
    item = from_bia(delivery={"mids": ["m_1", "m_2"], "watermark": 1893574800123})
    one, two, all_ = read(messenger(), body(item))
    assert isinstance(one, DeliveryReported)
    assert isinstance(two, DeliveryReported)
    assert isinstance(all_, DeliveryReported)
    assert [one.provider_id, two.provider_id, all_.provider_id] == ["m_1", "m_2", None]
    assert {e.state for e in (one, two, all_)} == {MessageState.DELIVERED}
    assert all_.watermark == datetime(2030, 1, 2, 9, 0, 0, 123000, tzinfo=UTC)
    assert all_.peer == Peer((Identity("messenger.psid", BIA),))
    assert len({e.dedup_key for e in (one, two, all_)}) == 3


def test_reading_is_told_by_watermark_or_by_message() -> None:
    """M6: Messenger says up to when, Instagram which one."""
    up_to = read_one(messenger(), from_bia(read={"watermark": 1893574800000}))
    which = read_one(instagram(), from_bia(read={"mid": "m_1"}))
    assert isinstance(up_to, DeliveryReported)
    assert isinstance(which, DeliveryReported)
    assert (up_to.state, up_to.provider_id, up_to.watermark) == (MessageState.READ, None, NOW)
    assert (which.state, which.provider_id, which.watermark) == (MessageState.READ, "m_1", None)
    assert which.dedup_key == "s:m_1:read"


@EACH
@pytest.mark.parametrize(
    ("optin", "consent", "scope"),
    [
        ({"ref": "plugin"}, Consent.OPTED_IN, "all"),
        (
            {"type": "notification_messages", "topic": "ofertas"},
            Consent.OPTED_IN,
            "ofertas",
        ),
        (
            {
                "type": "notification_messages",
                "notification_messages_status": "STOP_NOTIFICATIONS",
            },
            Consent.OPTED_OUT,
            "notification_messages",
        ),
    ],
)
def test_an_optin_is_consent(
    adapter: ChannelAdapter, optin: dict[str, Any], consent: Consent, scope: str
) -> None:
    event = read_one(adapter, from_bia(optin=optin))
    assert isinstance(event, ConsentChanged)
    assert (event.consent, event.scope) == (consent, scope)


@EACH
def test_while_another_application_holds_the_thread_clients_are_still_heard(
    adapter: ChannelAdapter,
) -> None:
    """M4"""
    (event,) = read(adapter, body(said(text="Oi"), list_name="standby"))
    assert isinstance(event, MessageArrived)


@pytest.mark.parametrize("make", [messenger, instagram])
def test_who_leaves_standby_to_others_keeps_it_as_a_notice(make: Any) -> None:
    (event,) = read(make(standby=False), body(said(text="Oi"), list_name="standby"))
    assert isinstance(event, Notice)
    assert (event.code, event.why) == ("standby", "notice")
    assert "Oi" in event.raw


@EACH
@pytest.mark.parametrize(
    ("item", "code", "why"),
    [
        (from_bia(referral={"ref": "r", "source": "SHORTLINK"}), "referral", "notice"),
        (from_bia(account_linking={"status": "linked"}), "account_linking", "notice"),
        (from_bia(pass_thread_control={"new_owner_app_id": 1}), "pass_thread_control", "notice"),
        (from_bia(app_roles={"1": ["primary_receiver"]}), "app_roles", "notice"),
        (from_bia(**{"policy-enforcement": {"action": "block"}}), "policy-enforcement", "notice"),
        (from_bia(optin={}, sender=None), "optin", "notice"),
        (from_bia(foo={"x": 1}), "foo", "unknown"),
        (from_bia(), "nothing", "unknown"),
        ({}, "nothing", "unknown"),
        (from_bia(message={"text": "Oi"}, sender={}), "message-without-sender", "unreadable"),
        (from_bia(reaction={"action": "react"}), "reaction", "unreadable"),
        (from_bia(message_edit={"text": "x"}), "message_edit", "unreadable"),
        (from_bia(delivery={"mids": 7}), "delivery", "unknown"),
    ],
)
def test_whatever_no_chat_is_told_about_is_kept_as_a_notice(
    adapter: ChannelAdapter, item: dict[str, Any], code: str, why: str
) -> None:
    """M4"""
    event = read_one(adapter, item)
    assert isinstance(event, Notice)
    assert (event.code, event.why) == (code, why)
    assert orjson.loads(event.raw) == item


@EACH
@pytest.mark.parametrize(
    ("time", "read_as"),
    [
        (1893574800000, NOW),
        ("1893574800", NOW),
        ("2030-01-02T06:00:00-0300", NOW),
        ("2030-01-02T09:00:00", None),
        ("soon", None),
        (None, None),
    ],
)
def test_a_time_is_read_in_each_way_that_it_is_written(
    adapter: ChannelAdapter, time: Any, read_as: datetime | None
) -> None:
    event = read_one(adapter, {**said(text="Oi"), "timestamp": time})
    sent_with_its_entry = datetime(2030, 1, 2, 9, 0, 0, 5000, tzinfo=UTC)
    assert event.occurred_at == (read_as or sent_with_its_entry)


@EACH
@pytest.mark.parametrize(
    "wrap",
    [
        lambda item: item,
        lambda item: {"messaging": [item]},
        lambda item: {"field": "messages", "value": item},
        lambda item: {"entry": {"id": "0", "changes": [{"field": "messages", "value": item}]}},
        lambda item: {"entry": [{"messaging": item}]},
    ],
)
def test_an_item_is_read_in_whatever_frame_the_console_sends_it(
    adapter: ChannelAdapter, wrap: Any
) -> None:
    (event,) = read(adapter, wrap(said(text="Oi")))
    assert isinstance(event, MessageArrived)
    assert event.peer.identities[0].value == BIA


@EACH
def test_the_account_is_nobody_to_talk_with(adapter: ChannelAdapter) -> None:
    """An echo whose sides are swapped, as some deliveries have them, is still to the client."""
    swapped = {**echo(text="Oi"), "sender": {"id": BIA}, "recipient": {"id": ACCOUNT}}
    event = read_one(adapter, swapped)
    assert isinstance(event, EchoArrived)
    assert event.peer.identities[0].value == BIA


@EACH
@pytest.mark.parametrize(
    ("payload", "title", "link"),
    [
        ({"product": {"elements": [{"title": "A"}, {"title": "B"}]}}, "A, B", None),
        ({"template_type": "media", "elements": [{"url": LINK}]}, None, LINK),
    ],
)
def test_a_template_is_called_by_what_it_lists(
    adapter: ChannelAdapter, payload: dict[str, Any], title: str | None, link: str | None
) -> None:
    said_so = arrived(adapter, attached("template", **payload))
    assert said_so.parts == (Share(what="template", title=title, link=link),)


@EACH
def test_a_change_of_the_profile_is_told_apart_from_one_of_a_talk(adapter: ChannelAdapter) -> None:
    """M4: what may hold a client's words is listed as not understood."""
    changes = [{"field": name, "value": {"x": 1}} for name in ("birthday", "message_holograms")]
    profile, talk = read(adapter, body(*changes, list_name="changes"))
    assert isinstance(profile, Notice)
    assert isinstance(talk, Notice)
    assert (profile.why, talk.why) == ("notice", "unknown")
