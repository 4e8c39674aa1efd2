"""The fields of the client's record that the company defined for itself (C1)."""

from typing import NamedTuple

from domain.event import Recorded
from domain.field import FieldChanged, FieldDefined, FieldKind, FieldRemoved
from domain.values import FieldId, split_stream
from projections.rows import replacing
from projections.text import printable


class FieldRow(NamedTuple):
    id: FieldId
    version: int
    changed: int
    name: str = ""
    kind: FieldKind = FieldKind.TEXT
    options: tuple[str, ...] = ()
    active: bool = True

    @property
    def key(self) -> tuple[str]:
        return (self.id,)


_with = replacing(FieldRow)


def apply(row: FieldRow | None, recorded: Recorded) -> FieldRow | None:
    """Return the row after one more event of its field."""
    if row is None:
        id_ = FieldId(split_stream(recorded.stream)[1])
        row = FieldRow(id_, recorded.version, recorded.position)
    row = _with(row, version=recorded.version, changed=recorded.position)
    match recorded.event:
        case FieldDefined(name=name, kind=kind, options=options):
            shown = tuple(map(printable, options))
            return _with(row, name=printable(name), kind=kind, options=shown, active=True)
        case FieldChanged(name=name, options=options):
            return _with(row, name=printable(name), options=tuple(map(printable, options)))
        case FieldRemoved():
            return _with(row, active=False)
        case _:
            return row
