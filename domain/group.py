"""
One group of operators: its name and how chats are passed to it.

The first half is a storage format: see `domain.chat.events` for its rules.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import assert_never

from domain.errors import NotFound
from domain.event import Event
from domain.values import GroupId, Timestamp


class NobodyOnline(StrEnum):
    """What happens to a chat passed to a group where nobody can take it (R9)."""

    QUEUE = "queue"
    REFUSE = "refuse"
    OVERFLOW = "overflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSettings:
    """What a group does in its own way; None follows the account."""

    patience: timedelta | None = None
    policy: str | None = None
    on_nobody_online: NobodyOnline = NobodyOnline.QUEUE
    overflow_to: GroupId | None = None
    overflow_after: timedelta | None = None
    answer_within: timedelta | None = None
    may_exceed_capacity: bool = False
    """Whether pulling and forced transfers may exceed an operator's capacity (R3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCreated(Event):
    TOPIC = "group-created.v1"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRenamed(Event):
    TOPIC = "group-renamed.v1"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupConfigured(Event):
    TOPIC = "group-configured.v1"
    settings: GroupSettings


GroupEvent = GroupCreated | GroupRenamed | GroupConfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateGroup:
    name: str
    settings: GroupSettings = field(default_factory=GroupSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGroup:
    """What is not None is to be so from now on."""

    name: str | None = None
    settings: GroupSettings | None = None


GroupCommand = CreateGroup | ChangeGroup


@dataclass(frozen=True, slots=True)
class Group:
    id: GroupId
    version: int = 0
    name: str = ""
    settings: GroupSettings = field(default_factory=GroupSettings)

    @property
    def exists(self) -> bool:
        return self.version > 0


def evolve(group: Group, event: GroupEvent) -> Group:
    """Return the group after one more event."""
    group = replace(group, version=group.version + 1)
    match event:
        case GroupCreated(name=name) | GroupRenamed(name=name):
            return replace(group, name=name)
        case GroupConfigured(settings=settings):
            return replace(group, settings=settings)
        case _:
            assert_never(event)


def decide(group: Group, command: GroupCommand, now: Timestamp) -> list[GroupEvent]:
    """Return what happens when `command` is asked of `group` at `now`."""
    events: list[GroupEvent] = []
    match command:
        case CreateGroup(name=name, settings=settings):
            if not group.exists:
                events.append(GroupCreated(at=now, name=name))
                if settings != GroupSettings():
                    events.append(GroupConfigured(at=now, settings=settings))
        case ChangeGroup(name=name, settings=wanted):
            if not group.exists:
                raise NotFound("group", group.id)
            if name is not None and name != group.name:
                events.append(GroupRenamed(at=now, name=name))
            if wanted is not None and wanted != group.settings:
                events.append(GroupConfigured(at=now, settings=wanted))
        case _:
            assert_never(command)
    return events
