"""
A filter that is kept as a tab (T5), and the order in which somebody has his tabs.

The first half is a storage format: see `domain.chat.events` for its rules.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from domain.errors import AlreadyExists, NotFound
from domain.event import Event
from domain.values import FilterId, GroupId, OperatorId, Timestamp


class SharedTab(StrEnum):
    """Who has the tab."""

    PERSONAL = "personal"
    GROUP = "group"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """What a saved filter is, besides whose."""

    name: str
    filter: str
    """As it was written, in JSON; what it asks is settled each time it is read."""
    shared: SharedTab = SharedTab.PERSONAL
    group_id: GroupId | None = None
    """Whose tab it is, where it is shared with a group."""
    colour: str | None = None
    icon: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterSaved(Event):
    TOPIC = "filter-saved.v1"
    owner: OperatorId
    tab: Tab


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterChanged(Event):
    TOPIC = "filter-changed.v1"
    tab: Tab


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterRemoved(Event):
    TOPIC = "filter-removed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TabsOrdered(Event):
    """Somebody dragged his tabs into this order; those that are not named come after."""

    TOPIC = "tabs-ordered.v1"
    filters: tuple[FilterId, ...]


FilterEvent = FilterSaved | FilterChanged | FilterRemoved


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveFilter:
    owner: OperatorId
    tab: Tab


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFilter:
    tab: Tab


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFilter:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTabs:
    filters: tuple[FilterId, ...]


FilterCommand = SaveFilter | ChangeFilter | RemoveFilter


@dataclass(frozen=True, slots=True)
class SavedFilter:
    id: FilterId
    version: int = 0
    owner: OperatorId | None = None
    tab: Tab | None = None
    """None where there is none, or no more."""


@dataclass(frozen=True, slots=True)
class Tabs:
    """One operator's order."""

    operator_id: OperatorId
    version: int = 0
    filters: tuple[FilterId, ...] = ()


def evolve(saved: SavedFilter, event: FilterEvent) -> SavedFilter:
    """Return the filter after one more event."""
    saved = replace(saved, version=saved.version + 1)
    match event:
        case FilterSaved(owner=owner, tab=tab):
            return replace(saved, owner=owner, tab=tab)
        case FilterChanged(tab=tab):
            return replace(saved, tab=tab)
        case FilterRemoved():
            return replace(saved, tab=None)
        case _:
            assert_never(event)


def decide(saved: SavedFilter, command: FilterCommand, now: Timestamp) -> list[FilterEvent]:
    """Return what happens when `command` is asked of `saved` at `now`."""
    if isinstance(command, SaveFilter):
        if saved.version:
            raise AlreadyExists("filter", command.tab.name)
        return [FilterSaved(at=now, owner=command.owner, tab=command.tab)]
    if not saved.version:
        raise NotFound("filter", saved.id)
    match command:
        case RemoveFilter():
            return [] if saved.tab is None else [FilterRemoved(at=now)]
        case ChangeFilter() if saved.tab is None:
            raise NotFound("filter", saved.id)
        case ChangeFilter(tab=tab):
            return [] if tab == saved.tab else [FilterChanged(at=now, tab=tab)]
        case _:
            assert_never(command)


def evolve_tabs(tabs: Tabs, event: TabsOrdered) -> Tabs:
    """Return the order after one more event."""
    return replace(tabs, version=tabs.version + 1, filters=event.filters)


def decide_tabs(tabs: Tabs, command: OrderTabs, now: Timestamp) -> list[TabsOrdered]:
    """Return what happens when the tabs are to be in an order."""
    filters = tuple(dict.fromkeys(command.filters))
    return [] if filters == tabs.filters else [TabsOrdered(at=now, filters=filters)]
