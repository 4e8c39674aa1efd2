"""Every event class keeps the rules of the storage format."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, ClassVar, Final, NewType, Union, get_args, get_origin

import pytest
from typing_extensions import get_type_hints

from domain.channel import ChannelResumed
from domain.entities import EVENT_TYPES, KINDS, evolve, initial
from domain.event import Event
from domain.values import Personal
from tests.spec import NOW

EVENTS: Final = sorted(EVENT_TYPES.values(), key=lambda type_: type_.TOPIC)

NOT_PERSONAL: Final = {
    # Named and measured by us, or by the company about itself.
    "ChannelAdded.name",
    "ChannelAdded.channel",
    "ChannelAdded.fingerprint",
    "ClientErased.basis",
    "ChannelConfigured.fingerprint",
    "ChannelPaused.reason",
    "ChatOpened.channel",
    "ChatOpened.thread",
    "ChatTagged.added",
    "ChatTagged.removed",
    "ConsentGiven.scope",
    "GroupCreated.name",
    "ReplyTemplate.code",
    "ReplyTemplate.text",
    "ReplyTemplate.title",
    "TagChanged.colour",
    "TagDefined.colour",
    "TagDefined.name",
    "TemplateFile.mime",
    "TemplateFile.name",
    "TemplateFile.sha256",
    "GroupRenamed.name",
    "GroupSettings.policy",
    "AccountSettings.name",
    "AccountSettings.language",
    "AccountSettings.time_zone",
    "AccountSettings.policy",
    "AccountSettings.header_fields",
    "Retention.channel",
    "FieldDefined.name",
    "FieldDefined.options",
    "FieldChanged.name",
    "FieldChanged.options",
    "WebhookAdded.url",
    "WebhookAdded.kinds",
    "WebhookAdded.name",
    "WebhookChanged.url",
    "WebhookChanged.kinds",
    "WebhookChanged.name",
    "WebhookDisabled.reason",
    "MessageSent.message_id",
    "MediaCopied.mime",
    "PayloadKept.code",
    "PayloadKept.why",
    "PresenceChanged.reason",
    "Candidate.excluded_by",
    "Reason.policy",
    "Reason.not_listed",
    "BusinessHours.time_zone",
    "BusinessHours.holidays",
    # The provider's own words for things, which name nobody.
    "Identity.scheme",
    "Media.mime",
    "Tab.name",
    "Tab.filter",
    "Tab.colour",
    "Tab.icon",
    "TemplateCall.name",
    "TemplateCall.language",
    "Share.what",
    "Unsupported.what",
}


def _subclasses(type_: type[Event]) -> Iterator[type[Event]]:
    for subclass in type_.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _stored_types(hint: Any) -> Iterator[type]:
    """Yield the dataclasses that a hint leads to."""
    if is_dataclass(hint) and isinstance(hint, type):
        yield hint
        for each in get_type_hints(hint, include_extras=True).values():
            yield from _stored_types(each)
    for each in get_args(hint):
        yield from _stored_types(each)


def _is_ours(type_: type[Event]) -> bool:
    return type_.__module__.startswith("domain.")


STORED: Final = sorted({*_stored_types(Union[*EVENTS])}, key=lambda type_: type_.__name__)


def _words_in(hint: Any) -> Iterator[bool]:
    """Yield for every free string that a hint allows whether it is marked as personal."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *marks = get_args(hint)
        is_marked = any(isinstance(mark, Personal) for mark in marks)
        yield from (found or is_marked for found in _words_in(inner))
    elif hint is str:
        yield False
    elif not isinstance(hint, NewType) and origin in {Union, UnionType, tuple, Mapping}:
        for each in get_args(hint):
            yield from _words_in(each)


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def test_every_event_is_known_under_its_topic() -> None:
    """A class that is in no union could be written and never be read."""
    # By name: a class with slots leaves the one without them behind.
    written = {type_.__qualname__ for type_ in _subclasses(Event) if _is_ours(type_)}
    assert written == {type_.__qualname__ for type_ in EVENTS}


def test_no_topic_is_given_to_two_events() -> None:
    owners = {(type_.TOPIC, type_.__qualname__) for type_ in _subclasses(Event) if _is_ours(type_)}
    assert len(owners) == len(EVENTS)
    assert all(EVENT_TYPES[type_.TOPIC] is type_ for type_ in EVENTS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TOPIC)
def test_a_topic_is_versioned_and_an_events_own(event: type[Event]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*\.v[1-9]\d*", event.TOPIC)
    assert "TOPIC" in vars(event)
    assert get_type_hints(Event)["TOPIC"] == ClassVar[str]


@pytest.mark.parametrize("type_", STORED, ids=lambda type_: type_.__name__)
def test_what_is_stored_cannot_be_changed(type_: type) -> None:
    assert vars(type_)["__dataclass_params__"].frozen
    assert "__slots__" in vars(type_)


@pytest.mark.parametrize("type_", STORED, ids=lambda type_: type_.__name__)
def test_what_may_be_none_is_none_when_it_is_left_out(type_: type) -> None:
    """Nulls are not written: a field that is not there has to read as None."""
    assert is_dataclass(type_)
    hints = get_type_hints(type_)
    for field in fields(type_):
        if type(None) in get_args(hints[field.name]):
            assert _default(field) is None, f"{type_.__name__}.{field.name}"


def test_every_free_text_is_marked_as_personal_or_known_not_to_be() -> None:
    """A4: what is not marked is not sealed, so each is a decision."""
    unmarked = {
        f"{type_.__name__}.{name}"
        for type_ in STORED
        for name, hint in get_type_hints(type_, include_extras=True).items()
        if not all(_words_in(hint))
    }
    assert unmarked == NOT_PERSONAL


def test_every_kind_of_stream_starts_at_version_zero_and_counts_its_events() -> None:
    for kind in KINDS:
        assert initial(f"{kind}-x").version == 0
    resumed = ChannelResumed(at=NOW)
    assert evolve("channel-x", initial("channel-x"), resumed).version == 1
