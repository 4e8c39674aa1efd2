"""
How many chats are new, assigned, waiting and unread: of the account, each group, each operator.

Waiting counts the chats for which `ChatBecameWaiting` is recorded, so that the figures
follow from the log alone; lists count by the clock instead (V6).
"""

from dataclasses import dataclass
from typing import NamedTuple

from projections.inbox import InboxRow
from projections.rows import replacing

ACCOUNT = ("account", "main")
Name = tuple[str, str]
"""Kind (`account`, `group`, `operator`) and id; a chat of no group counts for group `""`."""


class CountsRow(NamedTuple):
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


@dataclass(slots=True)
class Tally:
    """What some events add to one row, and take from it; sums, so in any order."""

    changed: int = 0
    new: int = 0
    assigned: int = 0
    waiting: int = 0
    unread: int = 0

    def add(self, row: InboxRow, sign: int, position: int) -> None:
        """Count a chat in, or out with -1."""
        self.changed = max(self.changed, position)
        if row.operator_id is None:
            self.new += sign
            return
        self.assigned += sign
        self.waiting += sign * row.became_waiting
        self.unread += sign * (row.unread > 0)


Tallies = dict[Name, Tally]
_with = replacing(CountsRow)


def note(tallies: Tallies, before: InboxRow | None, after: InboxRow | None, position: int) -> None:
    """Add to the tallies what the event that led from one row to the next does."""
    if _stands_the_same(before, after):
        return
    for row, sign in ((before, -1), (after, 1)):
        if row is not None and row.is_open:
            for name in _names(row):
                tally = tallies.get(name)
                if tally is None:
                    tally = tallies[name] = Tally()
                tally.add(row, sign, position)


def _stands_the_same(before: InboxRow | None, after: InboxRow | None) -> bool:
    """Return whether both rows add the same to the same figures."""
    if before is None or after is None:
        return before is after
    return (
        before.operator_id == after.operator_id
        and before.group_id == after.group_id
        and before.became_waiting == after.became_waiting
        and (before.unread > 0) == (after.unread > 0)
        and (before.closed_at is None) == (after.closed_at is None)
    )


def _names(row: InboxRow) -> tuple[Name, ...]:
    of_group = ("group", row.group_id or "")
    if row.operator_id is None:
        return (ACCOUNT, of_group)
    return (ACCOUNT, of_group, ("operator", row.operator_id))


def apply(row: CountsRow | None, name: Name, tally: Tally) -> CountsRow:
    """Return the row with what a tally adds to it."""
    if row is None:
        row = CountsRow(*name)
    return _with(
        row,
        changed=max(row.changed, tally.changed),
        new=row.new + tally.new,
        assigned=row.assigned + tally.assigned,
        waiting=row.waiting + tally.waiting,
        unread=row.unread + tally.unread,
    )


def joined(one: CountsRow, other: CountsRow) -> CountsRow:
    """Return one row for two that each saw a part of the chats."""
    return apply(
        one, one.key, Tally(other.changed, other.new, other.assigned, other.waiting, other.unread)
    )
