"""
The operators' lists: one row for each chat, closed ones too (V1-V4, V6, V8-V11).

A row's fields are in `projections.inbox_row`; here is how events change it.
"""

from dataclasses import replace
from typing import Final, Literal

from domain.chat import events as e
from domain.content import Media, Parts
from domain.event import Recorded
from domain.values import ERASED, ChatId, OperatorId, Priority, Timestamp, split_stream
from projections import unread as u
from projections.inbox_row import InboxRow, LastMessage, Section, TransferNote, section
from projections.rows import replacing
from projections.text import printable, wording
from projections.unread import Unread

__all__ = ["InboxRow", "LastMessage", "Section", "TransferNote", "apply", "section"]

PREVIEW: Final = 280
"""Characters of the last message that a list shows."""

_with = replacing(InboxRow)


def apply(row: InboxRow | None, recorded: Recorded) -> InboxRow | None:
    """Return the row after one more event of its chat."""
    event = recorded.event
    if row is None:
        return _opened(recorded, event) if isinstance(event, e.ChatOpened) else None
    match event:
        case e.MessageReceived():
            return _received(row, recorded, event)
        case e.MessageSent(seq=seq, operator_id=by, parts=parts, at=at):
            sent = _last(row, recorded, _said(seq, parts, at, "out"), parts)
            return sent if by is None else _answered(sent, seq, by)
        case e.MessageSentElsewhere(seq=seq, parts=parts, sent_at=at):
            sent = _last(row, recorded, _said(seq, parts, at, "out"), parts)
            return _answered(sent, seq, None)
        case e.ChatRead(operator_id=by, up_to=up_to):
            return _counted(row, recorded, u.read(row.reading, up_to, by, row.operator_id))
        case e.ChatMarkedUnread(operator_id=by):
            return _counted(row, recorded, u.marked_unread(row.reading, by))
        case e.CommentAdded():
            return _commented(row, recorded, event)
        case e.MessageEdited() | e.MessageDeleted():
            return _rewritten(row, recorded, event)
        case _:
            return _moved(_with(row, **_stamp(recorded)), event)


def _stamp(recorded: Recorded) -> dict[str, int]:
    return {"version": recorded.version, "changed": recorded.position}


def _opened(recorded: Recorded, event: e.ChatOpened) -> InboxRow:
    return InboxRow(
        chat_id=ChatId(split_stream(recorded.stream)[1]),
        version=recorded.version,
        changed=recorded.position,
        opened_at=event.at,
        client_id=event.client_id,
        account_id=event.account_id,
        channel=event.channel,
        episode=event.episode,
        group_id=event.group_id,
        operator_id=None,
        last_operator=None,
        last_seq=0,
        waiting_since=None,
        became_waiting=False,
        unread=0,
        reading=u.NOTHING,
        last_message=None,
        last_activity_at=event.at,
        last_client_at=None,
        priority=Priority.NORMAL,
        tags=(),
        has_attachment=False,
        snoozed_until=None,
        closed_at=None,
        note=None,
    )


def _said(seq: int, parts: Parts, at: Timestamp, direction: Literal["in", "out"]) -> LastMessage:
    kind, text = wording(parts)
    return LastMessage(seq=seq, text=text[:PREVIEW], kind=kind, at=at, direction=direction)


def _received(row: InboxRow, recorded: Recorded, event: e.MessageReceived) -> InboxRow:
    reading = u.received(row.reading, event.seq, row.operator_id)
    last = row.last_message
    # One that comes late is not the last, though it came last (M5).
    if last is None or event.sent_at >= last.at:
        last = _said(event.seq, event.parts, event.sent_at, "in")
    return _with(
        row,
        version=recorded.version,
        changed=recorded.position,
        last_seq=event.seq,
        last_message=last,
        last_activity_at=event.at,
        last_client_at=event.at,
        waiting_since=row.waiting_since or event.at,
        reading=reading,
        unread=reading.total(row.operator_id),
        has_attachment=row.has_attachment or _have_file(event.parts),
    )


def _last(row: InboxRow, recorded: Recorded, message: LastMessage, parts: Parts) -> InboxRow:
    before = row.last_message
    return _with(
        row,
        **_stamp(recorded),
        last_seq=message.seq,
        last_activity_at=recorded.event.at,
        last_message=message if before is None or message.at >= before.at else before,
        has_attachment=row.has_attachment or _have_file(parts),
    )


def _have_file(parts: Parts) -> bool:
    return any(isinstance(part, Media) for part in parts)


def _answered(row: InboxRow, seq: int, by: OperatorId | None) -> InboxRow:
    reading = u.answered(row.reading, seq, by, row.operator_id)
    return _with(
        row,
        waiting_since=None,
        became_waiting=False,
        reading=reading,
        unread=reading.total(row.operator_id),
    )


def _counted(row: InboxRow, recorded: Recorded, reading: Unread) -> InboxRow:
    unread = reading.total(row.operator_id)
    return _with(row, **_stamp(recorded), reading=reading, unread=unread)


def _commented(row: InboxRow, recorded: Recorded, event: e.CommentAdded) -> InboxRow:
    reading = row.reading
    if event.mentions:
        reading = u.mentioned(
            reading, event.seq, event.mentions, event.operator_id, row.operator_id
        )
    row = _with(row, last_seq=event.seq, last_activity_at=event.at)
    return _counted(row, recorded, reading)


def _rewritten(
    row: InboxRow, recorded: Recorded, event: e.MessageEdited | e.MessageDeleted
) -> InboxRow:
    last = row.last_message
    if last is not None and last.seq == event.seq:
        parts = event.parts if isinstance(event, e.MessageEdited) else ()
        last = _said(last.seq, parts, last.at, last.direction)
    return _with(row, **_stamp(recorded), last_message=last)


def _moved(row: InboxRow, event: object) -> InboxRow:
    """Return the row, which has its stamp already, after an event that is not a message's."""
    match event:
        case e.ChatAssigned(operator_id=operator_id):
            return _given(row, operator_id)
        case e.ChatReleased(operator_id=operator_id):
            return _taken_away(row, last_operator=operator_id)
        case e.ChatTransferred():
            return _transferred(row, event)
        case e.ChatBecameWaiting():
            return _with(row, became_waiting=True)
        case e.AnswerNotNeeded():
            return _with(row, waiting_since=None, became_waiting=False)
        case e.ChatTagged(added=added, removed=removed):
            tags = tuple(sorted({*row.tags, *map(printable, added)}.difference(removed)))
            return _with(row, tags=tags)
        case e.PrioritySet(priority=priority):
            return _with(row, priority=priority)
        case e.ChatSnoozed(until=until):
            return _with(row, snoozed_until=until)
        case e.ChatWoken():
            return _with(row, snoozed_until=None)
        case e.ChatClosed():
            return _closed(row, event)
        case e.ChatErased():
            last = row.last_message
            return _with(row, last_message=last and replace(last, text=ERASED))
        case e.ChatReopened(operator_id=operator_id):
            row = _with(row, closed_at=None)
            return row if operator_id is None else _given(row, operator_id, remember=False)
        case _:
            return row


def _given(row: InboxRow, operator_id: OperatorId, *, remember: bool = True) -> InboxRow:
    reading = u.given(row.reading, operator_id)
    return _with(
        row,
        operator_id=operator_id,
        last_operator=operator_id if remember else row.last_operator,
        reading=reading,
        unread=reading.total(operator_id),
        note=None,
    )


def _taken_away(row: InboxRow, **changes: object) -> InboxRow:
    reading = u.taken_away(row.reading)
    return _with(row, operator_id=None, reading=reading, unread=0, **changes)


def _transferred(row: InboxRow, event: e.ChatTransferred) -> InboxRow:
    row = _with(row, last_seq=event.seq, last_activity_at=event.at)
    if event.to_operator is not None and event.to_operator == row.operator_id:
        return _told(row, event)
    row = _with(row, reading=u.passed_on(row.reading, event.seq, event.by_operator))
    if event.to_operator is not None:
        return _given(row, event.to_operator)
    comment = None if event.comment is None else printable(event.comment)
    return _taken_away(
        row,
        group_id=event.to_group,
        last_operator=event.from_operator or row.last_operator,
        # Nobody passes on what overflows: who did before is still worth knowing.
        note=row.note if event.overflowed_from else TransferNote(event.by_operator, comment),
    )


def _told(row: InboxRow, event: e.ChatTransferred) -> InboxRow:
    """Return the row after a transfer to who has it: he keeps it, and has a comment to read."""
    owner = row.operator_id
    if owner is None or event.by_operator == owner:
        return _with(row, last_operator=owner)
    reading = u.received_from_colleague(row.reading, event.seq)
    return _with(row, last_operator=owner, reading=reading, unread=reading.total(owner))


def _closed(row: InboxRow, event: e.ChatClosed) -> InboxRow:
    return _with(
        row,
        operator_id=None,
        last_operator=event.operator_id or row.last_operator,
        waiting_since=None,
        became_waiting=False,
        reading=u.closed(row.reading),
        unread=0,
        snoozed_until=None,
        closed_at=event.at,
        note=None,
    )
