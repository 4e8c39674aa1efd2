"""The rules of one chat: what follows when something is asked of it. No I/O, no clock."""

from typing import assert_never

from domain.chat import commands as c
from domain.chat import events as e
from domain.chat.events import ChatEvent
from domain.chat.messages import MessageCommand, decide_message
from domain.chat.state import Chat
from domain.errors import (
    AlreadyAssigned,
    ChatIsClosed,
    ChatIsErased,
    ChatMovedOn,
    EmptyMessage,
    NotFound,
    NotOneTarget,
    NotYours,
)
from domain.hours import Patience
from domain.values import Timestamp


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
    if chat.is_erased:
        return _nothing_more(chat, command)
    if isinstance(command, MessageCommand):
        return decide_message(chat, command, now)
    match command:
        case c.MarkRead():
            return _read(chat, command, now)
        case c.AssignChat():
            return _assign(chat, command, now)
        case c.ReleaseChat():
            return _release(chat, command, now)
        case c.ReleaseUnread():
            return _release_unread(chat, command, now)
        case c.TransferChat():
            return _transfer(chat, command, now)
        case c.OverflowChat():
            return _overflow(chat, command, now)
        case c.AddComment():
            return _comment(chat, command, now)
        case c.EditComment():
            return _edit_comment(chat, command, now)
        case c.NoteWaiting():
            return _become_waiting(chat, command, now)
        case c.CloseChat():
            return [e.ChatClosed(at=now, operator_id=chat.operator_id)] if chat.is_open else []
        case c.ReopenChat(reason=reason, operator_id=operator_id):
            reopened = e.ChatReopened(at=now, reason=reason, operator_id=operator_id)
            return [] if chat.is_open else [reopened]
        case c.SnoozeChat() | c.WakeChat():
            return _sleep(chat, command, now)
        case _:
            return _note(chat, command, now)


def _nothing_more(chat: Chat, command: c.ChatCommand) -> list[ChatEvent]:
    """Return nothing for what comes late from outside; raise for what somebody asks."""
    if isinstance(command, c.SendMessage | c.RetryMessage | c.ReopenChat | c.AddComment):
        raise ChatIsErased(chat.id)
    return []


def _note(
    chat: Chat,
    command: c.MarkUnread | c.SayNoAnswerNeeded | c.TagChat | c.SetPriority,
    now: Timestamp,
) -> list[ChatEvent]:
    match command:
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


def _release_unread(chat: Chat, command: c.ReleaseUnread, now: Timestamp) -> list[ChatEvent]:
    owner = command.operator_id
    if chat.operator_id != owner or chat.unread_since != command.since:
        return []
    if now < command.since + command.within:
        return []
    reason = e.ReleaseReason.NOT_READ_IN_TIME
    return [e.ChatReleased(at=now, operator_id=owner, reason=reason, left_out=(owner,))]


def _overflow(chat: Chat, command: c.OverflowChat, now: Timestamp) -> list[ChatEvent]:
    where = (chat.is_open, chat.operator_id, chat.group_id, chat.snoozed_until, chat.new_since)
    if where != (True, None, command.from_group, None, command.since):
        return []
    if now < command.since + command.after:
        return []
    return [
        e.ChatTransferred(
            at=now,
            seq=chat.last_seq + 1,
            to_group=command.to_group,
            overflowed_from=command.from_group,
        )
    ]


def _transfer(chat: Chat, command: c.TransferChat, now: Timestamp) -> list[ChatEvent]:
    if (command.to_operator is None) == (command.to_group is None):
        raise NotOneTarget(chat.id)
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
            groups=command.groups or None,
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
    looks_first = reader == chat.operator_id and chat.unread_since is not None
    if up_to <= has_read and reader not in chat.marked_unread and not looks_first:
        return []
    return [e.ChatRead(at=now, operator_id=reader, up_to=max(up_to, has_read))]


def _become_waiting(chat: Chat, command: c.NoteWaiting, now: Timestamp) -> list[ChatEvent]:
    if chat.became_waiting or chat.waiting_since != command.since:
        return []
    due = Patience(command.patience, command.hours).due(command.since)
    if due is None or now < due:
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
            wakes_at = chat.snoozed_until
            if wakes_at is None or (reason is e.WakeReason.DUE and now < wakes_at):
                return []
            return [e.ChatWoken(at=now, reason=reason)]
        case _:
            assert_never(command)
