"""
What can happen to a chat, in the past tense. This is a storage format.

A field may be added with a default. Anything else is a new topic (`….v2`), and the old
class stays readable for ever.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.content import Parts
from domain.event import Event
from domain.routing import Reason
from domain.values import (
    ChannelAccountId,
    ClientId,
    GroupId,
    OperatorId,
    PersonalText,
    Priority,
    TemplateId,
    Timestamp,
)


class MessageState(StrEnum):
    """What became of a message that was written here (M6)."""

    QUEUED = "queued"
    UNKNOWN = "unknown"
    """It left, and the answer was lost: never sent again by itself."""
    FAILED = "failed"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"


class ReleaseReason(StrEnum):
    OFFLINE = "offline"
    LOST_HEARTBEAT = "lost-heartbeat"
    NOT_READ_IN_TIME = "not-read-in-time"
    LEFT_THE_GROUP = "left-the-group"
    GIVEN_BACK = "given-back"


class WakeReason(StrEnum):
    DUE = "due"
    CLIENT_WROTE = "client-wrote"
    BY_HAND = "by-hand"


class ReopenReason(StrEnum):
    CLIENT_WROTE = "client-wrote"
    BY_HAND = "by-hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOpened(Event):
    TOPIC = "chat-opened.v1"
    account_id: ChannelAccountId
    channel: str
    """The channel's kind, e.g. `whatsapp`."""
    client_id: ClientId
    thread: str
    """Lookup key of the client's conversation on this account; not readable."""
    address: PersonalText
    """Where answers are sent, as the channel writes it."""
    episode: int
    """1 for the client's first chat on this account, then 2, 3, …"""
    group_id: GroupId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    TOPIC = "message-received.v1"
    seq: int
    """1, 2, … within the chat, over messages and comments."""
    provider_id: PersonalText
    parts: Parts
    sent_at: Timestamp
    """When the client sent it, by the provider's clock."""
    reply_to: PersonalText | None = None
    """The provider's id of the message that this one answers."""
    forwarded: bool = False
    referral: PersonalText | None = None
    """What brought the client here (an advertisement, a link), as JSON from the provider."""
    subject: PersonalText | None = None
    """Of an e-mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited(Event):
    TOPIC = "message-edited.v1"
    seq: int
    parts: Parts
    sent_at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted(Event):
    TOPIC = "message-deleted.v1"
    seq: int
    sent_at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionChanged(Event):
    TOPIC = "reaction-changed.v1"
    seq: int
    emoji: PersonalText | None = None
    """None when the reaction was taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent(Event):
    """Somebody here answered. It is queued; what becomes of it is `MessageStateChanged`."""

    TOPIC = "message-sent.v1"
    seq: int
    message_id: str
    operator_id: OperatorId | None = None
    """None for automatic messages, which do not stop the waiting clock (V4)."""
    parts: Parts
    reply_to: int | None = None
    """seq of the message that this one quotes."""
    template_id: TemplateId | None = None
    """The reply template that it was written from (T3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSentElsewhere(Event):
    """Somebody answered in the provider's own app."""

    TOPIC = "message-sent-elsewhere.v1"
    seq: int
    provider_id: PersonalText
    parts: Parts
    sent_at: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStateChanged(Event):
    TOPIC = "message-state-changed.v1"
    seq: int
    state: MessageState
    provider_ids: tuple[PersonalText, ...] = ()
    """The provider's ids, several where the message had to be split."""
    reason: PersonalText | None = None
    """Why it failed: one of the ten error kinds, then what the provider said."""
    left_at: Timestamp | None = None
    """When its last part was handed to the provider, where it was sent from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSplit(Event):
    """It leaves in several parts; told before the first of them does."""

    TOPIC = "message-split.v1"
    seq: int
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStateChanged(Event):
    """One part of a split message came so far; `MessageStateChanged` tells of the whole."""

    TOPIC = "part-state-changed.v1"
    seq: int
    provider_id: PersonalText
    state: MessageState
    reason: PersonalText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedUpTo(Event):
    """
    The provider said that all that had been sent until then came so far, while something
    was on its way: whether that is meant too shows once it is known when it left.
    """

    TOPIC = "reached-up-to.v1"
    state: MessageState
    until: Timestamp
    """By the provider's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaCopied(Event):
    """A file that came in lies in the attachment store (M8)."""

    TOPIC = "media-copied.v1"
    seq: int
    part: int
    """Which part of the message as it is now: 0, 1, …"""
    sha256: PersonalText
    mime: str
    """Told from its content, not from what the provider says."""
    size: int
    """Bytes."""
    name: PersonalText | None = None
    thumbnail: PersonalText | None = None
    """SHA-256 of a small picture of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLost(Event):
    """A file that came in could not be copied."""

    TOPIC = "media-lost.v1"
    seq: int
    part: int
    why: PersonalText


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAssigned(Event):
    TOPIC = "chat-assigned.v1"
    operator_id: OperatorId
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReleased(Event):
    TOPIC = "chat-released.v1"
    operator_id: OperatorId
    reason: ReleaseReason
    left_out: tuple[OperatorId, ...] | None = None
    """Who is not to get it in the round that follows (R11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTransferred(Event):
    """
    Passed on, with a comment, as ONE fact (R9).

    To an operator, he has it from here on. To a group, it is routed there and the sender
    is left out of that round. It takes a `seq` like a message, so that it can be unread.
    """

    TOPIC = "chat-transferred.v1"
    seq: int
    from_operator: OperatorId | None = None
    by_operator: OperatorId | None = None
    to_operator: OperatorId | None = None
    to_group: GroupId | None = None
    comment: PersonalText | None = None
    forced: bool = False
    overflowed_from: GroupId | None = None
    """The group in which nobody took it in time; nobody passed it on then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentAdded(Event):
    TOPIC = "comment-added.v1"
    seq: int
    operator_id: OperatorId
    text: PersonalText
    mentions: tuple[OperatorId, ...] = ()
    """Whom it reaches, those of mentioned groups included."""
    groups: tuple[GroupId, ...] | None = None
    """Mentioned as such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentEdited(Event):
    TOPIC = "comment-edited.v1"
    seq: int
    text: PersonalText


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRead(Event):
    TOPIC = "chat-read.v1"
    operator_id: OperatorId
    up_to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMarkedUnread(Event):
    TOPIC = "chat-marked-unread.v1"
    operator_id: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatBecameWaiting(Event):
    """The waiting clock passed the patience then in force (V6); once per clock start."""

    TOPIC = "chat-became-waiting.v1"
    since: Timestamp
    patience: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerNotNeeded(Event):
    TOPIC = "answer-not-needed.v1"
    operator_id: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTagged(Event):
    TOPIC = "chat-tagged.v1"
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrioritySet(Event):
    TOPIC = "priority-set.v1"
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSnoozed(Event):
    TOPIC = "chat-snoozed.v1"
    until: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatWoken(Event):
    TOPIC = "chat-woken.v1"
    reason: WakeReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatClosed(Event):
    TOPIC = "chat-closed.v1"
    operator_id: OperatorId | None = None
    """Who had it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReopened(Event):
    TOPIC = "chat-reopened.v1"
    reason: ReopenReason
    operator_id: OperatorId | None = None
    """Who has it from here on; None sends it to routing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatErased(Event):
    """Its client was erased: what was said in it can be read by nobody (A4)."""

    TOPIC = "chat-erased.v1"
    up_to: int
    """seq of the last message or comment."""


ChatEvent = (
    ChatOpened
    | MessageReceived
    | MessageEdited
    | MessageDeleted
    | ReactionChanged
    | MessageSent
    | MessageSentElsewhere
    | MessageStateChanged
    | MessageSplit
    | PartStateChanged
    | ReachedUpTo
    | MediaCopied
    | MediaLost
    | ChatAssigned
    | ChatReleased
    | ChatTransferred
    | CommentAdded
    | CommentEdited
    | ChatRead
    | ChatMarkedUnread
    | ChatBecameWaiting
    | AnswerNotNeeded
    | ChatTagged
    | PrioritySet
    | ChatSnoozed
    | ChatWoken
    | ChatClosed
    | ChatReopened
    | ChatErased
)
