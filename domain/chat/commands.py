"""What can be asked of a chat. Each may be refused; asked twice, it adds nothing."""

from dataclasses import dataclass
from datetime import timedelta

from domain.chat.events import MessageState, ReleaseReason, ReopenReason, WakeReason
from domain.content import Parts
from domain.hours import BusinessHours
from domain.routing import Reason
from domain.values import (
    ChannelAccountId,
    ClientId,
    GroupId,
    OperatorId,
    Priority,
    TemplateId,
    Timestamp,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChat:
    account_id: ChannelAccountId
    channel: str
    client_id: ClientId
    thread: str
    address: str
    episode: int
    group_id: GroupId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveMessage:
    provider_id: str
    parts: Parts
    sent_at: Timestamp
    reply_to: str | None = None
    forwarded: bool = False
    referral: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditReceived:
    seq: int
    parts: Parts
    sent_at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteReceived:
    seq: int
    sent_at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class React:
    seq: int
    emoji: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    message_id: str
    operator_id: OperatorId | None
    """None for an automatic message."""
    parts: Parts
    reply_to: int | None = None
    template_id: TemplateId | None = None
    window: timedelta | None = None
    """How long after the client's last message the channel takes free answers (M10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSentElsewhere:
    provider_id: str
    parts: Parts
    sent_at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDelivery:
    seq: int
    state: MessageState
    provider_ids: tuple[str, ...] = ()
    reason: str | None = None
    left_at: Timestamp | None = None
    """When it was handed to the provider; known where it was sent from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitMessage:
    """It will leave in so many parts."""

    seq: int
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUpTo:
    """All that was sent until then has come so far (a watermark)."""

    state: MessageState
    until: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMediaCopied:
    """A file of a received message was copied."""

    seq: int
    part: int
    reference: str | None
    """What was copied: after an edit, the part may be another file."""
    sha256: str
    mime: str
    size: int
    name: str | None = None
    thumbnail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMediaLost:
    seq: int
    part: int
    reference: str | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryMessage:
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignChat:
    operator_id: OperatorId
    reason: Reason
    seen_version: int | None = None
    """The version that an automatic decision was made on; None for acts by hand (R8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseChat:
    reason: ReleaseReason
    operator_id: OperatorId | None = None
    """Only if he still has it; None for whoever has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseUnread:
    """Take a chat from who was given it and has not looked into it in time (R11)."""

    operator_id: OperatorId
    since: Timestamp
    """When it was given to him."""
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferChat:
    by_operator: OperatorId
    to_operator: OperatorId | None = None
    to_group: GroupId | None = None
    comment: str | None = None
    forced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowChat:
    """Pass a chat on that nobody took, if it is still New in that group since then (R9)."""

    from_group: GroupId
    to_group: GroupId
    since: Timestamp
    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class AddComment:
    operator_id: OperatorId
    text: str
    mentions: tuple[OperatorId, ...] = ()
    groups: tuple[GroupId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EditComment:
    operator_id: OperatorId
    seq: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRead:
    operator_id: OperatorId
    up_to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkUnread:
    operator_id: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWaiting:
    since: Timestamp
    patience: timedelta
    hours: BusinessHours | None = None
    """When the clock runs (V5); None for day and night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SayNoAnswerNeeded:
    operator_id: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChat:
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPriority:
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class SnoozeChat:
    until: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeChat:
    reason: WakeReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseChat:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenChat:
    reason: ReopenReason
    operator_id: OperatorId | None = None


ChatCommand = (
    OpenChat
    | ReceiveMessage
    | EditReceived
    | DeleteReceived
    | React
    | SendMessage
    | NoteSentElsewhere
    | ReportDelivery
    | SplitMessage
    | ReportUpTo
    | NoteMediaCopied
    | NoteMediaLost
    | RetryMessage
    | AssignChat
    | ReleaseChat
    | ReleaseUnread
    | TransferChat
    | OverflowChat
    | AddComment
    | EditComment
    | MarkRead
    | MarkUnread
    | NoteWaiting
    | SayNoAnswerNeeded
    | TagChat
    | SetPriority
    | SnoozeChat
    | WakeChat
    | CloseChat
    | ReopenChat
)
