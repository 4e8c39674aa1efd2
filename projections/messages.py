"""
What was said in a chat: a row for each message, comment and transfer, in the order of the
provider (M5), with what became of it (M6) and what it said before (M9).
"""

from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from domain.chat import events as e
from domain.chat.files import FileState
from domain.content import Media, Parts, Text
from domain.event import Event, Recorded
from domain.values import ERASED, ChatId, GroupId, OperatorId, Timestamp, split_stream
from projections.rows import replacing
from projections.text import printable, wording

Direction = Literal["in", "out", "internal"]


@dataclass(frozen=True, slots=True)
class Version:
    """What a message said before it was edited or deleted."""

    at: Timestamp
    """When it stopped saying so."""
    text: str
    parts: Parts


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a transfer went."""

    operator: OperatorId | None
    group: GroupId | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """What became of a file that came in (M8)."""

    part: int
    """Which of the message's parts it is: 0, 1, …"""
    state: FileState
    sha256: str | None = None
    mime: str | None = None
    size: int | None = None
    name: str | None = None
    thumbnail: str | None = None
    why: str | None = None
    """Why it is lost."""


OF_GROUP: Final = "group:"


class MessageRow(NamedTuple):
    chat_id: ChatId
    seq: int
    """1, 2, … within the chat, as recorded."""
    changed: int
    kind: str
    """`text`, `image`, …, or `comment`, `transfer`."""
    text: str
    parts: Parts
    """Empty where it is one text and nothing else, which `text` holds already."""
    at: Timestamp
    sent_at: Timestamp
    """By the provider's clock; messages are shown by it, then by `seq`."""
    direction: Direction
    state: str | None = None
    reason: str | None = None
    message_id: str | None = None
    """Our own id of a message that was written here."""
    provider_ids: tuple[str, ...] = ()
    author: str | None = None
    """Who wrote it, as the log's actors are written: `operator:…`, `client`, `automatic`."""
    reply_to: str | None = None
    """The provider's id of the message answered, or its seq here."""
    mentions: tuple[str, ...] = ()
    """Operators, then groups, these after `OF_GROUP`."""
    destination: Destination | None = None
    edited_at: Timestamp | None = None
    deleted_at: Timestamp | None = None
    reaction: str | None = None
    history: tuple[Version, ...] = ()
    subject: str | None = None
    files: tuple[FileRow, ...] = ()
    """Those that were copied or lost; the others are pending."""

    @property
    def key(self) -> tuple[str, int]:
        return (self.chat_id, self.seq)


def erased(row: MessageRow, position: int) -> MessageRow:
    """
    Return the row with nothing left in it that anybody said or was called (A4).

    It is the same whether the row held the words or only that they are gone.
    """
    return _with(
        row,
        changed=position,
        text=ERASED,
        parts=(),
        provider_ids=(),
        reason=None,
        reply_to=None,
        reaction=None,
        history=(),
        subject=None,
        files=(),
    )


NEW_ONES: Final = (
    e.MessageReceived,
    e.MessageSent,
    e.MessageSentElsewhere,
    e.CommentAdded,
    e.ChatTransferred,
)
"""The events that add a row."""

_CHANGES: Final = (
    e.MessageStateChanged,
    e.PartStateChanged,
    e.MediaCopied,
    e.MediaLost,
    e.MessageEdited,
    e.MessageDeleted,
    e.ReactionChanged,
    e.CommentEdited,
)

_TOUCHING: Final = frozenset(NEW_ONES + _CHANGES)
_with = replacing(MessageRow)


def touched(event: Event) -> int | None:
    """Return the seq of the row that an event of a chat adds or changes; None for no row."""
    seq: int | None = getattr(event, "seq", None) if type(event) in _TOUCHING else None
    return seq


def apply(row: MessageRow | None, recorded: Recorded) -> MessageRow | None:
    """Return the row after one more event about it."""
    event = recorded.event
    match event:
        case e.MessageReceived():
            return _received(recorded, event)
        case e.MessageSent():
            return _sent(recorded, event)
        case e.MessageSentElsewhere():
            return _sent_elsewhere(recorded, event)
        case e.CommentAdded():
            return _commented(recorded, event)
        case e.ChatTransferred():
            return _transferred(recorded, event)
        case _ if row is None:
            return None
        case _:
            return _changed(_with(row, changed=recorded.position), event)


def _chat(recorded: Recorded) -> ChatId:
    return ChatId(split_stream(recorded.stream)[1])


def _beyond_text(parts: Parts) -> Parts:
    """Return the parts, or none where they are one text that is stored as it is."""
    is_plain = len(parts) == 1 and isinstance(parts[0], Text) and "\x00" not in parts[0].text
    return () if is_plain else parts


def _received(recorded: Recorded, event: e.MessageReceived) -> MessageRow:
    kind, text = wording(event.parts)
    return MessageRow(
        chat_id=_chat(recorded),
        seq=event.seq,
        changed=recorded.position,
        kind=kind,
        text=text,
        parts=_beyond_text(event.parts),
        at=event.at,
        sent_at=event.sent_at,
        direction="in",
        provider_ids=(event.provider_id,),
        author="client",
        reply_to=event.reply_to,
        subject=None if event.subject is None else printable(event.subject),
    )


def _sent(recorded: Recorded, event: e.MessageSent) -> MessageRow:
    by = event.operator_id
    kind, text = wording(event.parts)
    return MessageRow(
        chat_id=_chat(recorded),
        seq=event.seq,
        changed=recorded.position,
        kind=kind,
        text=text,
        parts=_beyond_text(event.parts),
        at=event.at,
        sent_at=event.at,
        direction="out",
        state=e.MessageState.QUEUED.value,
        message_id=event.message_id,
        author="automatic" if by is None else f"operator:{by}",
        reply_to=None if event.reply_to is None else f"{event.reply_to}",
    )


def _sent_elsewhere(recorded: Recorded, event: e.MessageSentElsewhere) -> MessageRow:
    kind, text = wording(event.parts)
    return MessageRow(
        chat_id=_chat(recorded),
        seq=event.seq,
        changed=recorded.position,
        kind=kind,
        text=text,
        parts=_beyond_text(event.parts),
        at=event.at,
        sent_at=event.sent_at,
        direction="out",
        state=e.MessageState.SENT.value,
        provider_ids=(event.provider_id,),
        author="elsewhere",
    )


def _commented(recorded: Recorded, event: e.CommentAdded) -> MessageRow:
    return MessageRow(
        chat_id=_chat(recorded),
        seq=event.seq,
        changed=recorded.position,
        kind="comment",
        text=printable(event.text),
        parts=(),
        at=event.at,
        sent_at=event.at,
        direction="internal",
        author=f"operator:{event.operator_id}",
        mentions=(*event.mentions, *(f"{OF_GROUP}{id_}" for id_ in event.groups or ())),
    )


def _transferred(recorded: Recorded, event: e.ChatTransferred) -> MessageRow:
    by = event.by_operator
    return MessageRow(
        chat_id=_chat(recorded),
        seq=event.seq,
        changed=recorded.position,
        kind="transfer",
        text=printable(event.comment or ""),
        parts=(),
        at=event.at,
        sent_at=event.at,
        direction="internal",
        author=None if by is None else f"operator:{by}",
        destination=Destination(event.to_operator, event.to_group),
    )


def _changed(row: MessageRow, event: Event) -> MessageRow:
    match event:
        case e.MessageStateChanged(state=state, provider_ids=ids, reason=reason):
            known = tuple(dict.fromkeys((*row.provider_ids, *ids)))
            said = None if reason is None else printable(reason)
            return _with(row, state=state.value, reason=said, provider_ids=known)
        case e.PartStateChanged(provider_id=id_):
            return _with(row, provider_ids=tuple(dict.fromkeys((*row.provider_ids, id_))))
        case e.MediaCopied() | e.MediaLost():
            others = (file for file in row.files if file.part != event.part)
            return _with(row, files=(*others, _file(event)))
        case e.MessageEdited(parts=parts, sent_at=at):
            kind, text = wording(parts)
            return _with(
                row,
                history=_history(row, event),
                text=text,
                kind=kind,
                parts=_beyond_text(parts),
                files=_files_after(row, parts),
                edited_at=at,
            )
        case e.MessageDeleted(sent_at=at):
            return _with(
                row,
                history=_history(row, event),
                text="",
                parts=(),
                files=(),
                reaction=None,
                deleted_at=at,
            )
        case e.ReactionChanged(emoji=emoji):
            return _with(row, reaction=emoji)
        case e.CommentEdited(text=text, at=at):
            return _with(row, history=_history(row, event), text=printable(text), edited_at=at)
        case _:
            return row


def _history(row: MessageRow, event: Event) -> tuple[Version, ...]:
    return (*row.history, Version(event.at, row.text, row.parts))


def _file(event: e.MediaCopied | e.MediaLost) -> FileRow:
    if isinstance(event, e.MediaLost):
        return FileRow(event.part, FileState.LOST, why=printable(event.why))
    return FileRow(
        event.part,
        FileState.COPIED,
        sha256=event.sha256,
        mime=event.mime,
        size=event.size,
        name=None if event.name is None else printable(event.name),
        thumbnail=event.thumbnail,
    )


def _files_after(row: MessageRow, parts: Parts) -> tuple[FileRow, ...]:
    """Return what is known of the files once the message says `parts`; a new one is pending."""
    if not row.files:
        return ()
    known = {_reference(row.parts, file.part): file for file in row.files}
    return tuple(
        replace(file, part=n)
        for n, part in enumerate(parts)
        if isinstance(part, Media)
        and part.reference is not None
        and (file := known.get(part.reference)) is not None
    )


def _reference(parts: Parts, number: int) -> str | None:
    part = parts[number] if number < len(parts) else None
    return part.reference if isinstance(part, Media) else None
