"""What is stored can be read, for ever, and what cannot be read gives nothing away."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.storage.mapper import EventMapper, UnknownTopic, UnreadableEvent
from domain.chat.events import MessageReceived
from domain.content import Location, Text
from domain.entities import EVENT_TYPES, evolve, initial
from domain.errors import RecadoError
from domain.event import Event, Recorded
from domain.operator import CapacityChanged, OperatorRenamed
from domain.values import Meta, StreamId
from tests.data.record import lines
from tests.domain.strategies import any_of
from tests.spec import NOW

MAPPER: Final = EventMapper()
META: Final = Meta("operator:ana", "http", "key-1")
DATA: Final = Path(__file__).parents[2] / "data"
LOG: Final = [
    json.loads(line)
    for file in sorted(DATA.glob("log-v*.jsonl"))
    for line in file.read_text("utf-8").splitlines()
]


def _state(data: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"actor": "cli", "via": "cli", "data": data, **more}).encode()


def _decoded(line: dict[str, Any]) -> Recorded:
    state = json.dumps(line["state"]).encode()
    return MAPPER.decode(line["position"], line["stream"], line["version"], line["topic"], state)


@pytest.mark.parametrize("type_", EVENT_TYPES.values(), ids=lambda type_: type_.TOPIC)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_what_was_written_is_what_is_read(type_: type[Event], data: st.DataObject) -> None:
    event = data.draw(any_of(type_))
    meta = data.draw(any_of(Meta))
    subject = data.draw(any_of(str | None))

    state = MAPPER.encode(event, meta, subject)
    recorded = MAPPER.decode(7, "chat-1", 3, type_.TOPIC, state)

    assert recorded == Recorded(7, StreamId("chat-1"), 3, meta, subject, event)
    assert MAPPER.encode(recorded.event, meta, subject) == state


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_could_not_be_read_again_is_not_written(number: float) -> None:
    """One such event would lock its chat for ever."""
    try:
        place = (Location(latitude=number, longitude=0.0),)
        event = MessageReceived(at=NOW, seq=1, provider_id="w1", parts=place, sent_at=NOW)
        state = MAPPER.encode(event, META, None)
    except ValueError:
        return
    MAPPER.decode(1, "chat-1", 1, event.TOPIC, state)


def test_the_library_gets_the_events_own_topic() -> None:
    event = CapacityChanged(at=NOW, capacity=3)
    stored = MAPPER.to_stored_event("operator-ana", 4, event, META, "ana")
    assert (stored.originator_id, stored.originator_version) == ("operator-ana", 4)
    assert (stored.topic, stored.state) == (event.TOPIC, MAPPER.encode(event, META, "ana"))


@pytest.mark.parametrize(
    "topic",
    [
        "message-received.v9",
        "",
        "this:TOPIC",
        "antigravity:fly",
        "antigravity",
        "domain.chat.events:MessageReceived",
        "os:system",
        "../../etc/passwd",
        "message-received.v1\x00",
    ],
)
def test_an_unknown_topic_is_refused_and_imports_nothing(topic: str) -> None:
    with pytest.raises(UnknownTopic) as refused:
        MAPPER.decode(41, "chat-1", 1, topic, _state({"at": "2030-01-02T12:00:00Z"}))
    assert (refused.value.position, refused.value.topic) == (41, topic)
    assert "antigravity" not in sys.modules


def test_fields_of_a_newer_version_are_ignored() -> None:
    """Two versions run at once while one is rolled out."""
    data = {"at": "2030-01-02T12:00:00Z", "capacity": 3, "colour": "blue", "more": {"a": [1]}}
    recorded = MAPPER.decode(1, "operator-ana", 1, "capacity-changed.v1", _state(data, shard=7))
    assert recorded.event == CapacityChanged(at=NOW, capacity=3)


def test_fields_of_a_newer_version_are_ignored_within_a_message_too() -> None:
    part = {"kind": "text", "text": "Oi", "bold": [[0, 2]]}
    time = "2030-01-02T12:00:00Z"
    data = {"at": time, "seq": 1, "provider_id": "w", "parts": [part], "sent_at": time}
    recorded = MAPPER.decode(1, "chat-1", 1, "message-received.v1", _state(data))
    assert isinstance(recorded.event, MessageReceived)
    assert recorded.event.parts == (Text(text="Oi"),)


SECRET: Final = "segredo-de-fabio"
TIME: Final = "2030-01-02T12:00:00Z"


@pytest.mark.parametrize(
    ("topic", "state"),
    [
        ("comment-added.v1", SECRET.encode()),
        ("comment-added.v1", b'{"actor": "' + SECRET.encode()),
        ("comment-added.v1", json.dumps(SECRET).encode()),
        ("comment-added.v1", b"\xff\xfe"),
        ("comment-added.v1", b""),
        ("comment-added.v1", _state({"at": SECRET, "seq": SECRET, "text": SECRET})),
        ("comment-added.v1", _state({"at": TIME, "seq": 1, "operator_id": {SECRET: 1}})),
        ("priority-set.v1", _state({"at": TIME, "priority": SECRET})),
        ("membership-changed.v1", _state({"at": TIME, "skills": {SECRET: "high"}})),
        (
            "message-received.v1",
            _state(
                {
                    "at": TIME,
                    "seq": 1,
                    "provider_id": "w",
                    "parts": [{"kind": SECRET, "text": SECRET}],
                    "sent_at": TIME,
                }
            ),
        ),
    ],
)
def test_an_unreadable_event_is_told_by_place_and_without_content(topic: str, state: bytes) -> None:
    with pytest.raises(UnreadableEvent) as refused:
        MAPPER.decode(41, "chat-1", 1, topic, state)
    error = refused.value
    assert (error.position, error.topic) == (41, topic)
    assert "41" in str(error)
    assert SECRET not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


@settings(deadline=None)
@given(topic=st.sampled_from(sorted(EVENT_TYPES)), state=st.binary(max_size=60))
def test_no_bytes_at_all_break_the_reader(topic: str, state: bytes) -> None:
    with pytest.raises(RecadoError):
        MAPPER.decode(1, "chat-1", 1, topic, state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed(Event):
    TOPIC: ClassVar[str] = OperatorRenamed.TOPIC
    name: str


def test_a_class_may_be_renamed_while_its_topic_stays() -> None:
    state = MAPPER.encode(OperatorRenamed(at=NOW, name="Ana"), META, None)
    later = EventMapper({Renamed.TOPIC: Renamed})
    recorded = later.decode(1, "operator-ana", 1, OperatorRenamed.TOPIC, state)
    assert recorded.event == Renamed(at=NOW, name="Ana")


def test_every_topic_there_is_has_been_recorded_once() -> None:
    """A new topic goes into a recorded log, so that later versions are held to it."""
    assert {line["topic"] for line in LOG} == {*EVENT_TYPES}


@pytest.mark.parametrize("line", LOG, ids=lambda line: f"{line['position']}-{line['topic']}")
def test_a_log_of_an_earlier_version_is_read_and_written_as_it_was(line: dict[str, Any]) -> None:
    recorded = _decoded(line)
    again = MAPPER.encode(recorded.event, recorded.meta, recorded.subject)
    assert json.loads(again) == line["state"]


def test_a_log_of_an_earlier_version_folds_into_states() -> None:
    states: dict[str, Any] = {}
    for line in LOG:
        recorded = _decoded(line)
        before = states.get(recorded.stream) or initial(recorded.stream)
        states[recorded.stream] = after = evolve(recorded.stream, before, recorded.event)
        assert after.version == recorded.version
    chats = [state for stream, state in states.items() if stream.startswith("chat-")]
    (chat,) = [chat for chat in chats if not chat.is_erased]
    assert (chat.is_open, chat.operator_id, chat.last_seq) == (True, "bia", 10)
    assert states["operator-bia"].name == "Bia Luz"


def test_the_recorded_day_can_be_played_with_the_present_rules() -> None:
    """It writes the next log when there is a new topic."""
    assert {json.loads(line)["topic"] for line in lines()} == {*EVENT_TYPES}
