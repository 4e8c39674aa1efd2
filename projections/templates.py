"""Reply templates, how often each was used, and which of them somebody may mean (T3)."""

from collections.abc import Iterable
from typing import NamedTuple

from domain.chat.events import MessageSent
from domain.event import Recorded
from domain.template import (
    ReplyTemplate,
    Shared,
    TemplateChanged,
    TemplateCreated,
    TemplateFile,
    TemplateRemoved,
)
from domain.values import GroupId, OperatorId, TemplateId, Timestamp, split_stream
from projections.rows import replacing
from projections.text import folded, printable


class TemplateRow(NamedTuple):
    id: TemplateId
    version: int
    changed: int
    code: str = ""
    title: str = ""
    text: str = ""
    shared: Shared = Shared.ACCOUNT
    group_id: GroupId | None = None
    owner: OperatorId | None = None
    files: tuple[TemplateFile, ...] = ()
    active: bool = True

    @property
    def key(self) -> tuple[str]:
        return (self.id,)

    @property
    def says(self) -> ReplyTemplate:
        return ReplyTemplate(
            code=self.code,
            title=self.title,
            text=self.text,
            shared=self.shared,
            group_id=self.group_id,
            owner=self.owner,
            files=self.files,
        )


class UsesRow(NamedTuple):
    """How many messages were written from a template."""

    id: TemplateId
    changed: int = 0
    uses: int = 0
    last_used_at: Timestamp | None = None

    @property
    def key(self) -> tuple[str]:
        return (self.id,)


_with = replacing(TemplateRow)


def apply(row: TemplateRow | None, recorded: Recorded) -> TemplateRow | None:
    """Return the row after one more event of its template."""
    if row is None:
        id_ = TemplateId(split_stream(recorded.stream)[1])
        row = TemplateRow(id_, recorded.version, recorded.position)
    row = _with(row, version=recorded.version, changed=recorded.position)
    match recorded.event:
        case TemplateCreated(template=says) | TemplateChanged(template=says):
            return _with(
                row,
                code=printable(says.code),
                title=printable(says.title),
                text=printable(says.text),
                shared=says.shared,
                group_id=says.group_id,
                owner=says.owner,
                files=says.files,
                active=True,
            )
        case TemplateRemoved():
            return _with(row, active=False)
        case _:
            return row


def used(uses: dict[TemplateId, UsesRow], recorded: Recorded) -> None:
    """Count it where an event of a chat is a message written from a template."""
    event = recorded.event
    if isinstance(event, MessageSent) and event.template_id is not None:
        id_ = event.template_id
        now = UsesRow(id_, recorded.position, 1, event.at)
        before = uses.get(id_)
        uses[id_] = now if before is None else joined(before, now)


def joined(one: UsesRow, other: UsesRow) -> UsesRow:
    """Return one row for two that each counted a part of the messages."""
    times = [at for at in (one.last_used_at, other.last_used_at) if at is not None]
    return UsesRow(
        one.id,
        max(one.changed, other.changed),
        one.uses + other.uses,
        max(times) if times else None,
    )


_AS_CODE, _IN_CODE, _IN_TITLE, _IN_TEXT, _SCATTERED = range(5)


def nearness(row: TemplateRow, wanted: str) -> int | None:
    """
    Return how near a template is to what was typed, 0 nearest; None where it is not meant.

    First codes that begin so, then codes that hold it, titles, texts, and last those whose
    code or title has its letters in their order.
    """
    code, title = folded(row.code), folded(row.title)
    words = wanted.split()
    if not words or code.startswith(wanted):
        return _AS_CODE
    if wanted in code:
        return _IN_CODE
    if all(word in title for word in words):
        return _IN_TITLE
    if all(word in f"{title} {folded(row.text)}" for word in words):
        return _IN_TEXT
    letters = wanted.replace(" ", "")
    return _SCATTERED if _holds_in_order(code, letters) or _holds_in_order(title, letters) else None


def _holds_in_order(text: str, letters: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


def likeliest(found: Iterable[tuple[TemplateRow, int]], q: str) -> list[tuple[TemplateRow, int]]:
    """Return the templates, each with its uses, that `q` may mean: nearest, then most used."""
    wanted = folded(q).strip().removeprefix("/")
    near = [(nearness(row, wanted), row, uses) for row, uses in found]
    meant = [(place, row, uses) for place, row, uses in near if place is not None]
    meant.sort(key=lambda one: (one[0], -one[2], one[1].code, one[1].id))
    return [(row, uses) for _, row, uses in meant]
