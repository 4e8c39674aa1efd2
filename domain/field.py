"""
A field of the client's record that the company defines for itself (C1).

The first part is a storage format: see `domain.chat.events` for its rules.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from domain.errors import AlreadyExists, NotFound
from domain.event import Event
from domain.values import FieldId, Timestamp


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    LIST = "list"
    """One of the field's options."""
    BOOLEAN = "boolean"
    LINK = "link"
    DOCUMENT = "cpf_cnpj"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDefined(Event):
    TOPIC = "field-defined.v1"
    name: str
    kind: FieldKind
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChanged(Event):
    """What clients' records hold in it stays as it is."""

    TOPIC = "field-changed.v1"
    name: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRemoved(Event):
    """It is shown and filled in no more; what records hold in it stays in the history."""

    TOPIC = "field-removed.v1"


FieldEvent = FieldDefined | FieldChanged | FieldRemoved


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineField:
    name: str
    kind: FieldKind
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeField:
    """None leaves it as it is."""

    name: str | None = None
    options: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveField:
    pass


FieldCommand = DefineField | ChangeField | RemoveField


@dataclass(frozen=True, slots=True)
class Field:
    id: FieldId
    version: int = 0
    name: str = ""
    kind: FieldKind = FieldKind.TEXT
    options: tuple[str, ...] = ()
    active: bool = False


def evolve(field: Field, event: FieldEvent) -> Field:
    """Return the field after one more event."""
    field = replace(field, version=field.version + 1)
    match event:
        case FieldDefined(name=name, kind=kind, options=options):
            return replace(field, name=name, kind=kind, options=options, active=True)
        case FieldChanged(name=name, options=options):
            return replace(field, name=name, options=options)
        case FieldRemoved():
            return replace(field, active=False)
        case _:
            assert_never(event)


def decide(field: Field, command: FieldCommand, now: Timestamp) -> list[FieldEvent]:
    """Return what happens when `command` is asked of `field` at `now`."""
    if isinstance(command, DefineField):
        if field.version:
            raise AlreadyExists("field", command.name)
        name, kind, options = command.name, command.kind, command.options
        return [FieldDefined(at=now, name=name, kind=kind, options=options)]
    if not field.version:
        raise NotFound("field", field.id)
    match command:
        case RemoveField():
            return [FieldRemoved(at=now)] if field.active else []
        case ChangeField() if not field.active:
            raise NotFound("field", field.id)
        case ChangeField():
            name = field.name if command.name is None else command.name
            options = field.options if command.options is None else command.options
            if (name, options) == (field.name, field.options):
                return []
            return [FieldChanged(at=now, name=name, options=options)]
        case _:
            assert_never(command)
