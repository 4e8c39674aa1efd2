"""What makes an installation's tags and reply templates be as a workspace file says."""

from collections.abc import Iterator
from typing import cast

from adapters.storage.postgres.log import LogReader
from deploy.workspace import TagTable, TemplateTable, Workspace
from domain.acts import Ask
from domain.lookup import template_key
from domain.ports import Act
from domain.tag import ChangeTag, DefineTag, Tag, tag_id
from domain.template import ReplyTemplate, Shared, Template
from domain.template_acts import AdjustTemplate, MakeTemplate
from domain.values import GroupId, Meta, Naming, TemplateId, stream_of


def tool_acts(
    workspace: Workspace, log: LogReader, naming: Naming, meta: Meta
) -> Iterator[tuple[str, Act]]:
    """Yield what has to change, in words and as an act; what the file leaves out stays."""
    for tag in workspace.tags:
        yield from _tag(tag, log, naming, meta)
    for template in workspace.templates:
        yield from _template(template, log, naming, meta)


def _tag(table: TagTable, log: LogReader, naming: Naming, meta: Meta) -> Iterator[tuple[str, Act]]:
    stream = stream_of("tag", tag_id(naming, table.name))
    tag = cast("Tag", log.state(stream))
    if not tag.active:
        define = DefineTag(name=table.name, colour=table.colour)
        yield f"tag {table.name}: defined", Ask(stream=stream, command=define, meta=meta)
    elif tag.colour != table.colour:
        change = ChangeTag(colour=table.colour)
        yield f"tag {table.name}: colour", Ask(stream=stream, command=change, meta=meta)


def _template(
    table: TemplateTable, log: LogReader, naming: Naming, meta: Meta
) -> Iterator[tuple[str, Act]]:
    says = ReplyTemplate(
        code=table.code,
        title=table.title,
        text=table.text,
        shared=Shared.ACCOUNT if table.group is None else Shared.GROUP,
        group_id=None if table.group is None else GroupId(naming.derive("group", table.group)),
    )
    there = _bearer(says, log, naming)
    if there is None:
        make = MakeTemplate(template_id=_free(says, log, naming), says=says, scope=None, meta=meta)
        yield f"template {table.code}: created", make
        return
    wanted = {"title": table.title, "text": table.text}
    if wanted != {"title": there.says.title, "text": there.says.text}:
        change = AdjustTemplate(template_id=there.id, changes=wanted, scope=None, meta=meta)
        yield f"template {table.code}: changed", change


def _bearer(says: ReplyTemplate, log: LogReader, naming: Naming) -> Template | None:
    """Return the template that has the code now, whoever made it."""
    stream = log.holder(template_key(naming, says))
    if stream is None:
        return None
    template = cast("Template", log.state(stream))
    return template if template.active and template.says.place == says.place else None


def _free(says: ReplyTemplate, log: LogReader, naming: Naming) -> TemplateId:
    """Return an id for a new template: what was made under the first may have another code now."""
    id_ = TemplateId(naming.derive("template", *says.place))
    taken = cast("Template", log.state(stream_of("template", id_)))
    return TemplateId(naming.derive(id_, f"{taken.version}")) if taken.active else id_
