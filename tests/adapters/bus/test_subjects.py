import re
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client as Nats

from adapters.bus.nats import _Connection
from adapters.bus.subjects import (
    NotAnEvent,
    UnfitForSubject,
    event_headers,
    event_subject,
    read_event,
    view_subject,
)
from domain.entities import EVENT_TYPES

CHAT = "chat-0192f0c1-2222-7333-8444-000000000001"
STATE = b'{"actor":"router","data":{"at":"2030-01-02T09:00:00Z"}}'

HOSTILE = ["", ".", "a.b", "*", ">", " ", "a b", "a\rb", "a\nb", "a\tb", "a\x00b", "a\u2028b", "a>"]


@dataclass
class Said:
    subject: str = "recado.log.x"
    headers: dict[str, str] | None = field(default_factory=dict)
    data: bytes = b""


@pytest.mark.parametrize("part", HOSTILE)
def test_an_id_that_would_change_the_subject_is_refused(part: str) -> None:
    """S20."""
    with pytest.raises(UnfitForSubject):
        event_subject(f"chat-{part}", "message-received.v1")
    with pytest.raises(UnfitForSubject):
        view_subject("messages", part, "1")
    with pytest.raises(UnfitForSubject):
        view_subject(part, "c1")


@pytest.mark.parametrize("topic", ["", "a..b", "a.>", "*", "message received.v1", "a\nb"])
def test_a_topic_that_would_change_the_subject_is_refused(topic: str) -> None:
    """S20."""
    with pytest.raises(UnfitForSubject):
        event_subject(CHAT, topic)


def test_a_view_needs_a_key() -> None:
    with pytest.raises(UnfitForSubject):
        view_subject("chats")


def test_the_subjects_are_those_of_the_contract() -> None:
    event = event_subject(CHAT, "message-received.v1")

    assert event == f"recado.log.chat.{CHAT[5:]}.message-received.v1"
    assert view_subject("messages", "c1", "7") == "recado.views.messages.c1.7"


@pytest.mark.parametrize("topic", sorted(EVENT_TYPES))
def test_every_topic_of_ours_has_a_subject(topic: str) -> None:
    assert event_subject("account-main", topic) == f"recado.log.account.main.{topic}"


@given(st.text())
def test_an_id_is_either_refused_or_one_token(id_: str) -> None:
    """S20."""
    try:
        subject = event_subject(f"chat-{id_}", "chat-read.v1")
    except UnfitForSubject:
        assert not id_ or re.search(r"[\s.*>\x00-\x20\x7f]", id_)
    else:
        assert subject.split(".") == ["recado", "log", "chat", id_, "chat-read", "v1"]


@given(
    st.integers(1, 2**63 - 1),
    st.integers(1, 2**31),
    st.sampled_from(sorted(EVENT_TYPES)),
    st.binary(max_size=50),
)
def test_an_event_is_read_as_it_was_written(
    position: int, version: int, topic: str, state: bytes
) -> None:
    headers = event_headers((CHAT, version, topic, state, position))

    read = read_event(Said(headers=headers, data=state))

    assert read == (position, CHAT, version, topic, state)


def test_headers_are_a_cloud_event_s() -> None:
    headers = event_headers((CHAT, 3, "message-received.v1", STATE, 42))

    assert headers == {
        "ce-specversion": "1.0",
        "ce-id": "42",
        "ce-source": "recado",
        "ce-type": "message-received.v1",
        "ce-time": "2030-01-02T09:00:00Z",
        "ce-subject": CHAT,
        "Nats-Msg-Id": "42",
        "Recado-Version": "3",
    }


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"ce-id": "x", "ce-subject": CHAT, "ce-type": "t", "Recado-Version": "1"},
        {"ce-id": "1", "ce-subject": CHAT, "ce-type": "t"},
    ],
)
def test_what_is_not_an_event_is_named_by_its_subject_only(headers: dict[str, str] | None) -> None:
    with pytest.raises(NotAnEvent, match=r"recado\.log\.x"):
        read_event(Said(headers=headers, data=b"secret"))


LINES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [b"ce-id: 1", b" Name :\tx ", b"a\x1cb: 1", b"a\x0bb:1", b": v", b"\xc3\xa9: 1"]
    ),
    st.tuples(st.binary(max_size=5), st.binary(max_size=5)).map(b":".join),
)


@given(st.lists(LINES, max_size=6).map(b"\r\n".join))
def test_headers_are_read_as_the_library_reads_them(raw: bytes) -> None:
    assert _Connection._parse_header_lines(raw) == Nats._parse_header_lines(raw)
