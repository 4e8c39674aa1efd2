"""The rules of one chat: what follows when something is asked of it. No I/O, no clock."""

from typing import Final, assert_never

from domain.chat import commands as c
from domain.chat import events as e
from domain.chat.events import ChatEvent, MessageState
from domain.chat.state import Chat
from domain.content import Parts, words_of
from domain.errors import (
    AlreadyAssigned,
    ChatIsClosed,
    ChatMovedOn,
    EmptyMessage,
    NotFound,
    NothingToRetry,
    NotYours,
    ReplyWindowIsClosed,
)
from domain.values import Timestamp

DELIVERY_ORDER: Final = (
    MessageState.QUEUED,
    MessageState.UNKNOWN,
    MessageState.SENT,
    MessageState.FAILED,
    MessageState.DELIVERED,
    MessageState.READ,
    MessageState.PLAYED,
)
"""
Reports come in any order; the highest one stands. `failed` is above `sent`, since a
provider that took a message may still fail to deliver it, and below what proves that it came.
"""


def decide(chat: Chat, command: c.ChatCommand, now: Timestamp) -> list[ChatEvent]:
    """
    Return what happens when `command` is asked of `chat` at `now`.

    An empty list means that there is nothing to add: asking twice is safe. Raises a
    `Refused` where the rules say no.
    """
    if isinstance(command, c.OpenChat):
        return _open(chat, command, now)
    if not chat.exists:
        raise NotFound("chat", chat.id)
    match command:
        case c.ReceiveMessage():
            return _receive(chat, command, now)
        case c.ReportDelivery():
            return _report(chat, command, now)
        case c.SendMessage():
            return _send(chat, command, now)
        case c.MarkRead():
            return _read(chat, command, now)
        case c.AssignChat():
            return _assign(chat, command, now)
        case c.ReleaseChat():
            return _release(chat, command, now)
        case c.TransferChat():
            return _transfer(chat, command, now)
        case c.AddComment():
            return _comment(chat, command, now)
        case c.EditComment():
            return _edit_comment(chat, command, now)
        case c.NoteWaiting():
            return _become_waiting(chat, command, now)
        case c.NoteSentElsewhere():
            return _sent_elsewhere(chat, command, now)
        case c.RetryMessage():
            return _retry(chat, command, now)
        case c.CloseChat():
            return [e.ChatClosed(at=now, operator_id=chat.operator_id)] if chat.is_open else []
        case c.ReopenChat(reason=reason, operator_id=operator_id):
            reopened = e.ChatReopened(at=now, reason=reason, operator_id=operator_id)
            return [] if chat.is_open else [reopened]
        case c.SnoozeChat() | c.WakeChat():
            return _sleep(chat, command, now)
        case _:
            return _note(chat, command, now)


def _note(
    chat: Chat,
    command: (
        c.EditReceived
        | c.DeleteReceived
        | c.React
        | c.MarkUnread
        | c.SayNoAnswerNeeded
        | c.TagChat
        | c.SetPriority
    ),
    now: Timestamp,
) -> list[ChatEvent]:
    match command:
        case c.EditReceived(seq=seq, parts=parts, sent_at=sent_at):
            return [e.MessageEdited(at=now, seq=seq, parts=parts, sent_at=sent_at)]
        case c.DeleteReceived(seq=seq, sent_at=sent_at):
            return [e.MessageDeleted(at=now, seq=seq, sent_at=sent_at)]
        case c.React(seq=seq, emoji=emoji):
            return [e.ReactionChanged(at=now, seq=seq, emoji=emoji)]
        case c.MarkUnread(operator_id=operator_id):
            marked = e.ChatMarkedUnread(at=now, operator_id=operator_id)
            return [] if operator_id in chat.marked_unread else [marked]
        case c.SayNoAnswerNeeded(operator_id=operator_id):
            stopped = e.AnswerNotNeeded(at=now, operator_id=operator_id)
            return [] if chat.waiting_since is None else [stopped]
        case c.SetPriority(priority=priority):
            set_ = e.PrioritySet(at=now, priority=priority)
            return [] if chat.priority == priority else [set_]
        case c.TagChat(add=add, remove=remove):
            added = tuple(sorted(add - chat.tags))
            removed = tuple(sorted((remove - add) & chat.tags))
            tagged = e.ChatTagged(at=now, added=added, removed=removed)
            return [tagged] if added or removed else []
        case _:
            assert_never(command)


def _open(chat: Chat, command: c.OpenChat, now: Timestamp) -> list[ChatEvent]:
    if chat.exists:
        return []
    return [
        e.ChatOpened(
            at=now,
            account_id=command.account_id,
            channel=command.channel,
            client_id=command.client_id,
            thread=command.thread,
            address=command.address,
            episode=command.episode,
            group_id=command.group_id,
        )
    ]


def _receive(chat: Chat, command: c.ReceiveMessage, now: Timestamp) -> list[ChatEvent]:
    if not chat.is_open:
        raise ChatIsClosed(chat.id)
    received = e.MessageReceived(
        at=now,
        seq=chat.last_seq + 1,
        provider_id=command.provider_id,
        parts=command.parts,
        sent_at=command.sent_at,
        reply_to=command.reply_to,
        forwarded=command.forwarded,
        referral=command.referral,
    )
    if chat.snoozed_until is None:
        return [received]
    return [received, e.ChatWoken(at=now, reason=e.WakeReason.CLIENT_WROTE)]


def _send(chat: Chat, command: c.SendMessage, now: Timestamp) -> list[ChatEvent]:
    if not chat.is_open:
        raise ChatIsClosed(chat.id)
    if _is_empty(command.parts):
        raise EmptyMessage
    if command.window is not None and (
        chat.last_client_at is None or now - chat.last_client_at > command.window
    ):
        raise ReplyWindowIsClosed(chat.id)
    return [
        e.MessageSent(
            at=now,
            seq=chat.last_seq + 1,
            message_id=command.message_id,
            operator_id=command.operator_id,
            parts=command.parts,
            reply_to=command.reply_to,
        )
    ]


def _is_empty(parts: Parts) -> bool:
    return not words_of(parts).strip() and all(part.kind == "text" for part in parts)


def _sent_elsewhere(chat: Chat, command: c.NoteSentElsewhere, now: Timestamp) -> list[ChatEvent]:
    return [
        e.MessageSentElsewhere(
            at=now,
            seq=chat.last_seq + 1,
            provider_id=command.provider_id,
            parts=command.parts,
            sent_at=command.sent_at,
        )
    ]


def _report(chat: Chat, command: c.ReportDelivery, now: Timestamp) -> list[ChatEvent]:
    known = chat.deliveries.get(command.seq)
    if known is None or _rank(command.state) <= _rank(known):
        return []
    return [
        e.MessageStateChanged(
            at=now,
            seq=command.seq,
            state=command.state,
            provider_ids=command.provider_ids,
            reason=command.reason,
        )
    ]


def _rank(state: MessageState) -> int:
    return DELIVERY_ORDER.index(state)


def _retry(chat: Chat, command: c.RetryMessage, now: Timestamp) -> list[ChatEvent]:
    state = chat.deliveries.get(command.seq)
    if state is MessageState.QUEUED:
        return []
    if state not in {MessageState.FAILED, MessageState.UNKNOWN}:
        raise NothingToRetry(chat.id, command.seq)
    return [e.MessageStateChanged(at=now, seq=command.seq, state=MessageState.QUEUED)]


def _assign(chat: Chat, command: c.AssignChat, now: Timestamp) -> list[ChatEvent]:
    if command.seen_version is not None and command.seen_version != chat.version:
        raise ChatMovedOn(chat.id, command.seen_version, chat.version)
    if not chat.is_open:
        raise ChatIsClosed(chat.id)
    if chat.operator_id == command.operator_id:
        return []
    if chat.operator_id is not None:
        raise AlreadyAssigned(chat.id, chat.operator_id)
    return [e.ChatAssigned(at=now, operator_id=command.operator_id, reason=command.reason)]


def _release(chat: Chat, command: c.ReleaseChat, now: Timestamp) -> list[ChatEvent]:
    owner = chat.operator_id
    if owner is None or (command.operator_id is not None and command.operator_id != owner):
        return []
    return [e.ChatReleased(at=now, operator_id=owner, reason=command.reason)]


def _transfer(chat: Chat, command: c.TransferChat, now: Timestamp) -> list[ChatEvent]:
    if not chat.is_open:
        raise ChatIsClosed(chat.id)
    to_owner = command.to_operator is not None and command.to_operator == chat.operator_id
    to_same_queue = (
        command.to_group is not None
        and chat.operator_id is None
        and command.to_group == chat.group_id
    )
    if not command.comment and (to_owner or to_same_queue):
        return []
    return [
        e.ChatTransferred(
            at=now,
            seq=chat.last_seq + 1,
            from_operator=chat.operator_id,
            by_operator=command.by_operator,
            to_operator=command.to_operator,
            to_group=command.to_group,
            comment=command.comment or None,
            forced=command.forced,
        )
    ]


def _comment(chat: Chat, command: c.AddComment, now: Timestamp) -> list[ChatEvent]:
    if not command.text.strip():
        raise EmptyMessage
    return [
        e.CommentAdded(
            at=now,
            seq=chat.last_seq + 1,
            operator_id=command.operator_id,
            text=command.text,
            mentions=command.mentions,
        )
    ]


def _edit_comment(chat: Chat, command: c.EditComment, now: Timestamp) -> list[ChatEvent]:
    author = chat.comments.get(command.seq)
    if author is None:
        raise NotFound("comment", f"{command.seq} of chat {chat.id}")
    if author != command.operator_id:
        raise NotYours(chat.id, command.seq)
    if not command.text.strip():
        raise EmptyMessage
    return [e.CommentEdited(at=now, seq=command.seq, text=command.text)]


def _read(chat: Chat, command: c.MarkRead, now: Timestamp) -> list[ChatEvent]:
    reader = command.operator_id
    up_to = min(command.up_to, chat.last_seq)
    has_read = chat.read_by.get(reader, 0)
    if up_to <= has_read and reader not in chat.marked_unread:
        return []
    return [e.ChatRead(at=now, operator_id=reader, up_to=max(up_to, has_read))]


def _become_waiting(chat: Chat, command: c.NoteWaiting, now: Timestamp) -> list[ChatEvent]:
    if chat.became_waiting or chat.waiting_since != command.since:
        return []
    if now < command.since + command.patience:
        return []
    return [e.ChatBecameWaiting(at=now, since=command.since, patience=command.patience)]


def _sleep(chat: Chat, command: c.SnoozeChat | c.WakeChat, now: Timestamp) -> list[ChatEvent]:
    if not chat.is_open:
        raise ChatIsClosed(chat.id)
    match command:
        case c.SnoozeChat(until=until):
            snoozed = e.ChatSnoozed(at=now, until=until)
            return [] if chat.snoozed_until == until else [snoozed]
        case c.WakeChat(reason=reason):
            return [] if chat.snoozed_until is None else [e.ChatWoken(at=now, reason=reason)]
        case _:
            assert_never(command)
