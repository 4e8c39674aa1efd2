"""Personal fields of events are sealed for each client, and read as erased without a key (A4)."""

import json
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.storage.mapper import EventMapper, UnreadableEvent
from adapters.storage.sealing.fields import CannotBeSealed, places_in
from adapters.storage.sealing.masters import Masters
from adapters.storage.sealing.ring import KeyNotLookedUp, KeyRing
from adapters.storage.sealing.vault import owners_in
from domain.chat.events import ChatOpened, MessageReceived
from domain.client.events import ClientCreated
from domain.content import Location, Media, MediaKind, Text
from domain.entities import EVENT_TYPES
from domain.event import Event
from domain.values import (
    ERASED,
    ChannelAccountId,
    ClientId,
    Identity,
    Meta,
    PersonalText,
)
from tests.domain.strategies import any_of
from tests.spec import NOW

BLIND: Final = EventMapper()
META: Final = Meta("operator:ana", "http", "key-1")
CLIENT: Final = "0192-client"
PLACE: Final = ("chat-1", 3)


def ring() -> KeyRing:
    """Return a ring that holds one client's key."""
    made = KeyRing(Masters.read("ab" * 32))
    made.keep(made.new(CLIENT))
    return made


RING: Final = ring()
MAPPER: Final = BLIND.opening(RING)


def sealed(event: Event) -> bytes:
    return MAPPER.seal(event, META, CLIENT, PLACE, RING.cipher)


def read(mapper: EventMapper, event: Event, state: bytes) -> Event:
    return mapper.decode(7, *PLACE, event.TOPIC, state).event


@pytest.mark.parametrize("type_", EVENT_TYPES.values(), ids=lambda type_: type_.TOPIC)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_what_was_sealed_is_what_is_read(type_: type[Event], data: st.DataObject) -> None:
    """And without the key it is an event of the same kind all the same, never an error."""
    event = data.draw(any_of(type_))
    state = sealed(event)
    assert read(MAPPER, event, state) == event
    without = read(BLIND, event, state)
    assert (type(without), without.at) == (type_, event.at)


def message() -> MessageReceived:
    return MessageReceived(
        at=NOW,
        seq=4,
        provider_id="wamid.CANARY1",
        parts=(
            Text(text="CANARY2"),
            Media(media=MediaKind.IMAGE, name="CANARY3.png", mime="image/png", size=7),
            Location(latitude=-23.5, longitude=-46.25),
        ),
        sent_at=NOW,
        subject="CANARY4",
    )


def test_nothing_personal_is_in_what_is_stored_and_all_else_is() -> None:
    state = sealed(message())
    assert b"CANARY" not in state
    assert b"46.25" not in state
    stored = json.loads(state)
    assert (stored["actor"], stored["subject"], stored["data"]["seq"]) == (META.actor, CLIENT, 4)
    assert [part["kind"] for part in stored["data"]["parts"]] == ["text", "media", "location"]
    assert stored["data"]["parts"][1] | {"name": None} == stored["data"]["parts"][1]


def test_what_nobody_can_open_any_more_is_shown_as_erased() -> None:
    without = read(BLIND, message(), sealed(message()))
    assert isinstance(without, MessageReceived)
    text, media, place = without.parts
    assert text == Text(text=ERASED)
    assert media == Media(media=MediaKind.IMAGE, name=ERASED, mime="image/png", size=7)
    assert place == Location(latitude=0, longitude=0, name=ERASED, address=ERASED)
    assert (without.provider_id, without.subject, without.referral) == (ERASED, ERASED, None)


def test_what_is_written_about_an_erased_client_holds_nothing_of_him() -> None:
    gone = ring()
    gone.destroy(CLIENT)
    state = MAPPER.seal(message(), META, CLIENT, PLACE, gone.cipher)
    assert b"CANARY" not in state
    assert read(BLIND.opening(gone), message(), state) == read(BLIND, message(), state)


def test_what_is_sealed_cannot_be_moved_to_another_place() -> None:
    """The event's stream, version and topic are authenticated with it."""
    state = sealed(message())
    for stream, version in (("chat-1", 4), ("chat-2", 3)):
        with pytest.raises(UnreadableEvent) as told:
            MAPPER.decode(7, stream, version, message().TOPIC, state)
        assert "CANARY" not in str(told.value)


def test_a_key_that_nobody_looked_up_is_an_error_and_not_an_erased_client() -> None:
    with pytest.raises(KeyNotLookedUp):
        read(BLIND.opening(KeyRing(RING.masters)), message(), sealed(message()))


def test_readers_know_whose_keys_they_need() -> None:
    """Also where a client writes what looks like the end of an event."""
    sly = MessageReceived(
        at=NOW, seq=1, provider_id="w", parts=(Text(text='","subject":"x'),), sent_at=NOW
    )
    rows = [(1, "chat-1", 3, sly.TOPIC, sealed(sly)), (2, "chat-1", 3, sly.TOPIC, b"{}")]
    assert owners_in(rows) == [CLIENT]
    kept = MAPPER.seal(message(), META, None, ("payload-9", 1), lambda _: RING.cipher(CLIENT))
    assert owners_in([(3, "payload-9", 1, message().TOPIC, kept)]) == ["payload-9"]


def test_what_nobody_is_the_subject_of_stays_as_it_is() -> None:
    """Operators act in the company's name; their events are not sealed."""
    event = ChatOpened(
        at=NOW,
        account_id=ChannelAccountId("a"),
        channel="whatsapp",
        client_id=ClientId(CLIENT),
        thread="t",
        address="CANARY5",
        episode=1,
    )
    assert b"CANARY5" in MAPPER.seal(event, META, None, ("operator-1", 1), RING.cipher)


def test_names_numbers_and_lists_are_sealed() -> None:
    event = ClientCreated(
        at=NOW, identities=(Identity("whatsapp.phone", "+5511988887777"),), name="CANARY6"
    )
    state = MAPPER.seal(event, META, CLIENT, ("client-1", 1), RING.cipher)
    assert b"CANARY6" not in state
    assert b"98888" not in state
    assert b"whatsapp.phone" in state


@pytest.mark.parametrize("type_", [dict[str, PersonalText], tuple[PersonalText, PersonalText]])
def test_a_personal_field_that_could_not_be_sealed_is_found_at_the_start(type_: Any) -> None:
    with pytest.raises(CannotBeSealed):
        places_in(type_)
