"""Saved filters, and the order in which each operator has them (T5)."""

from typing import NamedTuple

from domain import saved_filter as s
from domain.event import Recorded
from domain.saved_filter import SharedTab
from domain.values import FilterId, GroupId, OperatorId, split_stream
from projections.rows import replacing
from projections.text import printable


class FilterRow(NamedTuple):
    id: FilterId
    version: int
    changed: int
    saved: int
    """Position at which it was saved first: tabs that nobody has put in order are in this one."""
    owner: OperatorId = OperatorId("")
    name: str = ""
    filter: str = "{}"
    shared: SharedTab = SharedTab.PERSONAL
    group_id: GroupId | None = None
    colour: str | None = None
    icon: str | None = None
    active: bool = True

    @property
    def key(self) -> tuple[str]:
        return (self.id,)


class TabOrderRow(NamedTuple):
    operator_id: OperatorId
    version: int
    changed: int
    filters: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str]:
        return (self.operator_id,)


_with = replacing(FilterRow)


def apply_filter(row: FilterRow | None, recorded: Recorded) -> FilterRow | None:
    """Return the row after one more event of its filter."""
    position = recorded.position
    if row is None:
        id_ = FilterId(split_stream(recorded.stream)[1])
        row = FilterRow(id_, recorded.version, position, position)
    row = _with(row, version=recorded.version, changed=position)
    match recorded.event:
        case s.FilterSaved(owner=owner, tab=tab):
            return _shown(_with(row, owner=owner), tab)
        case s.FilterChanged(tab=tab):
            return _shown(row, tab)
        case s.FilterRemoved():
            return _with(row, active=False)
        case _:
            return row


def _shown(row: FilterRow, tab: s.Tab) -> FilterRow:
    return _with(
        row,
        name=printable(tab.name),
        filter=printable(tab.filter),
        shared=tab.shared,
        group_id=tab.group_id,
        colour=None if tab.colour is None else printable(tab.colour),
        icon=None if tab.icon is None else printable(tab.icon),
    )


def apply_order(row: TabOrderRow | None, recorded: Recorded) -> TabOrderRow | None:
    """Return the row after one more event of somebody's tabs."""
    match recorded.event:
        case s.TabsOrdered(filters=filters):
            who = OperatorId(split_stream(recorded.stream)[1])
            return TabOrderRow(who, recorded.version, recorded.position, filters)
        case _:
            return row
