"""The tags that the company defined."""

from typing import NamedTuple

from domain.event import Recorded
from domain.tag import TagChanged, TagDefined, TagRemoved
from domain.values import TagId, split_stream
from projections.rows import replacing
from projections.text import printable


class TagRow(NamedTuple):
    id: TagId
    version: int
    changed: int
    name: str = ""
    colour: str | None = None
    active: bool = True

    @property
    def key(self) -> tuple[str]:
        return (self.id,)


_with = replacing(TagRow)


def apply(row: TagRow | None, recorded: Recorded) -> TagRow | None:
    """Return the row after one more event of its tag."""
    if row is None:
        row = TagRow(TagId(split_stream(recorded.stream)[1]), recorded.version, recorded.position)
    row = _with(row, version=recorded.version, changed=recorded.position)
    match recorded.event:
        case TagDefined(name=name, colour=colour):
            return _with(row, name=printable(name), colour=colour, active=True)
        case TagChanged(colour=colour):
            return _with(row, colour=colour)
        case TagRemoved():
            return _with(row, active=False)
        case _:
            return row
