"""
A reply template: words that are often needed, ready to be sent (T3).

Templates that a provider approves are another thing: see `domain.content.TemplateCall`.
The first part is a storage format: see `domain.chat.events` for its rules.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from domain.errors import AlreadyExists, NotFound
from domain.event import Event
from domain.values import GroupId, OperatorId, TemplateId, Timestamp


class Shared(StrEnum):
    """Who may use a template."""

    ACCOUNT = "account"
    GROUP = "group"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFile:
    """A file that is sent along, by its content's address in the attachment store."""

    sha256: str
    name: str
    mime: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTemplate:
    """What a template says, and for whom it is there."""

    code: str
    """What is typed after a slash to find it."""
    title: str
    text: str
    """With variables: see `domain.variables`."""
    shared: Shared = Shared.ACCOUNT
    group_id: GroupId | None = None
    """Of a group's template."""
    owner: OperatorId | None = None
    """Of a personal one."""
    files: tuple[TemplateFile, ...] = ()

    @property
    def place(self) -> tuple[str, str, str]:
        """Return where its code is its own: for whom it is there, and the code."""
        return (self.shared.value, self.group_id or self.owner or "", self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCreated(Event):
    """It is there from here on, also where it was removed before."""

    TOPIC = "template-created.v1"
    template: ReplyTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChanged(Event):
    TOPIC = "template-changed.v1"
    template: ReplyTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRemoved(Event):
    TOPIC = "template-removed.v1"


TemplateEvent = TemplateCreated | TemplateChanged | TemplateRemoved


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTemplate:
    template: ReplyTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTemplate:
    template: ReplyTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveTemplate:
    pass


TemplateCommand = CreateTemplate | ChangeTemplate | RemoveTemplate

_NOTHING = ReplyTemplate(code="", title="", text="")


@dataclass(frozen=True, slots=True)
class Template:
    id: TemplateId
    version: int = 0
    says: ReplyTemplate = field(default=_NOTHING)
    active: bool = False


def evolve(template: Template, event: TemplateEvent) -> Template:
    """Return the template after one more event."""
    template = replace(template, version=template.version + 1)
    match event:
        case TemplateCreated(template=says):
            return replace(template, says=says, active=True)
        case TemplateChanged(template=says):
            return replace(template, says=says)
        case TemplateRemoved():
            return replace(template, active=False)
        case _:
            assert_never(event)


def decide(template: Template, command: TemplateCommand, now: Timestamp) -> list[TemplateEvent]:
    """
    Return what happens when `command` is asked of `template` at `now`.

    Whether its code is taken, and who may change it, is for `domain.template_acts` to see.
    """
    match command:
        case CreateTemplate(template=says):
            if template.active:
                raise AlreadyExists("template", says.code)
            return [TemplateCreated(at=now, template=says)]
        case RemoveTemplate() if template.version:
            return [TemplateRemoved(at=now)] if template.active else []
        case ChangeTemplate(template=says) if template.active:
            return [] if says == template.says else [TemplateChanged(at=now, template=says)]
        case RemoveTemplate() | ChangeTemplate():
            raise NotFound("template", template.id)
        case _:
            assert_never(command)
