"""Chats of a past panel as its lists showed them, and which of them a list held (V6, V11, V13)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from domain.access import Scope
from domain.chat import events as e
from domain.event import Event
from domain.hours import Patience
from domain.values import OperatorId, Timestamp
from projections.clients import ClientRow
from projections.filter_holds import NO_FACTS, Facts, Record
from projections.filter_tree import needs
from projections.filters import BY_CLOCK, ChatFilter, Listed, PatienceOf, matches, section_of
from projections.inbox import PREVIEW
from projections.inbox_row import InboxRow, TransferNote
from projections.items import Item, Names, chat_item
from projections.panel import OpenChat, Panel
from projections.rows import replacing
from projections.text import printable, wording

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""Waiting clock of a chat that waits for nothing: it is listed after all that wait."""
COUNTED: Final = (Listed.NEW, Listed.WAITING, Listed.OPEN, Listed.UNREAD)

_row = replacing(InboxRow)


@dataclass(frozen=True, slots=True)
class Told:
    """What of some chats was said, and what people were called."""

    events: Mapping[int, Event] = field(default_factory=dict)
    """By position: what `OpenChat` and `OperatorRow.renamed` point to."""
    clients: Mapping[str, ClientRow] = field(default_factory=dict)


NOTHING_TOLD: Final = Told()


def positions_of(panel: Panel, chats: Iterable[OpenChat]) -> set[int]:
    """Return where it is told what these chats' items show."""
    wanted = set[int]()
    for chat in chats:
        wanted.update((chat.said_at, chat.noted_at))
        for who in _people(chat.row):
            if who in panel.operators:
                wanted.add(panel.operators[who].renamed)
    return wanted - {0}


def _people(row: InboxRow) -> set[str]:
    by = None if row.note is None else row.note.by
    return {who for who in (row.operator_id, row.last_operator, by) if who is not None}


def item_of(panel: Panel, chat: OpenChat, told: Told, now: Timestamp, of: PatienceOf) -> Item:
    """Return a chat's item as it was at `now`; without words and names where none are told."""
    row = _with_words(chat, told)
    patience: Patience = of(row.group_id)
    return chat_item(row, _names(panel, row, told), now, patience)


def _with_words(chat: OpenChat, told: Told) -> InboxRow:
    row = chat.row
    if row.last_message is not None and chat.said_at in told.events:
        said = _said(told.events[chat.said_at])[:PREVIEW]
        row = _row(row, last_message=replace(row.last_message, text=said))
    match told.events.get(chat.noted_at):
        case e.ChatTransferred(comment=str(comment)) if row.note is not None:
            row = _row(row, note=TransferNote(row.note.by, printable(comment)))
        case _:
            pass
    return row


def _said(event: Event) -> str:
    match event:
        case (
            e.MessageReceived(parts=parts)
            | e.MessageSent(parts=parts)
            | e.MessageSentElsewhere(parts=parts)
            | e.MessageEdited(parts=parts)
        ):
            return wording(parts)[1]
        case _:
            return ""


def name_of(panel: Panel, operator_id: str | None, told: Told) -> str | None:
    """Return what an operator was called then; None where it is not told."""
    row = None if operator_id is None else panel.operators.get(operator_id)
    if row is None or not row.renamed:
        return None if row is None else row.name
    name: str | None = getattr(told.events.get(row.renamed), "name", None)
    return None if name is None else printable(name)


def _names(panel: Panel, row: InboxRow, told: Told) -> Names:
    group = panel.groups.get(row.group_id or "")
    channel = panel.channels.get(row.account_id)
    client = told.clients.get(row.client_id)
    shown = client
    if client is not None and client.merged_into is not None:
        shown = told.clients.get(client.merged_into)
    operators = [panel.operators.get(who or "") for who in (row.operator_id, row.last_operator)]
    rows = [one for one in (*operators, group, client, shown) if one is not None]
    return Names(
        operator=name_of(panel, row.operator_id, told),
        last_operator=name_of(panel, row.last_operator, told),
        passed_on_by=None if row.note is None else name_of(panel, row.note.by, told),
        group=None if group is None else printable(group.name),
        client=None if shown is None else shown.name,
        account=None if channel is None else printable(channel.name),
        renamed=max((one.renamed for one in rows), default=0),
        stands_for=None if client is None else client.merged_into,
    )


def scope_then(panel: Panel, operator_id: str) -> Scope | None:
    """Return what an operator saw then: by his role and groups of then; None for nobody."""
    row = panel.operators.get(operator_id)
    if row is None:
        return None
    return Scope(OperatorId(operator_id), row.role, frozenset(group for group, _ in row.skills))


def order_of(listed: Listed, row: InboxRow) -> tuple[Any, ...]:
    """Return what a list is in order of; by activity it falls (V11)."""
    if listed in BY_CLOCK:
        return (row.waiting_since or NEVER, row.opened_at, row.chat_id)
    return (row.last_activity_at, row.chat_id)


def without_words(chats: ChatFilter) -> ChatFilter:
    """Return what of a question can be asked before words and clients are known."""
    return replace(chats, q=None, search=None, client=None, tree=None)


def with_words(chats: ChatFilter) -> ChatFilter:
    """Return the whole question: of the past, a search looks at what the lists showed."""
    asked = " ".join(filter(None, (chats.q, chats.search)))
    return replace(chats, q=asked or None, search=None)


def needs_words(chats: ChatFilter) -> bool:
    """Return whether what a list holds depends on words, or on who is shown as whom."""
    return any(one is not None for one in (chats.q, chats.search, chats.client, chats.tree))


def asks_whole_chats(chats: ChatFilter) -> bool:
    """Return whether a filter asks what all messages of a chat say, which a panel does not know."""
    return chats.tree is not None and bool(needs(chats.tree).texts)


def _facts(client: ClientRow | None) -> Facts:
    """Return what a filter may ask of the record as it was then."""
    if client is None:
        return NO_FACTS
    return Facts(Record(frozenset(client.tags), {held[0]: held for held in client.facts}))


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks at a panel, and when."""

    panel: Panel
    now: Timestamp
    scopes: tuple[Scope, ...]
    """All of them see what is shown: who asks, and whose eyes he borrows."""
    patience_of: PatienceOf

    def candidates(self, chats: ChatFilter) -> list[OpenChat]:
        """Return the chats that a list holds, as far as can be said without any words."""
        asked = without_words(chats)
        return [chat for chat in self.panel.chats.values() if self.holds(chat, asked, NOTHING_TOLD)]

    def holds(self, chat: OpenChat, chats: ChatFilter, told: Told) -> bool:
        """Return whether a list holds a chat."""
        item, now, of = self.item(chat, told), self.now, self.patience_of
        facts = NO_FACTS if chats.tree is None else _facts(told.clients.get(item["client"]["id"]))
        return all(matches(item, chats, scope, now, of, facts) for scope in self.scopes)

    def item(self, chat: OpenChat, told: Told) -> Item:
        return item_of(self.panel, chat, told, self.now, self.patience_of)

    def count(self, items: Iterable[Item]) -> dict[str, int]:
        """Return how many of the chats each list holds."""
        counted = {listed.value: 0 for listed in COUNTED}
        for item in items:
            counted[section_of(item, self.now, self.patience_of).value] += 1
            counted[Listed.UNREAD.value] += item["unread"] > 0
        return counted
