"""One chat as its rules need to know it, folded from its events. `evolve` never refuses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from domain.chat.delivery import Split
from domain.chat.events import (
    AnswerNotNeeded,
    ChatAssigned,
    ChatBecameWaiting,
    ChatClosed,
    ChatErased,
    ChatEvent,
    ChatMarkedUnread,
    ChatOpened,
    ChatRead,
    ChatReleased,
    ChatReopened,
    ChatSnoozed,
    ChatTagged,
    ChatTransferred,
    ChatWoken,
    CommentAdded,
    CommentEdited,
    MediaCopied,
    MediaLost,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    MessageSent,
    MessageSentElsewhere,
    MessageSplit,
    MessageState,
    MessageStateChanged,
    PartStateChanged,
    PrioritySet,
    ReachedUpTo,
    ReactionChanged,
)
from domain.chat.files import Files, FileState, settled, with_parts
from domain.values import (
    ERASED,
    ChannelAccountId,
    ChatId,
    ClientId,
    GroupId,
    OperatorId,
    Priority,
    Timestamp,
)

FOLLOWED_DELIVERIES: Final = 500
"""Delivery states of older messages are no longer followed, so that a state stays small."""
_MAY_RISE: Final = frozenset({MessageState.SENT, MessageState.DELIVERED})
"""The states in which a watermark can tell more."""


@dataclass(frozen=True, slots=True)
class Chat:
    id: ChatId
    version: int = 0
    account_id: ChannelAccountId = ChannelAccountId("")
    channel: str = ""
    client_id: ClientId = ClientId("")
    thread: str = ""
    address: str = ""
    episode: int = 0
    group_id: GroupId | None = None
    is_open: bool = False
    operator_id: OperatorId | None = None
    last_seq: int = 0
    waiting_since: Timestamp | None = None
    became_waiting: bool = False
    last_client_at: Timestamp | None = None
    priority: Priority = Priority.NORMAL
    tags: frozenset[str] = frozenset()
    snoozed_until: Timestamp | None = None
    closed_at: Timestamp | None = None
    last_operator: OperatorId | None = None
    left_out: frozenset[OperatorId] = frozenset()
    """Who is not to get it in this round (R9, R11)."""
    new_since: Timestamp | None = None
    """Since when it has been with nobody in its group; None while it is with somebody."""
    unread_since: Timestamp | None = None
    """When its operator was given it, until he looks into it (R11)."""
    read_by: Mapping[OperatorId, int] = field(default_factory=dict)
    marked_unread: frozenset[OperatorId] = frozenset()
    comments: Mapping[int, OperatorId] = field(default_factory=dict)
    deliveries: Mapping[int, MessageState] = field(default_factory=dict)
    splits: Mapping[int, Split] = field(default_factory=dict)
    """Of messages that leave in several parts."""
    left: Mapping[int, Timestamp] = field(default_factory=dict)
    """When those left of which a watermark can still tell something."""
    reached: Mapping[MessageState, Timestamp] = field(default_factory=dict)
    """Watermarks that came while something was on its way."""
    files: Files = field(default_factory=dict)
    is_erased: bool = False

    @property
    def exists(self) -> bool:
        return self.version > 0

    @property
    def occupies(self) -> OperatorId | None:
        """Return whose capacity it takes: assigned, not closed, not snoozed (R3)."""
        return self.operator_id if self.is_open and self.snoozed_until is None else None


def fold(chat: Chat, events: Iterable[ChatEvent]) -> Chat:
    for event in events:
        chat = evolve(chat, event)
    return chat


def evolve(chat: Chat, event: ChatEvent) -> Chat:
    """Return the chat after one more event."""
    version = chat.version + 1
    match event:
        case MessageReceived(seq=seq, at=at, parts=parts):
            return replace(
                chat,
                version=version,
                last_seq=seq,
                waiting_since=chat.waiting_since or at,
                last_client_at=at,
                files=with_parts(chat.files, seq, parts),
            )
        case MessageStateChanged():
            return _came_so_far(replace(chat, version=version), event)
        case MessageSent(seq=seq, operator_id=operator_id):
            sent = replace(
                chat,
                version=version,
                last_seq=seq,
                deliveries=_followed(chat, seq, MessageState.QUEUED),
            )
            if operator_id is None:
                return sent
            sent = _looked_into(sent, operator_id)
            return replace(_answered(sent), marked_unread=sent.marked_unread - {operator_id})
        case MessageSentElsewhere(seq=seq, parts=parts):
            files = with_parts(chat.files, seq, parts)
            return _answered(replace(chat, version=version, last_seq=seq, files=files))
        case ChatRead(operator_id=operator_id, up_to=up_to):
            return replace(
                _looked_into(chat, operator_id),
                version=version,
                read_by={**chat.read_by, operator_id: up_to},
                marked_unread=chat.marked_unread - {operator_id},
            )
        case ChatMarkedUnread(operator_id=operator_id):
            return replace(chat, version=version, marked_unread=chat.marked_unread | {operator_id})
        case CommentAdded(seq=seq, operator_id=operator_id):
            return replace(
                chat,
                version=version,
                last_seq=seq,
                comments={**chat.comments, seq: operator_id},
            )
        case ChatTagged(added=added, removed=removed):
            return replace(chat, version=version, tags=(chat.tags | {*added}).difference(removed))
        case PrioritySet(priority=priority):
            return replace(chat, version=version, priority=priority)
        case ChatBecameWaiting():
            return replace(chat, version=version, became_waiting=True)
        case AnswerNotNeeded():
            return _answered(replace(chat, version=version))
        case ChatErased():
            return replace(chat, version=version, address=ERASED, files={}, is_erased=True)
        case ReactionChanged() | CommentEdited():
            return replace(chat, version=version)
        case (
            MessageSplit()
            | PartStateChanged()
            | ReachedUpTo()
            | MediaCopied()
            | MediaLost()
            | MessageEdited()
            | MessageDeleted()
        ):
            return _noted(replace(chat, version=version), event)
        case _:
            return _moved(replace(chat, version=version), event)


Detail = (
    MessageSplit
    | PartStateChanged
    | ReachedUpTo
    | MediaCopied
    | MediaLost
    | MessageEdited
    | MessageDeleted
)
"""The events that tell more of a message that is there."""


def _noted(chat: Chat, event: Detail) -> Chat:
    match event:
        case MessageSplit(seq=seq, parts=parts):
            return replace(chat, splits={**chat.splits, seq: Split(parts)})
        case PartStateChanged(seq=seq, provider_id=id_, state=state):
            split = chat.splits.get(seq)
            if split is None:
                return chat
            return replace(chat, splits={**chat.splits, seq: split.after(id_, state)})
        case ReachedUpTo(state=state, until=until):
            return replace(chat, reached={**chat.reached, state: until})
        case MediaCopied(seq=seq, part=part):
            return replace(chat, files=settled(chat.files, (seq, part), FileState.COPIED))
        case MediaLost(seq=seq, part=part):
            return replace(chat, files=settled(chat.files, (seq, part), FileState.LOST))
        case MessageEdited(seq=seq, parts=parts):
            return replace(chat, files=with_parts(chat.files, seq, parts))
        case MessageDeleted(seq=seq):
            return replace(chat, files=with_parts(chat.files, seq, ()))
        case _:
            assert_never(event)


Move = (
    ChatOpened
    | ChatAssigned
    | ChatReleased
    | ChatTransferred
    | ChatSnoozed
    | ChatWoken
    | ChatClosed
    | ChatReopened
)
"""The events that change where a chat is."""


def _moved(chat: Chat, event: Move) -> Chat:
    match event:
        case ChatOpened():
            return _opened(chat, event)
        case ChatAssigned(operator_id=operator_id, at=at):
            return _given(chat, operator_id, at)
        case ChatReleased(operator_id=operator_id, at=at, left_out=left_out):
            return replace(
                chat,
                operator_id=None,
                last_operator=operator_id,
                left_out=frozenset(left_out or ()),
                new_since=at,
                unread_since=None,
            )
        case ChatTransferred():
            return _transferred(chat, event)
        case ChatSnoozed(until=until):
            return replace(chat, snoozed_until=until, unread_since=None)
        case ChatWoken(at=at):
            new_since = at if chat.operator_id is None else None
            return replace(chat, snoozed_until=None, new_since=new_since)
        case ChatClosed(at=at, operator_id=operator_id):
            return replace(
                _answered(chat),
                is_open=False,
                operator_id=None,
                last_operator=operator_id or chat.last_operator,
                snoozed_until=None,
                closed_at=at,
                new_since=None,
                unread_since=None,
            )
        case ChatReopened(operator_id=operator_id, at=at):
            return replace(
                chat,
                is_open=True,
                operator_id=operator_id,
                closed_at=None,
                left_out=frozenset(),
                new_since=at if operator_id is None else None,
            )
        case _:
            assert_never(event)


def _opened(chat: Chat, event: ChatOpened) -> Chat:
    return replace(
        chat,
        is_open=True,
        account_id=event.account_id,
        channel=event.channel,
        client_id=event.client_id,
        thread=event.thread,
        address=event.address,
        episode=event.episode,
        group_id=event.group_id,
        new_since=event.at,
    )


def _transferred(chat: Chat, event: ChatTransferred) -> Chat:
    comments = dict(chat.comments)
    if event.by_operator is not None and event.comment is not None:
        comments[event.seq] = event.by_operator
    chat = replace(chat, last_seq=event.seq, comments=comments)
    if event.to_operator is not None:
        return _given(chat, event.to_operator, event.at)
    sender = event.from_operator or event.by_operator
    return replace(
        chat,
        operator_id=None,
        group_id=event.to_group,
        last_operator=event.from_operator or chat.last_operator,
        # Nobody passes on what overflows: the round that leaves somebody out goes on.
        left_out=chat.left_out if sender is None else frozenset({sender}),
        new_since=event.at,
        unread_since=None,
    )


def _given(chat: Chat, operator_id: OperatorId, at: Timestamp) -> Chat:
    is_his = operator_id == chat.operator_id
    return replace(
        chat,
        operator_id=operator_id,
        last_operator=operator_id,
        left_out=frozenset(),
        new_since=None,
        unread_since=chat.unread_since if is_his else at,
    )


def _looked_into(chat: Chat, operator_id: OperatorId) -> Chat:
    """Return the chat after its operator read it or answered; others' reading is nothing (V10)."""
    return replace(chat, unread_since=None) if operator_id == chat.operator_id else chat


def _answered(chat: Chat) -> Chat:
    return replace(chat, waiting_since=None, became_waiting=False)


def _came_so_far(chat: Chat, event: MessageStateChanged) -> Chat:
    seq, state = event.seq, event.state
    chat = replace(chat, deliveries=_followed(chat, seq, state))
    if state is MessageState.QUEUED and seq in chat.splits:
        chat = replace(chat, splits={**chat.splits, seq: chat.splits[seq].resumed()})
    left = chat.left
    if state in _MAY_RISE:
        left = {**left, seq: event.left_at or left.get(seq, event.at)}
    elif seq in left:
        left = {n: at for n, at in left.items() if n != seq}
    if len(chat.deliveries) == FOLLOWED_DELIVERIES:
        oldest = min(chat.deliveries)
        splits = {n: split for n, split in chat.splits.items() if n >= oldest}
        return replace(chat, left={n: at for n, at in left.items() if n >= oldest}, splits=splits)
    return replace(chat, left=left)


def _followed(chat: Chat, seq: int, state: MessageState) -> Mapping[int, MessageState]:
    deliveries = {**chat.deliveries, seq: state}
    if len(deliveries) > FOLLOWED_DELIVERIES:
        del deliveries[min(deliveries)]
    return deliveries
