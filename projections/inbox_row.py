"""
A chat as the operators' lists know it, and where it is shown at a given instant.

The section follows from the clock at reading time, so that a timer that died never hides
a late chat (V6).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from domain.hours import Patience
from domain.values import (
    ChannelAccountId,
    ChatId,
    ClientId,
    GroupId,
    OperatorId,
    Priority,
    Timestamp,
)
from projections.unread import Unread


class Section(StrEnum):
    """Exactly one of these holds a chat at any time (V2)."""

    NEW = "new"
    WAITING = "waiting"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastMessage:
    seq: int
    text: str
    kind: str
    at: Timestamp
    direction: Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class TransferNote:
    """Who passed a chat on, and what he said; shown while it is New again (R9)."""

    by: OperatorId | None
    comment: str | None


class InboxRow(NamedTuple):
    chat_id: ChatId
    version: int
    changed: int
    opened_at: Timestamp
    client_id: ClientId
    account_id: ChannelAccountId
    channel: str
    episode: int
    group_id: GroupId | None
    operator_id: OperatorId | None
    """Who has it now; nobody has a closed one."""
    last_operator: OperatorId | None
    last_seq: int
    waiting_since: Timestamp | None
    """When the oldest message nobody answered came; None when all are answered (V4)."""
    became_waiting: bool
    """Whether `ChatBecameWaiting` is recorded for the running clock."""
    unread: int
    """Of the present assignee."""
    reading: Unread
    last_message: LastMessage | None
    last_activity_at: Timestamp
    last_client_at: Timestamp | None
    """Start of the channel's reply window (M10)."""
    priority: Priority
    tags: tuple[str, ...]
    has_attachment: bool
    """Whether anybody has ever sent a file in it."""
    snoozed_until: Timestamp | None
    closed_at: Timestamp | None
    note: TransferNote | None

    @property
    def key(self) -> tuple[str]:
        return (self.chat_id,)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def seen_as(self) -> OperatorId | None:
        """Return whose chat it is where visibility asks: a closed one's is who had it last."""
        return self.operator_id if self.is_open else self.last_operator

    @property
    def occupies(self) -> OperatorId | None:
        """Return whose capacity it takes: assigned, not closed, not snoozed (R3)."""
        return self.operator_id if self.snoozed_until is None else None


def section(row: InboxRow, now: Timestamp, patience: Patience) -> Section:
    """Return where the panel shows a chat at `now` (V1-V3, V6)."""
    if not row.is_open:
        return Section.CLOSED
    if row.operator_id is None:
        return Section.NEW
    due = None if row.waiting_since is None else patience.due(row.waiting_since)
    return Section.WAITING if due is not None and due <= now else Section.OPEN
