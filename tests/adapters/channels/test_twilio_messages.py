"""Twilio's webhooks as canonical values, by the fields that its documentation gives."""

from urllib.parse import urlencode

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
    FromPeer,
    InboundEvent,
    MessageArrived,
    Notice,
    Peer,
)
from domain.values import Identity
from tests.adapters.channels.kit import NOW, recordings
from tests.adapters.channels.test_totality import check
from tests.adapters.channels.twilio_kit import ANA, OURS, SMS, WHATSAPP, posted, twilio

PHONE = Identity("whatsapp.phone", "5511900000001")
USER = Identity("whatsapp.user_id", "BR.1349")


def read(form: dict[str, str], **query: str) -> list[InboundEvent]:
    return twilio().parse(posted(form, query=tuple(query.items())))


def arrived(**fields: str) -> MessageArrived:
    """Return what a WhatsApp message through Twilio says with these fields."""
    (event,) = read({**WHATSAPP, **fields})
    assert isinstance(event, MessageArrived)
    return event


def test_an_sms_says_who_wrote_what_to_whom() -> None:
    assert read(SMS) == [
        MessageArrived(
            account=AccountRef("twilio.sender", OURS),
            dedup_key="m:SM1",
            occurred_at=NOW,
            peer=Peer((Identity("sms.phone", ANA),)),
            provider_id="SM1",
            parts=(Text(text="Oi"),),
        )
    ]


def test_whatsapp_is_answered_on_whatsapp_and_its_clients_are_the_same_ones_as_without_twilio() -> (
    None
):
    event = arrived()
    assert event.peer == Peer((PHONE,), "Ana Lima")
    assert (event.thread, event.account) == (
        f"whatsapp:{ANA}",
        AccountRef("twilio.sender", f"whatsapp:{OURS}"),
    )


@pytest.mark.parametrize(
    ("fields", "identities"),
    [
        ({"From": "whatsapp:BR.1349"}, (USER, PHONE)),
        ({"ExternalUserId": "whatsapp:BR.1349"}, (PHONE, USER)),
        ({"From": "whatsapp:BR.1349", "WaId": ""}, (USER,)),
        ({"From": "whatsapp:%2B5511900000001"}, (PHONE,)),
        ({"From": "whatsapp: 5511900000001"}, (PHONE,)),
    ],
)
def test_a_client_is_known_by_every_name_that_is_given(
    fields: dict[str, str], identities: tuple[Identity, ...]
) -> None:
    assert arrived(**fields).peer.identities == identities


def test_a_number_without_its_plus_is_put_right() -> None:
    (event,) = read({**SMS, "From": " 5511900000001", "To": "%2B551130000000"})
    assert isinstance(event, MessageArrived)
    assert event.peer.identities == (Identity("sms.phone", ANA),)
    assert event.account == AccountRef("twilio.sender", OURS)


def test_another_channel_of_twilios_is_kept_apart() -> None:
    (event,) = read({**SMS, "From": "messenger:123"})
    assert isinstance(event, MessageArrived)
    assert (event.peer.identities[0], event.thread) == (
        Identity("twilio.messenger", "123"),
        "messenger:123",
    )


def test_a_service_hears_what_comes_to_any_of_its_numbers() -> None:
    service = "MG" + "a" * 32
    form = {**SMS, "MessagingServiceSid": service}
    own = twilio(sender=service)
    assert own.parse(posted(form))[0].account == own.account_ref()
    assert twilio().parse(posted(form))[0].account == AccountRef("twilio.sender", OURS)


FILE = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"


@pytest.mark.parametrize(
    ("mime", "told", "kind"),
    [
        ("image/jpeg", None, MediaKind.IMAGE),
        ("image/jpeg", "image", MediaKind.IMAGE),
        ("image/webp", "sticker", MediaKind.STICKER),
        ("image/webp", "image", MediaKind.IMAGE),
        ("audio/ogg", "audio", MediaKind.VOICE),
        ("audio/ogg; codecs=opus", None, MediaKind.VOICE),
        ("audio/mpeg", "audio", MediaKind.AUDIO),
        ("video/mp4", "video", MediaKind.VIDEO),
        ("application/pdf", "document", MediaKind.DOCUMENT),
        ("image/png", "document", MediaKind.DOCUMENT),
        ("text/x-vcard", "contacts", MediaKind.DOCUMENT),
        (None, "image", MediaKind.IMAGE),
        (None, None, MediaKind.DOCUMENT),
    ],
)
def test_a_file_is_what_its_type_says(mime: str | None, told: str | None, kind: MediaKind) -> None:
    """M8"""
    fields = {"NumMedia": "1", "MediaUrl0": FILE, "Body": "a nota"}
    fields |= {"MediaContentType0": mime} if mime else {}
    fields |= {"MessageType": told} if told else {}
    expected = Media(media=kind, reference=FILE, mime=mime, caption="a nota")
    assert arrived(**fields).parts == (expected,)


def test_every_file_of_a_message_is_read_whatever_the_count_says() -> None:
    """M4"""
    fields = {f"MediaUrl{n}": f"{FILE}{n}" for n in (10, 2, 0)}
    parts = arrived(NumMedia="x", Body="", **fields).parts
    assert [part.reference for part in parts if isinstance(part, Media)] == [
        f"{FILE}0",
        f"{FILE}2",
        f"{FILE}10",
    ]


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        (
            {"ButtonText": "Sim", "ButtonPayload": "y", "Body": "Sim"},
            Choice(id="y", title="Sim"),
        ),
        ({"ButtonText": "Sim", "Body": "Sim"}, Choice(id="Sim", title="Sim")),
        (
            {"ListId": "r1", "ListTitle": "Manhã", "ListDescription": "8h", "Body": "Manhã"},
            Choice(id="r1", title="Manhã", description="8h"),
        ),
        (
            {"InteractiveData": '{"a":1}', "Body": "Formulário"},
            Choice(id="form", title="Formulário", description='{"a":1}'),
        ),
        (
            {"Latitude": "-23.5", "Longitude": "-46.6", "Label": "Sé", "Address": "Centro",
             "Body": ""},
            Location(latitude=-23.5, longitude=-46.6, name="Sé", address="Centro"),
        ),
        ({"Body": ""}, Text(text="")),
    ],
)  # fmt: skip
def test_every_documented_kind_has_its_part(fields: dict[str, str], part: Part) -> None:
    assert arrived(**fields).parts == (part,)


def test_words_beside_a_button_are_not_lost() -> None:
    beside = arrived(ButtonText="Sim", Body="mas só amanhã").parts
    assert beside == (Choice(id="Sim", title="Sim"), Text(text="mas só amanhã"))


def test_a_kind_of_tomorrow_is_shown_as_it_came() -> None:
    """M4"""
    (part,) = arrived(MessageType="hologram", Body="").parts
    assert isinstance(part, Unsupported)
    assert part.what == "hologram"
    assert orjson.loads(part.raw)["MessageSid"] == "SM1"


def test_a_message_says_what_it_answers_and_where_the_client_came_from() -> None:
    event = arrived(
        OriginalRepliedMessageSid="SM0",
        Forwarded="true",
        ReferralNumMedia="0",
        ReferralSourceUrl="https://fb.test/ad",
        ReferralCtwaClid="clid",
    )
    assert (event.reply_to, event.forwarded) == ("SM0", True)
    told = {"SourceUrl": "https://fb.test/ad", "CtwaClid": "clid"}
    assert orjson.loads(event.referral or "") == told
    assert arrived(ReferralNumMedia="0").referral is None


@pytest.mark.parametrize(
    ("base", "fields", "consent"),
    [
        (SMS, {"Body": " Stop "}, Consent.OPTED_OUT),
        (SMS, {"Body": "CANCEL"}, Consent.OPTED_OUT),
        (SMS, {"Body": "yes"}, Consent.OPTED_IN),
        (SMS, {"Body": "Sair", "OptOutType": "STOP"}, Consent.OPTED_OUT),
        (SMS, {"Body": "Voltar", "OptOutType": "START"}, Consent.OPTED_IN),
        (WHATSAPP, {"Body": "STOP"}, Consent.OPTED_OUT),
        (WHATSAPP, {"Body": "START"}, Consent.OPTED_IN),
    ],
)
def test_stop_and_start_are_the_clients_will_and_are_shown_as_well(
    base: dict[str, str], fields: dict[str, str], consent: Consent
) -> None:
    said, wish = read({**base, **fields})
    assert isinstance(said, MessageArrived)
    assert isinstance(wish, ConsentChanged)
    assert (words_of(said.parts), wish.consent) == (fields["Body"], consent)
    assert (wish.peer, wish.thread) == (said.peer, said.thread)
    assert wish.dedup_key != said.dedup_key


@pytest.mark.parametrize(
    ("base", "fields"),
    [
        (SMS, {"Body": "Please stop calling"}),
        (SMS, {"Body": "Ajuda", "OptOutType": "HELP"}),
        (WHATSAPP, {"Body": "Yes"}),
        (WHATSAPP, {"Body": "cancel"}),
    ],
)
def test_words_in_a_chat_are_just_words(base: dict[str, str], fields: dict[str, str]) -> None:
    (event,) = read({**base, **fields})
    assert isinstance(event, MessageArrived)


REPORT = {"MessageSid": "SM9", "From": OURS, "To": ANA, "SmsSid": "SM9", "AccountSid": "AC1"}


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("accepted", MessageState.QUEUED),
        ("scheduled", MessageState.QUEUED),
        ("queued", MessageState.QUEUED),
        ("sending", MessageState.QUEUED),
        ("sent", MessageState.SENT),
        ("delivered", MessageState.DELIVERED),
        ("read", MessageState.READ),
        ("failed", MessageState.FAILED),
        ("undelivered", MessageState.FAILED),
        ("canceled", MessageState.FAILED),
    ],
)
def test_a_report_says_what_became_of_a_message(word: str, state: MessageState) -> None:
    """M6"""
    (event,) = read({**REPORT, "MessageStatus": word}, message="our-id")
    assert isinstance(event, DeliveryReported)
    assert (event.state, event.provider_id, event.correlation) == (state, "SM9", "our-id")
    assert event.account == AccountRef("twilio.sender", OURS)
    assert event.dedup_key == f"s:SM9:{word}"
    assert (event.error is not None) == (state is MessageState.FAILED)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("30005", "recipient: nobody has this number (30005)"),
        ("63016", "window-closed: only a template may be sent now (63016)"),
        ("30008", "permanent: the carrier does not say why (30008)"),
        ("99999", "permanent: no reason given (99999)"),
        ("", "permanent: no reason given"),
    ],
)
def test_a_failed_message_says_why(code: str, reason: str) -> None:
    """M6"""
    (event,) = read({**REPORT, "MessageStatus": "undelivered", "ErrorCode": code})
    assert isinstance(event, DeliveryReported)
    assert event.error == reason


@pytest.mark.parametrize(
    ("form", "code", "why"),
    [
        ({"MessageStatus": "sent"}, "sent", "unknown"),
        ({"MessageStatus": "teleported", "MessageSid": "SM1"}, "teleported", "unknown"),
        ({"EventType": "onMessageAdded"}, "onMessageAdded", "notice"),
        ({"Body": "Oi"}, "form", "unreadable"),
        ({"x": "y"}, "form", "unknown"),
    ],
)
def test_whatever_no_chat_is_told_about_is_kept(form: dict[str, str], code: str, why: str) -> None:
    """M4"""
    (event,) = read(form)
    assert isinstance(event, Notice)
    assert (event.code, event.why, orjson.loads(event.raw)) == (code, why, form)


def forms() -> dict[str, dict[str, str]]:
    """Return the recorded forms by name, each as texts."""
    recorded = recordings("twilio").items()
    return {
        name: {key: str(value) for key, value in body.get("form", body).items()}
        for name, body in recorded
    }


def test_every_recorded_message_arrives_with_its_kind_words_and_file() -> None:
    for name, form in forms().items():
        (event,) = read(form)
        assert isinstance(event, MessageArrived), name
        assert words_of(event.parts) == form["Body"], name
        assert event.provider_id == form["MessageSid"], name
        files = [part.reference for part in event.parts if isinstance(part, Media)]
        assert files == ([form["MediaUrl0"]] if form["NumMedia"] == "1" else []), name
        assert (kind_of(event.parts) == "document") == bool(files), name
        assert [i.value for i in event.peer.identities] == ["+2222"], name
        assert event.account == AccountRef("twilio.sender", "+1111"), name


def test_a_recording_as_it_was_posted_says_the_same_as_its_fields() -> None:
    for name, body in recordings("twilio").items():
        if "raw" in body:
            assert twilio().parse(posted(body["raw"].encode())) == read(forms()[name]), name


def test_no_recorded_message_is_lost_for_want_of_a_field_beside_it() -> None:
    """M4"""
    for name, form in forms().items():
        for key in form.keys() - {"From"}:
            less = {other: value for other, value in form.items() if other != key}
            (event,) = read(less)
            assert isinstance(event, MessageArrived), (name, key)
            more = read({**form, "Tomorrow": "x"})
            assert [e.dedup_key for e in more] == [f"m:{form['MessageSid']}"]


def test_a_form_says_the_same_in_any_order() -> None:
    """M1"""
    for form in [*forms().values(), SMS, WHATSAPP, {**REPORT, "MessageStatus": "sent"}, {"x": "y"}]:
        backwards = dict(reversed(list(form.items())))
        assert read(form) == read(form)
        assert [e.dedup_key for e in read(form)] == [e.dedup_key for e in read(backwards)]


KEYS = st.sampled_from(
    [
        *("MessageSid", "SmsSid", "From", "To", "Body", "NumMedia", "MediaUrl0", "MediaUrl99"),
        *("MediaContentType0", "MessageStatus", "SmsStatus", "ErrorCode", "WaId", "Latitude"),
        *("ExternalUserId", "Longitude", "ButtonPayload", "ButtonText", "ListId", "OptOutType"),
        *("ReferralBody", "MessageType", "MessagingServiceSid", "InteractiveData", "EventType"),
    ]
)
VALUES = st.text(max_size=12) | st.sampled_from(
    ["whatsapp:", "whatsapp:+5511900000001", "sent", "failed", "\x00", "1e999", "nan", "9" * 5000]
)


@settings(max_examples=250, deadline=None)
@given(form=st.dictionaries(KEYS, VALUES, max_size=8))
def test_any_form_made_of_twilios_own_words_is_read(form: dict[str, str]) -> None:
    """M4"""
    body = urlencode(form, errors="replace").encode()
    events = check(twilio(), body)
    has_sender = form.get("From", "").strip("\x00 ") and "Body" in form
    if has_sender and form["Body"] and not form["From"].endswith(":"):
        assert any(isinstance(event, FromPeer) for event in events)


@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=200))
def test_any_bytes_are_read(body: bytes) -> None:
    """M4"""
    check(twilio(), body)


def test_a_body_made_to_hurt_is_kept() -> None:
    """M4"""
    for body in (b"", b"k=v&" * 5000, b"{" * 3000, b"{}", b"\xff=\xff", b"Body=%ff%00&From=%00"):
        check(twilio(), body)
