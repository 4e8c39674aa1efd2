"""The rules of what is said in a chat: messages in and out, and how far they have come."""

from collections.abc import Iterator
from typing import Final, assert_never

from domain.chat import commands as c
from domain.chat import events as e
from domain.chat.delivery import Split, rank
from domain.chat.events import ChatEvent, MessageState
from domain.chat.files import FileState
from domain.chat.state import Chat
from domain.content import Parts, TemplateCall, words_of
from domain.errors import ChatIsClosed, EmptyMessage, NothingToRetry, ReplyWindowIsClosed
from domain.values import Timestamp

MessageCommand = (
    c.ReceiveMessage
    | c.EditReceived
    | c.DeleteReceived
    | c.React
    | c.SendMessage
    | c.NoteSentElsewhere
    | c.ReportDelivery
    | c.SplitMessage
    | c.ReportUpTo
    | c.NoteMediaCopied
    | c.NoteMediaLost
    | c.RetryMessage
)

_HIGHEST_FIRST: Final = (MessageState.PLAYED, MessageState.READ, MessageState.DELIVERED)


def decide_message(chat: Chat, command: MessageCommand, now: Timestamp) -> list[ChatEvent]:
    """Return what happens when something about messages is asked of `chat`."""
    match command:
        case c.ReceiveMessage():
            return _receive(chat, command, now)
        case c.SendMessage():
            return _send(chat, command, now)
        case c.ReportDelivery():
            return _report(chat, command, now)
        case c.ReportUpTo():
            return _reach(chat, command, now)
        case c.SplitMessage():
            return _split(chat, command, now)
        case c.RetryMessage():
            return _retry(chat, command, now)
        case c.NoteSentElsewhere():
            return _sent_elsewhere(chat, command, now)
        case c.NoteMediaCopied() | c.NoteMediaLost():
            return _settle_file(chat, command, now)
        case c.EditReceived(seq=seq, parts=parts, sent_at=sent_at):
            return [e.MessageEdited(at=now, seq=seq, parts=parts, sent_at=sent_at)]
        case c.DeleteReceived(seq=seq, sent_at=sent_at):
            return [e.MessageDeleted(at=now, seq=seq, sent_at=sent_at)]
        case c.React(seq=seq, emoji=emoji):
            return [e.ReactionChanged(at=now, seq=seq, emoji=emoji)]
        case _:
            assert_never(command)


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
        subject=command.subject,
    )
    if chat.snoozed_until is None:
        return [received]
    return [received, e.ChatWoken(at=now, reason=e.WakeReason.CLIENT_WROTE)]


def _send(chat: Chat, command: c.SendMessage, now: Timestamp) -> list[ChatEvent]:
    if not chat.is_open:
        raise ChatIsClosed(chat.id)
    if _is_empty(command.parts):
        raise EmptyMessage
    if _comes_too_late(chat, command, now):
        raise ReplyWindowIsClosed(chat.id)
    return [
        e.MessageSent(
            at=now,
            seq=chat.last_seq + 1,
            message_id=command.message_id,
            operator_id=command.operator_id,
            parts=command.parts,
            reply_to=command.reply_to,
            template_id=command.template_id,
        )
    ]


def _is_empty(parts: Parts) -> bool:
    return not words_of(parts).strip() and all(part.kind == "text" for part in parts)


def _comes_too_late(chat: Chat, command: c.SendMessage, now: Timestamp) -> bool:
    """Return whether the channel takes no free answer any more; templates leave always (M10)."""
    if command.window is None or any(isinstance(p, TemplateCall) for p in command.parts):
        return False
    return chat.last_client_at is None or now - chat.last_client_at > command.window


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
    if known is None:
        return []
    split = chat.splits.get(command.seq)
    if split is not None and command.provider_ids:
        return [*_report_parts(chat, split, known, command, now)]
    if rank(command.state) <= rank(known):
        return []
    return [*_came_so_far(chat, command.state, command, command.provider_ids, now)]


def _report_parts(
    chat: Chat, split: Split, known: MessageState, command: c.ReportDelivery, now: Timestamp
) -> Iterator[ChatEvent]:
    state = command.state
    for id_ in command.provider_ids:
        part = split.states.get(id_)
        if not split.knows(id_) or (part is not None and rank(state) <= rank(part)):
            continue
        split = split.after(id_, state)
        yield e.PartStateChanged(
            at=now, seq=command.seq, provider_id=id_, state=state, reason=command.reason
        )
    whole = split.whole
    if whole is not None and rank(whole) > rank(known):
        yield from _came_so_far(chat, whole, command, (), now)


def _came_so_far(
    chat: Chat,
    state: MessageState,
    command: c.ReportDelivery,
    provider_ids: tuple[str, ...],
    now: Timestamp,
) -> Iterator[ChatEvent]:
    """Yield that the message came so far, and so much further as a watermark says."""
    seq, left_at = command.seq, command.left_at
    yield e.MessageStateChanged(
        at=now,
        seq=seq,
        state=state,
        provider_ids=provider_ids,
        reason=command.reason,
        left_at=left_at,
    )
    if state is not MessageState.SENT or left_at is None:
        return
    for further in _HIGHEST_FIRST:
        until = chat.reached.get(further)
        if until is not None and left_at <= until:
            yield e.MessageStateChanged(at=now, seq=seq, state=further)
            return


def _reach(chat: Chat, command: c.ReportUpTo, now: Timestamp) -> list[ChatEvent]:
    state, until = command.state, command.until
    events: list[ChatEvent] = [
        e.MessageStateChanged(at=now, seq=seq, state=state)
        for seq, left_at in sorted(chat.left.items())
        if left_at <= until and rank(state) > rank(chat.deliveries[seq])
    ]
    is_on_its_way = MessageState.QUEUED in chat.deliveries.values()
    before = chat.reached.get(state)
    if is_on_its_way and (before is None or before < until):
        events.append(e.ReachedUpTo(at=now, state=state, until=until))
    return events


def _split(chat: Chat, command: c.SplitMessage, now: Timestamp) -> list[ChatEvent]:
    known = chat.splits.get(command.seq)
    is_the_same = known is not None and known.parts == command.parts
    if command.seq not in chat.deliveries or is_the_same:
        return []
    return [e.MessageSplit(at=now, seq=command.seq, parts=command.parts)]


def _retry(chat: Chat, command: c.RetryMessage, now: Timestamp) -> list[ChatEvent]:
    state = chat.deliveries.get(command.seq)
    if state is MessageState.QUEUED:
        return []
    if state not in {MessageState.FAILED, MessageState.UNKNOWN}:
        raise NothingToRetry(chat.id, command.seq)
    return [e.MessageStateChanged(at=now, seq=command.seq, state=MessageState.QUEUED)]


def _settle_file(
    chat: Chat, command: c.NoteMediaCopied | c.NoteMediaLost, now: Timestamp
) -> list[ChatEvent]:
    file = chat.files.get((command.seq, command.part))
    if file is None or file.reference != command.reference or file.state is FileState.COPIED:
        return []
    match command:
        case c.NoteMediaCopied():
            copied = e.MediaCopied(
                at=now,
                seq=command.seq,
                part=command.part,
                sha256=command.sha256,
                mime=command.mime,
                size=command.size,
                name=command.name,
                thumbnail=command.thumbnail,
            )
            return [copied]
        case c.NoteMediaLost(seq=seq, part=part, why=why):
            lost = e.MediaLost(at=now, seq=seq, part=part, why=why)
            return [] if file.state is FileState.LOST else [lost]
        case _:
            assert_never(command)
