"""
One group of operators: its name and how chats are passed to it.

The first half is a storage format: see `domain.chat.events` for its rules.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import assert_never

from domain.account import AccountSettings
from domain.errors import NotFound, OverflowIsIncomplete
from domain.event import Event
from domain.hours import BusinessHours, Patience
from domain.values import GroupId, Timestamp


class NobodyOnline(StrEnum):
    """What happens to a chat in a group where nobody can take it (R9)."""

    QUEUE = "queue"
    """It waits in New of the group."""
    REFUSE = "refuse"
    """It is not passed to the group; one that comes in by a channel waits."""
    OVERFLOW = "overflow"
    """It waits in New of the group for a while, and then goes to another group."""


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
    sticky: timedelta | None = None
    """As `AccountSettings.sticky`; zero for never."""
    hours: BusinessHours | None = None
    """When routing gives its chats to anybody (R2); None for day and night."""
    clock_in_hours: bool | None = None
    """Whether waiting clocks run in `hours` only (V5); None is no."""

    @property
    def overflow(self) -> "Overflow | None":
        """Return where New chats go after a while; None where they stay."""
        if self.on_nobody_online is not NobodyOnline.OVERFLOW:
            return None
        if self.overflow_to is None or self.overflow_after is None:
            return None
        return Overflow(self.overflow_to, self.overflow_after)

    def patience_in(self, account: AccountSettings) -> Patience:
        """Return how long a client may go unanswered in this group (V3, V5)."""
        limit = account.patience if self.patience is None else self.patience
        return Patience(limit, self.hours if self.clock_in_hours else None)


@dataclass(frozen=True, slots=True)
class Overflow:
    """Where a chat goes that nobody took, and after how long in New."""

    to: GroupId
    after: timedelta


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
    """
    Return what happens when `command` is asked of `group` at `now`.

    Whether chats would overflow in a circle is for `domain.acts.SetUpGroup` to see.
    """
    if command.settings is not None:
        _check(group.id, command.settings)
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


def _check(group_id: GroupId, settings: GroupSettings) -> None:
    if settings.on_nobody_online is NobodyOnline.OVERFLOW and settings.overflow is None:
        raise OverflowIsIncomplete(group_id)
