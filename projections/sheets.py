"""
All views as one fold: the rows at hand, and what an event does to them.

Whoever folds first puts in the rows that the events touch (`needs`), and afterwards
writes back what is there. Seats, counts and uses are changed at the end (`settle`): which of
their rows are touched is known only when the chats have been folded.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from domain.chat.events import ChatErased
from domain.event import Recorded
from domain.values import TemplateId, split_stream
from projections import (
    catalog,
    clients,
    counts,
    fields,
    inbox,
    messages,
    search,
    seats,
    tabs,
    tags,
    templates,
)
from projections.catalog import ChannelRow, GroupRow, OperatorRow, SettingsRow
from projections.clients import ClientRow
from projections.counts import CountsRow, Tallies
from projections.fields import FieldRow
from projections.inbox import InboxRow
from projections.messages import MessageRow
from projections.search import SearchRow
from projections.seats import SeatChange, SeatRow
from projections.tabs import FilterRow, TabOrderRow
from projections.tags import TagRow
from projections.templates import TemplateRow, UsesRow

Key = tuple[Any, ...]

VIEW_OF: Final = {
    "client": "clients",
    "operator": "operators",
    "group": "groups",
    "channel": "channels",
    "account": "settings",
    "field": "fields",
    "tag": "tags",
    "template": "templates",
    "filter": "filters",
    "tabs": "tab_orders",
}
"""The view of each kind of stream, besides `chat`, which has three."""


class Unfoldable(Exception):
    """An event could not be folded; everything before it is."""

    def __init__(self, position: int, stream: str) -> None:
        super().__init__(f"event {position} of {stream} cannot be applied to the views")
        self.position = position


@dataclass(slots=True)
class Sheets:
    """The rows at hand of each view, by their keys."""

    inbox: dict[Key, InboxRow] = field(default_factory=dict)
    messages: dict[Key, MessageRow] = field(default_factory=dict)
    search: dict[Key, SearchRow] = field(default_factory=dict)
    clients: dict[Key, ClientRow] = field(default_factory=dict)
    operators: dict[Key, OperatorRow] = field(default_factory=dict)
    groups: dict[Key, GroupRow] = field(default_factory=dict)
    channels: dict[Key, ChannelRow] = field(default_factory=dict)
    settings: dict[Key, SettingsRow] = field(default_factory=dict)
    fields: dict[Key, FieldRow] = field(default_factory=dict)
    tags: dict[Key, TagRow] = field(default_factory=dict)
    templates: dict[Key, TemplateRow] = field(default_factory=dict)
    uses: dict[Key, UsesRow] = field(default_factory=dict)
    filters: dict[Key, FilterRow] = field(default_factory=dict)
    tab_orders: dict[Key, TabOrderRow] = field(default_factory=dict)
    seats: dict[Key, SeatRow] = field(default_factory=dict)
    counts: dict[Key, CountsRow] = field(default_factory=dict)
    seat_changes: list[SeatChange] = field(default_factory=list)
    tallies: Tallies = field(default_factory=dict)
    new_uses: dict[TemplateId, UsesRow] = field(default_factory=dict)

    def rows(self, view: str) -> dict[Key, Any]:
        """Return the rows at hand of the view of that name."""
        rows: dict[Key, Any] = getattr(self, view)
        return rows

    def fold(self, recorded: Recorded) -> None:
        """Apply one event; raise Unfoldable where a fold fails, with nothing half applied."""
        try:
            kind, id_ = split_stream(recorded.stream)
            if kind == "chat":
                self._chat((id_,), recorded)
            elif kind in VIEW_OF:
                self._entity(kind, (id_,), recorded)
        except Exception as error:
            raise Unfoldable(recorded.position, recorded.stream) from error

    def _chat(self, key: Key, recorded: Recorded) -> None:
        before = self.inbox.get(key)
        after = inbox.apply(before, recorded)
        if after is None:
            return
        if isinstance(recorded.event, ChatErased):
            self._erase(key, recorded.event.up_to, recorded.position)
        seq = messages.touched(recorded.event)
        said = None
        if seq is not None:
            said = messages.apply(self.messages.get((*key, seq)), recorded)
        self.seat_changes.extend(seats.changes(before, after, recorded))
        counts.note(self.tallies, before, after, recorded.position)
        templates.used(self.new_uses, recorded)
        self.inbox[key] = after
        if said is not None:
            self.messages[said.key] = said
            if (words := search.apply(said, recorded.event)) is not None:
                self.search[said.key] = words

    def _erase(self, key: Key, up_to: int, position: int) -> None:
        """Leave nothing of what was said in a chat, and nothing to find it by (A4)."""
        for seq in range(1, up_to + 1):
            said = self.messages.get((*key, seq))
            if said is not None:
                self.messages[said.key] = messages.erased(said, position)
                self.search[said.key] = SearchRow(said.chat_id, said.seq, position, "")

    def _entity(self, kind: str, key: Key, recorded: Recorded) -> None:
        rows = self.rows(VIEW_OF[kind])
        before = rows.get(key)
        after = _APPLY[kind](before, recorded)
        if after is None:
            return
        if kind == "operator":
            self.seat_changes.extend(seats.coming_online(before, recorded))
        rows[key] = after

    def needs_to_settle(self) -> dict[str, set[Key]]:
        """Return which seats, counts and uses the folded events touch."""
        return {
            "seats": {(change.operator_id,) for change in self.seat_changes},
            "counts": set(self.tallies),
            "uses": {(id_,) for id_ in self.new_uses},
        }

    def settle(self) -> None:
        """Apply to seats, counts and uses what the folded events did to them."""
        for seat in self.seat_changes:
            key = (seat.operator_id,)
            self.seats[key] = seats.apply(self.seats.get(key), seat)
        for name, tally in self.tallies.items():
            self.counts[name] = counts.apply(self.counts.get(name), name, tally)
        for id_, used in self.new_uses.items():
            known = self.uses.get((id_,))
            self.uses[(id_,)] = used if known is None else templates.joined(known, used)
        self.seat_changes.clear()
        self.tallies.clear()
        self.new_uses.clear()


_APPLY: Final[dict[str, Any]] = {
    "client": clients.apply,
    "operator": catalog.apply_operator,
    "group": catalog.apply_group,
    "channel": catalog.apply_channel,
    "account": catalog.apply_settings,
    "field": fields.apply,
    "tag": tags.apply,
    "template": templates.apply,
    "filter": tabs.apply_filter,
    "tabs": tabs.apply_order,
}


def needs(events: Iterable[Recorded]) -> dict[str, set[Key]]:
    """Return which rows of which views the events touch, seats and counts aside."""
    keys: dict[str, set[Key]] = {}
    made: set[Key] = set()
    for recorded in events:
        kind, id_ = split_stream(recorded.stream)
        if kind != "chat":
            if kind in VIEW_OF:
                keys.setdefault(VIEW_OF[kind], set()).add((id_,))
            continue
        keys.setdefault("inbox", set()).add((id_,))
        if isinstance(recorded.event, ChatErased):
            said = {(id_, seq) for seq in range(1, recorded.event.up_to + 1)}
            keys.setdefault("messages", set()).update(said - made)
            continue
        seq = messages.touched(recorded.event)
        if seq is None:
            continue
        if isinstance(recorded.event, messages.NEW_ONES):
            made.add((id_, seq))
        elif (id_, seq) not in made:
            keys.setdefault("messages", set()).add((id_, seq))
    return keys
