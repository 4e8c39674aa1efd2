"""
How many chats are new, assigned, waiting and unread: of the account, each group, each operator.

Waiting counts the chats for which `ChatBecameWaiting` is recorded, so that the figures
follow from the log alone; lists count by the clock instead (V6).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from projections.inbox import InboxRow
from projections.rows import replacing

ACCOUNT = ("account", "main")
Name = tuple[str, str]
"""Kind (`account`, `group`, `operator`) and id; a chat of no group counts for group `""`."""


@dataclass(frozen=True, slots=True)
class CountsRow:
    kind: str
    id: str
    changed: int = 0
    new: int = 0
    assigned: int = 0
    waiting: int = 0
    unread: int = 0

    @property
    def key(self) -> Name:
        return (self.kind, self.id)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a chat adds to a row, or takes from it."""

    new: int = 0
    assigned: int = 0
    waiting: int = 0
    unread: int = 0


@dataclass(frozen=True, slots=True)
class CountsChange:
    """What one event does to one row."""

    name: Name
    position: int
    figures: Figures
    sign: int


_with = replacing(CountsRow)


def standing(row: InboxRow | None) -> tuple[object, ...]:
    """Return all that decides what a chat adds to which rows; equal ones add the same."""
    if row is None or not row.is_open:
        return ()
    return (row.operator_id, row.group_id, row.became_waiting, row.unread > 0)


def changes(
    before: InboxRow | None, after: InboxRow | None, position: int
) -> Iterator[CountsChange]:
    """Yield what an event that led from one row to the next does to the figures."""
    if standing(before) == standing(after):
        return
    for row, sign in ((before, -1), (after, 1)):
        if row is not None and row.is_open:
            figures = _figures(row)
            for name in _names(row):
                yield CountsChange(name, position, figures, sign)


def _figures(row: InboxRow) -> Figures:
    if row.operator_id is None:
        return Figures(new=1)
    return Figures(assigned=1, waiting=int(row.became_waiting), unread=int(row.unread > 0))


def _names(row: InboxRow) -> Iterator[Name]:
    yield ACCOUNT
    yield ("group", row.group_id or "")
    if row.operator_id is not None:
        yield ("operator", row.operator_id)


def apply(row: CountsRow | None, change: CountsChange) -> CountsRow:
    """Return the row after one more change."""
    if row is None:
        row = CountsRow(*change.name)
    figures, sign = change.figures, change.sign
    return _with(
        row,
        changed=max(row.changed, change.position),
        new=row.new + sign * figures.new,
        assigned=row.assigned + sign * figures.assigned,
        waiting=row.waiting + sign * figures.waiting,
        unread=row.unread + sign * figures.unread,
    )


def joined(one: CountsRow, other: CountsRow) -> CountsRow:
    """Return one row for two that each saw a part of the chats."""
    return _with(
        one,
        changed=max(one.changed, other.changed),
        new=one.new + other.new,
        assigned=one.assigned + other.assigned,
        waiting=one.waiting + other.waiting,
        unread=one.unread + other.unread,
    )
