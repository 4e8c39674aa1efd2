"""One chat as its rules need to know it, folded from its events. `evolve` never refuses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from domain.chat.events import (
    AnswerNotNeeded,
    ChatAssigned,
    ChatBecameWaiting,
    ChatClosed,
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
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    MessageSent,
    MessageSentElsewhere,
    MessageState,
    MessageStateChanged,
    PrioritySet,
    ReactionChanged,
)
from domain.values import (
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
    """Who is not to get it in this round (R9)."""
    read_by: Mapping[OperatorId, int] = field(default_factory=dict)
    marked_unread: frozenset[OperatorId] = frozenset()
    comments: Mapping[int, OperatorId] = field(default_factory=dict)
    deliveries: Mapping[int, MessageState] = field(default_factory=dict)

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
        case MessageReceived(seq=seq, at=at):
            return replace(
                chat,
                version=version,
                last_seq=seq,
                waiting_since=chat.waiting_since or at,
                last_client_at=at,
            )
        case MessageStateChanged(seq=seq, state=state):
            return replace(chat, version=version, deliveries=_followed(chat, seq, state))
        case MessageSent(seq=seq, operator_id=operator_id):
            sent = replace(
                chat,
                version=version,
                last_seq=seq,
                deliveries=_followed(chat, seq, MessageState.QUEUED),
            )
            if operator_id is None:
                return sent
            return replace(_answered(sent), marked_unread=sent.marked_unread - {operator_id})
        case MessageSentElsewhere(seq=seq):
            return _answered(replace(chat, version=version, last_seq=seq))
        case ChatRead(operator_id=operator_id, up_to=up_to):
            return replace(
                chat,
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
        case MessageEdited() | MessageDeleted() | ReactionChanged() | CommentEdited():
            return replace(chat, version=version)
        case _:
            return _moved(replace(chat, version=version), event)


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
        case ChatAssigned(operator_id=operator_id):
            return _given(chat, operator_id)
        case ChatReleased(operator_id=operator_id):
            return replace(chat, operator_id=None, last_operator=operator_id)
        case ChatTransferred():
            return _transferred(chat, event)
        case ChatSnoozed(until=until):
            return replace(chat, snoozed_until=until)
        case ChatWoken():
            return replace(chat, snoozed_until=None)
        case ChatClosed(at=at, operator_id=operator_id):
            return replace(
                _answered(chat),
                is_open=False,
                operator_id=None,
                last_operator=operator_id or chat.last_operator,
                snoozed_until=None,
                closed_at=at,
            )
        case ChatReopened(operator_id=operator_id):
            return replace(
                chat,
                is_open=True,
                operator_id=operator_id,
                closed_at=None,
                left_out=frozenset(),
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
    )


def _transferred(chat: Chat, event: ChatTransferred) -> Chat:
    comments = dict(chat.comments)
    if event.by_operator is not None and event.comment is not None:
        comments[event.seq] = event.by_operator
    chat = replace(chat, last_seq=event.seq, comments=comments)
    if event.to_operator is not None:
        return _given(chat, event.to_operator)
    sender = event.from_operator or event.by_operator
    return replace(
        chat,
        operator_id=None,
        group_id=event.to_group,
        last_operator=event.from_operator or chat.last_operator,
        left_out=frozenset(() if sender is None else (sender,)),
    )


def _given(chat: Chat, operator_id: OperatorId) -> Chat:
    return replace(chat, operator_id=operator_id, last_operator=operator_id, left_out=frozenset())


def _answered(chat: Chat) -> Chat:
    return replace(chat, waiting_since=None, became_waiting=False)


def _followed(chat: Chat, seq: int, state: MessageState) -> Mapping[int, MessageState]:
    deliveries = {**chat.deliveries, seq: state}
    if len(deliveries) > FOLLOWED_DELIVERIES:
        del deliveries[min(deliveries)]
    return deliveries
