"""
What the panel's lists are made of at one position of the log, closed chats aside.

It holds nothing that a person wrote and nobody's name: the positions of the events that say
so are kept in their place, so that what is kept of it needs no cleaning when somebody is
erased (A4).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from domain.account import AccountSettings
from domain.chat.events import ChatOpened, ChatReopened
from domain.event import Recorded
from domain.hours import Patience
from domain.values import StreamId, split_stream
from projections import inbox
from projections.catalog import (
    ChannelRow,
    GroupRow,
    OperatorRow,
    SettingsRow,
    apply_channel,
    apply_group,
    apply_operator,
    apply_settings,
)
from projections.filters import PatienceOf
from projections.inbox_row import InboxRow, TransferNote
from projections.rows import replacing

Recall = Callable[[StreamId, int], Iterable[Recorded]]
"""Returns a stream's events up to a position, in order."""


class OpenChat(NamedTuple):
    """A chat without its words, and where they are told."""

    row: InboxRow
    said_at: int = 0
    """Position of the event that says the last message; 0 for none."""
    noted_at: int = 0
    """Position of the transfer that left the note; 0 for none."""


@dataclass(slots=True)
class Panel:
    """Everything as of `position`; changed by `fold` only."""

    position: int = 0
    chats: dict[str, OpenChat] = field(default_factory=dict)
    """Those that are not closed."""
    operators: dict[str, OperatorRow] = field(default_factory=dict)
    """Without names: `renamed` is the position of the event that tells one's name."""
    groups: dict[str, GroupRow] = field(default_factory=dict)
    channels: dict[str, ChannelRow] = field(default_factory=dict)
    settings: SettingsRow | None = None

    def copy(self) -> "Panel":
        """Return another one that can go on by itself."""
        return Panel(
            self.position,
            dict(self.chats),
            dict(self.operators),
            dict(self.groups),
            dict(self.channels),
            self.settings,
        )

    def patience_of(self) -> PatienceOf:
        """Return the patience then in force in each group (V3, V5, V7)."""
        account = AccountSettings() if self.settings is None else self.settings.settings
        own = {id_: row.settings.patience_in(account) for id_, row in self.groups.items()}
        default = Patience(account.patience)
        return lambda group: default if group is None else own.get(group, default)

    def loads(self) -> dict[str, int]:
        """Return how many chats take up whose capacity (R3)."""
        loads: dict[str, int] = {}
        for chat in self.chats.values():
            if (who := chat.row.occupies) is not None:
                loads[who] = loads.get(who, 0) + 1
        return loads


_row = replacing(InboxRow)
_operator = replacing(OperatorRow)


def fold(panel: Panel, recorded: Recorded, recall: Recall) -> None:
    """Bring the panel to the next event; `recall` is asked for a closed chat that reopens."""
    kind, id_ = split_stream(recorded.stream)
    match kind:
        case "chat":
            _fold_chat(panel, id_, recorded, recall)
        case "operator":
            operator = apply_operator(panel.operators.get(id_), recorded)
            if operator is not None:
                panel.operators[id_] = _operator(operator, name="", email="")
        case "group":
            if (group := apply_group(panel.groups.get(id_), recorded)) is not None:
                panel.groups[id_] = group
        case "channel":
            if (channel := apply_channel(panel.channels.get(id_), recorded)) is not None:
                panel.channels[id_] = channel
        case "account":
            panel.settings = apply_settings(panel.settings, recorded)
        case _:
            pass
    panel.position = recorded.position


def _fold_chat(panel: Panel, id_: str, recorded: Recorded, recall: Recall) -> None:
    before = panel.chats.get(id_)
    if before is None:
        if isinstance(recorded.event, ChatOpened):
            after = step(None, recorded)
        elif isinstance(recorded.event, ChatReopened):
            after = told(recall(recorded.stream, recorded.position))
        else:
            # What still happens to a closed chat, such as a late receipt, opens it no more.
            return
    else:
        after = step(before, recorded)
    if after is not None and after.row.is_open:
        panel.chats[id_] = after
    else:
        panel.chats.pop(id_, None)


def told(events: Iterable[Recorded]) -> OpenChat | None:
    """Return a chat, closed or not, after all these events of it; None where it never began."""
    chat = None
    for recorded in events:
        chat = step(chat, recorded)
    return chat


def step(chat: OpenChat | None, recorded: Recorded) -> OpenChat | None:
    """Return a chat after one more event of it, without its words."""
    before = None if chat is None else chat.row
    after = inbox.apply(before, recorded)
    if after is None:
        return None
    said_at, noted_at = (0, 0) if chat is None else (chat.said_at, chat.noted_at)
    last, note = after.last_message, after.note
    if last is not None and (before is None or last is not before.last_message):
        said_at = recorded.position
        after = _row(after, last_message=replace(last, text=""))
    if note is None:
        noted_at = 0
    elif before is None or note is not before.note:
        noted_at = recorded.position
        after = _row(after, note=TransferNote(note.by, None))
    return OpenChat(after, said_at, noted_at)
