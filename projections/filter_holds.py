"""Whether a filter's tree holds of one chat, asked of what is known of it in memory (T5)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from domain.client.facts import DOCUMENTS
from domain.field import FieldKind
from domain.hours import Patience
from domain.values import Timestamp
from projections import filter_tree as f
from projections.clients import Held
from projections.inbox_row import Section
from projections.items import Item
from projections.text import folded

PatienceOf = Callable[[str | None], Patience]
"""The patience in force in a group, or for a chat of no group."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a filter may ask of the record that a chat is shown under (C4)."""

    tags: frozenset[str] = frozenset()
    held: Mapping[str, Held] = field(default_factory=dict)
    """By detail, or by the id of a field."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a chat besides its item, as far as somebody needs it."""

    record: Record = Record()
    said: frozenset[str] = frozenset()
    """Of the texts that were asked for, those that the chat says."""


NO_FACTS: Final = Facts()


def section_of(item: Item, now: Timestamp, patience_of: PatienceOf) -> Section:
    """Return where an item is shown at `now`, whenever it was made (V6)."""
    if item["closed_at"] is not None:
        return Section.CLOSED
    if item["operator"] is None:
        return Section.NEW
    since = item["waiting_since"]
    if since is None:
        return Section.OPEN
    due = patience_of(_id(item, "group")).due(datetime.fromisoformat(since))
    return Section.WAITING if due is not None and due <= now else Section.OPEN


@dataclass(frozen=True, slots=True)
class Asked:
    """One chat at one instant."""

    item: Item
    facts: Facts
    now: Timestamp
    patience_of: PatienceOf

    def holds(self, tree: f.Tree) -> bool:
        """Return whether the chat is one that the filter is for."""
        match tree:
            case f.AllOf(parts):
                return all(map(self.holds, parts))
            case f.AnyOf(parts):
                return any(map(self.holds, parts))
            case f.Not(part):
                return not self.holds(part)
            case f.HasAny(attribute, values):
                return not self._values(attribute).isdisjoint(values)
            case f.Is(fact):
                return self._is(fact)
            case f.Named(match, text):
                return _matches(folded(self.item["client"]["name"] or ""), match, text)
            case f.Says(text):
                return text in self.facts.said
            case f.Happened(clock, period, is_before):
                return self._happened(clock, period.bounds(self.now), is_before)
            case _:
                return self._of_record(tree)

    def _values(self, attribute: f.Attribute) -> frozenset[str]:
        item = self.item
        match attribute:
            case f.Attribute.TAG:
                return frozenset(item["tags"])
            case f.Attribute.CLIENT_TAG:
                return self.facts.record.tags
            case f.Attribute.CHANNEL:
                channel = item["channel"]
                return frozenset({channel["kind"], channel["account"], channel["id"]})
            case f.Attribute.GROUP:
                return frozenset({_id(item, "group") or f.NO_GROUP})
            case f.Attribute.OPERATOR:
                return frozenset({_id(item, "operator") or f.NOBODY})
            case f.Attribute.SECTION:
                return frozenset({section_of(item, self.now, self.patience_of)})
            case f.Attribute.PRIORITY:
                return frozenset({item["priority"]})
            case f.Attribute.CLIENT:
                return frozenset({item["client"]["id"]})

    def _is(self, fact: f.Fact) -> bool:
        match fact:
            case f.Fact.UNREAD:
                unread: int = self.item["unread"]
                return unread > 0
            case f.Fact.ATTACHMENT:
                has_one: bool = self.item["has_attachment"]
                return has_one
            case f.Fact.SNOOZED:
                return self.item["snoozed_until"] is not None

    def _happened(
        self, clock: f.Clock, bounds: tuple[Timestamp | None, Timestamp | None], is_before: bool
    ) -> bool:
        stamped: str | None = self.item[TIMES[clock]]
        if stamped is None:
            return False
        return _lies(datetime.fromisoformat(stamped), bounds, is_before=is_before)

    def _of_record(self, leaf: f.OfRecord) -> bool:
        held = self.facts.record.held.get(leaf.key)
        if held is None:
            return False
        _, kind, value, _ = held
        match leaf:
            case f.Present():
                return True
            case f.HoldsText(match=match, text=text):
                return kind not in DOCUMENTS and _matches(folded(value), match, text)
            case f.HoldsAny(values=values):
                return folded(value) in values
            case f.HoldsNumber(order=order, number=number):
                return kind == FieldKind.NUMBER and _compares(value, order, number)
            case f.HoldsDate(period=period, is_before=is_before):
                days = tuple(day and day.isoformat() for day in period.dates(self.now))
                return kind == FieldKind.DATE and _lies(value, days, is_before=is_before)


TIMES: Final[dict[f.Clock, str]] = {
    f.Clock.ACTIVITY: "last_activity_at",
    f.Clock.OPENED: "opened_at",
    f.Clock.CLIENT: "last_client_at",
    f.Clock.CLOSED: "closed_at",
    f.Clock.WAITING: "waiting_since",
}
"""The times of an item, and of its row: they are called alike."""


def _matches(text: str, match: f.Match, wanted: str) -> bool:
    match match:
        case f.Match.IS:
            return text == wanted
        case f.Match.BEGINS:
            return text.startswith(wanted)
        case f.Match.CONTAINS:
            return wanted in text


def _compares(value: str, order: f.Order, number: str) -> bool:
    if order is f.Order.LESS:
        return Decimal(value) < Decimal(number)
    return Decimal(value) > Decimal(number)


def _lies(at: object, bounds: Iterable[object], *, is_before: bool) -> bool:
    start, end = bounds
    if is_before:
        return start is not None and at < start  # type: ignore[operator]  # both are times, or both are days
    return (start is None or start <= at) and (end is None or at < end)  # type: ignore[operator]  # as above


def _id(item: Item, what: str) -> str | None:
    named: Item | None = item[what]
    return None if named is None else named["id"]
