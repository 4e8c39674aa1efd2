"""VK's events as canonical values, by the shapes that its documentation gives."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    words_of,
)
from domain.inbound import (
    AccountRef,
    Consent,
    ConsentChanged,
    DeliveryReported,
    EchoArrived,
    FromPeer,
    InboundEvent,
    MessageArrived,
    MessageWasDeleted,
    MessageWasEdited,
    Notice,
    Peer,
    ReactionArrived,
)
from domain.values import Identity
from tests.adapters.channels.kit import NOW, paths_in, recordings, replaced, without_each_key
from tests.adapters.channels.test_totality import JSON, JUNK, check
from tests.adapters.channels.vk_kit import (
    ANA,
    CHAT,
    GROUP,
    SECRET,
    event,
    message,
    posted,
    read,
    vk,
)

PEER = Peer((Identity("vk.user", str(ANA)),))
OURS = AccountRef("vk.group", str(GROUP))


def arrived(**content: Any) -> MessageArrived:
    got = read("message_new", {"message": message(**content), "client_info": {}})
    assert isinstance(got, MessageArrived)
    return got


def test_a_text_says_who_wrote_what_and_when() -> None:
    assert arrived(text="Oi") == MessageArrived(
        account=OURS,
        dedup_key="m:77:5",
        occurred_at=datetime(2030, 1, 2, 9, 0, tzinfo=UTC),
        peer=PEER,
        provider_id="77:5",
        parts=(Text(text="Oi"),),
    )


def test_a_message_of_before_version_5_103_is_read_as_well() -> None:
    """M4"""
    assert read("message_new", message(text="Oi")) == arrived(text="Oi")
    old = {"id": 100, "user_id": ANA, "date": 1893574800, "body": "Oi"}
    got = read("message_new", old)
    assert isinstance(got, MessageArrived)
    assert (got.peer, got.parts, got.provider_id) == (PEER, (Text(text="Oi"),), "77:id100")


URL = "https://sun9-1.userapi.test/x"
NAMED = {"owner_id": 77, "id": 9, "access_key": "k"}


@pytest.mark.parametrize(
    ("kind", "thing", "part"),
    [
        (
            "photo",
            {
                "sizes": [
                    {"url": f"{URL}s", "width": 9, "height": 9},
                    {"url": f"{URL}l", "width": 90, "height": 90},
                    {"url": f"{URL}m", "width": 30, "height": 30},
                ]
            },
            Media(media=MediaKind.IMAGE, reference=f"{URL}l"),
        ),
        (
            "photo",
            {"orig_photo": {"url": URL}, "sizes": []},
            Media(media=MediaKind.IMAGE, reference=URL),
        ),
        (
            "photo",
            {"photo_75": f"{URL}75", "photo_604": f"{URL}604"},
            Media(media=MediaKind.IMAGE, reference=f"{URL}604"),
        ),
        ("photo", NAMED, Media(media=MediaKind.IMAGE, reference="photo77_9_k")),
        (
            "video",
            {**NAMED, "title": "Férias"},
            Media(media=MediaKind.VIDEO, reference="video77_9_k", name="Férias"),
        ),
        (
            "audio",
            {"artist": "Ana", "title": "Samba", "url": URL},
            Media(media=MediaKind.AUDIO, reference=URL, mime="audio/mpeg", name="Ana - Samba"),
        ),
        (
            "audio_message",
            {"link_ogg": URL, "link_mp3": "x", "duration": 3},
            Media(media=MediaKind.VOICE, reference=URL, mime="audio/ogg"),
        ),
        (
            "audio_message",
            {"link_mp3": URL, "transcript": "oi"},
            Media(media=MediaKind.VOICE, reference=URL, mime="audio/mpeg", caption="oi"),
        ),
        (
            "doc",
            {"url": URL, "title": "nota.pdf", "size": 7, "type": 1},
            Media(media=MediaKind.DOCUMENT, reference=URL, name="nota.pdf", size=7),
        ),
        ("doc", {"url": URL, "type": 3}, Media(media=MediaKind.IMAGE, reference=URL)),
        ("doc", {"url": URL, "type": 5}, Media(media=MediaKind.AUDIO, reference=URL)),
        ("doc", {"url": URL, "type": 6}, Media(media=MediaKind.VIDEO, reference=URL)),
        (
            "doc",
            {"preview": {"audio_msg": {"link_ogg": URL}}},
            Media(media=MediaKind.VOICE, reference=URL, mime="audio/ogg"),
        ),
        (
            "sticker",
            {"sticker_id": 5, "images": [{"url": URL, "width": 64, "height": 64}]},
            Media(media=MediaKind.STICKER, reference=URL),
        ),
        ("sticker", {"sticker_id": 5}, Media(media=MediaKind.STICKER, reference="sticker5")),
        ("graffiti", {"url": URL}, Media(media=MediaKind.IMAGE, reference=URL)),
        (
            "link",
            {"url": "https://x.test/", "title": "X"},
            Share(what="link", title="X", link="https://x.test/"),
        ),
        (
            "wall",
            {"owner_id": -1, "id": 2, "text": "Promoção"},
            Share(what="wall", title="Promoção", link="https://vk.com/wall-1_2"),
        ),
        (
            "market",
            {"owner_id": -1, "id": 2, "title": "Blusa"},
            Share(what="market", title="Blusa", link="https://vk.com/market-1_2"),
        ),
        ("gift", {"id": 1}, Share(what="gift")),
        ("poll", {"question": "Quando?"}, Share(what="poll", title="Quando?")),
    ],
)
def test_every_documented_attachment_has_its_part(kind: str, thing: Any, part: Part) -> None:
    """M8"""
    got = arrived(text="veja", attachments=[{"type": kind, kind: thing}])
    assert got.parts == (Text(text="veja"), part)
    assert arrived(text="", attachments=[{"type": kind, kind: thing}]).parts == (part,)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"attachments": [{"type": "hologram", "hologram": {"x": 1}}]}, "hologram"),
        ({"attachments": [{"type": "photo"}]}, "photo"),
        ({"attachments": [{}]}, "attachment"),
        ({"geo": {"type": "point"}}, "geo"),
        ({}, "unknown"),
    ],
)
def test_what_a_client_sent_is_shown_even_where_it_is_not_understood(
    content: dict[str, Any], what: str
) -> None:
    """M4"""
    (part,) = arrived(**content).parts
    assert isinstance(part, Unsupported)
    assert part.what == what
    assert isinstance(orjson.loads(part.raw), dict)


@pytest.mark.parametrize(
    "geo",
    [
        {"coordinates": {"latitude": -23.5, "longitude": -46.6}, "place": {"title": "Sé"}},
        {"coordinates": "-23.5 -46.6", "place": {"title": "Sé"}},
        {"place": {"latitude": -23.5, "longitude": -46.6, "title": "Sé"}},
    ],
)
def test_a_place_is_a_location(geo: dict[str, Any]) -> None:
    expected = Location(latitude=-23.5, longitude=-46.6, name="Sé")
    assert arrived(text="", geo=geo).parts == (expected,)


@pytest.mark.parametrize(
    ("payload", "id_"),
    [('{"choice":"y"}', "y"), ('{"command":"start"}', '{"command":"start"}'), ("x", "x")],
)
def test_a_pressed_button_is_an_answer_of_the_clients(payload: str, id_: str) -> None:
    assert arrived(text="Sim", payload=payload).parts == (Choice(id=id_, title="Sim"),)


def test_a_pressed_button_that_writes_nothing_is_an_answer_as_well() -> None:
    pressed = {"user_id": ANA, "peer_id": ANA, "event_id": "b1", "payload": {"choice": "y"}}
    got = read("message_event", {**pressed, "conversation_message_id": 5})
    assert got == MessageArrived(
        account=OURS,
        dedup_key="c:b1",
        occurred_at=NOW,
        peer=PEER,
        provider_id="event:b1",
        parts=(Choice(id="y", title="y"),),
        reply_to="77:5",
    )


def test_a_message_says_what_it_answers_what_it_passes_on_and_where_the_client_came_from() -> None:
    got = arrived(
        text="Isto",
        reply_message=message(conversation_message_id=3),
        fwd_messages=[message(text="de outro"), message(text="e mais", attachments=[{}])],
        ref="anuncio",
    )
    assert (got.reply_to, got.forwarded) == ("77:3", True)
    assert got.referral == '{"ref":"anuncio"}'
    assert words_of(got.parts) == "Isto\nde outro\ne mais"
    assert len(got.parts) == 4


def test_a_chat_of_many_is_a_thread_of_its_own() -> None:
    got = arrived(text="Oi", id=0, peer_id=CHAT)
    assert (got.thread, got.provider_id, got.peer) == (str(CHAT), f"{CHAT}:5", PEER)


def test_what_happens_in_a_chat_of_many_is_no_client_message() -> None:
    action = {"type": "chat_kick_user", "member_id": ANA}
    got = read("message_new", {"message": message(peer_id=CHAT, text="", action=action)})
    assert isinstance(got, Notice)
    assert (got.code, got.why) == ("service.chat_kick_user", "notice")


@pytest.mark.parametrize("kind", ["message_reply", "message_new"])
def test_what_the_community_wrote_is_an_echo_known_by_the_id_that_sending_gave(kind: str) -> None:
    """M1"""
    got = read(kind, message(from_id=-GROUP, out=1, text="Oi, Ana", random_id=7))
    assert isinstance(got, EchoArrived)
    assert (got.dedup_key, got.peer, got.provider_id) == ("m:77:5", PEER, "77:5")


def test_an_edit_is_about_the_original_and_each_edit_has_its_own_key() -> None:
    """M9"""
    edits = [
        read("message_edit", message(text=text, update_time=1893574860), event_id=text)
        for text in ("Olá", "Olá!")
    ]
    assert [e.parts for e in edits if isinstance(e, MessageWasEdited)] == [
        (Text(text="Olá"),),
        (Text(text="Olá!"),),
    ]
    assert {e.provider_id for e in edits if isinstance(e, MessageWasEdited)} == {"77:5"}
    assert len({e.dedup_key for e in edits} | {"m:77:5"}) == 3
    assert edits[0].occurred_at == datetime(2030, 1, 2, 9, 1, tzinfo=UTC)


def test_a_message_that_is_gone_is_deleted() -> None:
    """M9"""
    got = read("message_edit", message(text="", deleted=1))
    assert isinstance(got, MessageWasDeleted)
    assert got.provider_id == "77:5"


@pytest.mark.parametrize(
    ("kind", "consent"),
    [("message_allow", Consent.OPTED_IN), ("message_deny", Consent.OPTED_OUT)],
)
def test_allowing_and_forbidding_messages_is_the_clients_will(kind: str, consent: Consent) -> None:
    got = read(kind, {"user_id": ANA, "key": "k"})
    assert isinstance(got, ConsentChanged)
    assert (got.consent, got.peer) == (consent, PEER)


@pytest.mark.parametrize(
    ("told", "id_"),
    [
        ({"conversation_message_id": 6, "read_message_id": 101}, "77:6"),
        ({"cmid": 6}, "77:6"),
    ],
)
def test_a_message_of_ours_that_was_read_is_reported(told: dict[str, int], id_: str) -> None:
    """M6"""
    got = read("message_read", {"from_id": ANA, "peer_id": ANA, **told})
    assert isinstance(got, DeliveryReported)
    assert (got.state, got.provider_id, got.watermark) == (MessageState.READ, id_, None)


def test_a_reading_that_names_no_message_we_know_is_of_all_that_was_sent() -> None:
    """M6"""
    got = read("message_read", {"from_id": ANA, "peer_id": ANA, "read_message_id": 101})
    assert isinstance(got, DeliveryReported)
    assert (got.provider_id, got.watermark, got.peer) == (None, NOW, PEER)


@pytest.mark.parametrize(("number", "emoji"), [(1, "❤️"), (4, "👍"), (99, "❔"), (None, None)])
def test_a_reaction_is_set_and_taken_back(number: int | None, emoji: str | None) -> None:
    """M9"""
    told = {"reacted_id": ANA, "peer_id": ANA, "cmid": 5}
    got = read("message_reaction_event", told | ({"reaction_id": number} if number else {}))
    assert isinstance(got, ReactionArrived)
    assert (got.provider_id, got.emoji, got.peer) == ("77:5", emoji, PEER)


@pytest.mark.parametrize(
    ("kind", "object_", "why"),
    [
        ("wall_post_new", {"id": 1}, "notice"),
        ("group_join", {"user_id": ANA}, "notice"),
        ("message_typing_state", {"from_id": ANA}, "notice"),
        ("hologram", {}, "unknown"),
        ("message_new", {}, "notice"),
        ("message_new", {"message": {"text": "Oi"}}, "unreadable"),
        ("message_read", {"from_id": ANA}, "unreadable"),
        ("message_reaction_event", {"peer_id": ANA}, "unreadable"),
        ("message_event", {"user_id": ANA}, "unreadable"),
        ("message_allow", {"key": "k"}, "unreadable"),
    ],
)
def test_whatever_no_chat_is_told_about_is_kept_without_the_secret(
    kind: str, object_: Any, why: str
) -> None:
    """M4"""
    got = read(kind, object_)
    assert isinstance(got, Notice)
    assert (got.code, got.why, got.dedup_key) == (kind, why, "e:e1")
    assert SECRET not in got.raw
    assert orjson.loads(got.raw)["object"] == object_


def updates_in(body: Any) -> list[Any]:
    return list(body.get("updates", [body]))


def parsed(body: Any) -> list[InboundEvent]:
    return vk().parse(posted(body))


def test_every_recorded_message_arrives_once_and_every_event_is_understood() -> None:
    messages = 0
    for name, body in recordings("vk").items():
        got = parsed(body)
        assert len(got) == len(updates_in(body)), name
        for update, told in zip(updates_in(body), got, strict=True):
            object_ = update.get("object") or {}
            whole = object_.get("message") or object_
            assert not isinstance(told, Notice) or told.why == "notice", name
            if update["type"] == "message_new" and whole and "action" not in whole:
                messages += 1
                assert isinstance(told, MessageArrived), name
                assert words_of(told.parts) == whole["text"], name
    assert messages >= 2


def test_no_recorded_message_is_lost_for_want_of_a_key_beside_it() -> None:
    """M4: nor for one more."""
    for name, body in recordings("vk").items():
        before = [e for e in parsed(body) if isinstance(e, FromPeer)]
        needed = {"object", "message", "updates", "type", "text"}
        for path, changed in without_each_key(body):
            if path[-1] not in needed | {"user_id", "from_id"}:
                after = [e for e in parsed(changed) if isinstance(e, FromPeer)]
                assert len(after) >= len(before), (name, path)
        more = parsed({**body, "tomorrow": {"x": 1}})
        assert len([e for e in more if isinstance(e, FromPeer)]) == len(before), name


def test_events_rebatched_or_told_backwards_have_the_same_keys() -> None:
    """M1"""
    bodies = list(recordings("vk").values())
    updates = [update for body in bodies for update in updates_in(body)]
    alone = {e.dedup_key for body in bodies for e in parsed(body)}
    together = {e.dedup_key for e in parsed({"updates": updates[::-1]})}
    assert together == alone
    backwards = [{key: u[key] for key in reversed(u)} for u in updates]
    assert {e.dedup_key for e in parsed({"updates": backwards})} == alone


WRONG: tuple[Any, ...] = (None, 7, [], {}, "\x00")


def test_a_text_is_read_whatever_else_is_missing_or_wrong() -> None:
    """M4"""
    whole = event("message_new", {"message": message(text="Oi"), "client_info": {"lang_id": 0}})
    frame = {("type",), ("object",), ("object", "message"), ("object", "message", "text")}
    for path in paths_in(whole):
        author = path[-1] == "from_id"
        if path in frame:
            continue
        for junk in WRONG[1:2] if author else WRONG:
            (got,) = check(vk(), orjson.dumps(replaced(whole, path, junk)))
            assert isinstance(got, MessageArrived | EchoArrived), (path, junk)
            assert got.parts == (Text(text="Oi"),), (path, junk)


def test_a_wrong_type_at_any_key_of_a_recording_is_read() -> None:
    """M4"""
    turn = 0
    for body in recordings("vk").values():
        for path in paths_in(body):
            for junk in (JUNK[turn % 12], JUNK[(turn + 5) % 12], JUNK[(turn + 8) % 12]):
                check(vk(), orjson.dumps(replaced(body, path, junk)))
            turn += 1


KEYS = st.sampled_from(
    [
        *("message", "from_id", "peer_id", "id", "conversation_message_id", "text", "attachments"),
        *("type", "photo", "sizes", "url", "geo", "coordinates", "payload", "fwd_messages"),
        *("reply_message", "action", "out", "deleted", "user_id", "cmid", "reaction_id"),
        *("doc", "audio_message", "preview", "sticker", "images", "wall", "owner_id", "ref"),
    ]
)
KINDS = st.sampled_from(
    ["message_new", "message_reply", "message_edit", "message_read", "message_event", "x"]
)


@settings(max_examples=100, deadline=None)
@given(kind=KINDS, object_=st.dictionaries(KEYS, JSON | st.dictionaries(KEYS, JSON), max_size=6))
def test_any_event_made_of_vks_own_words_is_read(kind: str, object_: dict[str, Any]) -> None:
    """M4"""
    check(vk(), orjson.dumps(event(kind, object_)))
    check(vk(), orjson.dumps(event(kind, message(attachments=[{"type": "doc", **object_}]))))


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=200))
def test_any_bytes_are_read(body: bytes) -> None:
    """M4"""
    check(vk(), body)
