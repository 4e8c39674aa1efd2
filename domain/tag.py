"""
A tag that chats can be given: its name, its colour, and whether it can still be given.

A chat bears the tag's name, so that what it was tagged with stays readable for ever.
The first part is a storage format: see `domain.chat.events` for its rules.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from domain.errors import AlreadyExists, NotFound
from domain.event import Event
from domain.values import Naming, TagId, Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class TagDefined(Event):
    """It can be given from here on, also where it was removed before."""

    TOPIC = "tag-defined.v1"
    name: str
    colour: str | None = None
    """As `#rrggbb`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChanged(Event):
    TOPIC = "tag-changed.v1"
    colour: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRemoved(Event):
    """It cannot be given any more; chats that bear it keep it."""

    TOPIC = "tag-removed.v1"


TagEvent = TagDefined | TagChanged | TagRemoved


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineTag:
    name: str
    colour: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTag:
    colour: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveTag:
    pass


TagCommand = DefineTag | ChangeTag | RemoveTag


@dataclass(frozen=True, slots=True)
class Tag:
    id: TagId
    version: int = 0
    name: str = ""
    colour: str | None = None
    active: bool = False

    @property
    def is_removed(self) -> bool:
        return self.version > 0 and not self.active


def tag_id(naming: Naming, name: str) -> TagId:
    """Return the id of the tag of a name, whether it is defined or not."""
    return TagId(naming.derive("tag", name))


def evolve(tag: Tag, event: TagEvent) -> Tag:
    """Return the tag after one more event."""
    tag = replace(tag, version=tag.version + 1)
    match event:
        case TagDefined(name=name, colour=colour):
            return replace(tag, name=name, colour=colour, active=True)
        case TagChanged(colour=colour):
            return replace(tag, colour=colour)
        case TagRemoved():
            return replace(tag, active=False)
        case _:
            assert_never(event)


def decide(tag: Tag, command: TagCommand, now: Timestamp) -> list[TagEvent]:
    """Return what happens when `command` is asked of `tag` at `now`."""
    match command:
        case DefineTag(name=name, colour=colour):
            if tag.active:
                raise AlreadyExists("tag", name)
            return [TagDefined(at=now, name=name, colour=colour)]
        case RemoveTag() if tag.version:
            return [TagRemoved(at=now)] if tag.active else []
        case ChangeTag(colour=colour) if tag.active:
            return [] if colour == tag.colour else [TagChanged(at=now, colour=colour)]
        case RemoveTag() | ChangeTag():
            raise NotFound("tag", tag.id)
        case _:
            assert_never(command)
