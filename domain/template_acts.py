"""Acts on reply templates: who may, and whose code it is, under the log's write lock (T3)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.access import Action, Belonging, Scope, can
from domain.acts import PlainAct
from domain.errors import AlreadyExists, NotAllowed, NotFound
from domain.event import NewEvent
from domain.lookup import template_key
from domain.ports import Found, House
from domain.template import (
    ChangeTemplate,
    CreateTemplate,
    RemoveTemplate,
    ReplyTemplate,
    Shared,
    TemplateCommand,
    decide,
)
from domain.values import Naming, StreamId, TemplateId, split_stream, stream_of


def sees_template(scope: Scope, says: ReplyTemplate) -> bool:
    """Return whether somebody may use a template; a personal one is its owner's alone."""
    return can(scope, Action.READ, _belonging(says))


def may_write_template(scope: Scope, says: ReplyTemplate) -> bool:
    """Return whether somebody may make, change and remove a template."""
    action = Action.ACT if says.shared is Shared.PERSONAL else Action.SUPERVISE
    return can(scope, action, _belonging(says))


def _belonging(says: ReplyTemplate) -> Belonging:
    match says.shared:
        case Shared.ACCOUNT:
            return Belonging(kept_by=Action.SUPERVISE)
        case Shared.GROUP:
            return Belonging(group_id=says.group_id or "")
        case Shared.PERSONAL:
            return Belonging(owner=says.owner or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeTemplate(PlainAct):
    """
    A template is made.

    Raises `NotAllowed` for people whom who asks may not write for, `AlreadyExists` where
    another one for the same people has its code.
    """

    template_id: TemplateId
    says: ReplyTemplate
    scope: Scope | None
    """Who asks; None for the workspace file, which may do anything."""

    def keys(self, naming: Naming) -> Iterable[str]:
        return (template_key(naming, self.says),)

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        yield stream_of("template", self.template_id)
        if self.says.group_id is not None:
            yield stream_of("group", self.says.group_id)

    def decide(self, house: House) -> list[NewEvent]:
        _check_place(self.template_id, self.says, self.scope, house)
        return _told(house, self.template_id, CreateTemplate(template=self.says))


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustTemplate(PlainAct):
    """
    A template is changed in what is given, or removed.

    Raises `NotFound` for one that who asks does not see, else as `MakeTemplate` does.
    """

    template_id: TemplateId
    changes: Mapping[str, Any] | None
    """None removes it."""
    scope: Scope | None

    def streams(self, find: Callable[[str], Found | None], naming: Naming) -> Iterable[StreamId]:
        return (stream_of("template", self.template_id),)

    def decide(self, house: House) -> list[NewEvent]:
        template = house.template(self.template_id)
        scope = self.scope
        if not template.active or not (scope is None or sees_template(scope, template.says)):
            raise NotFound("template", self.template_id)
        if not (scope is None or may_write_template(scope, template.says)):
            raise NotAllowed("write this template")
        if self.changes is None:
            return _told(house, self.template_id, RemoveTemplate())
        says = replace(template.says, **self.changes)
        _check_place(self.template_id, says, scope, house)
        return _told(house, self.template_id, ChangeTemplate(template=says))


def _check_place(id_: TemplateId, wanted: ReplyTemplate, scope: Scope | None, house: House) -> None:
    if not (scope is None or may_write_template(scope, wanted)):
        raise NotAllowed("write templates for these people")
    if wanted.group_id is not None and not house.group(wanted.group_id).exists:
        raise NotFound("group", wanted.group_id)
    found = house.find(template_key(house.naming, wanted))
    if found is None:
        return
    other = house.template(TemplateId(split_stream(found.stream)[1]))
    # A key leads to whoever had the code last, and he may have another one by now.
    if other.id != id_ and other.active and other.says.place == wanted.place:
        raise AlreadyExists("template", wanted.code)


def _told(house: House, id_: TemplateId, command: TemplateCommand) -> list[NewEvent]:
    stream = stream_of("template", id_)
    events = decide(house.template(id_), command, house.now)
    return [NewEvent(stream, event) for event in events]
