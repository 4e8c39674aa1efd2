"""Reply templates: found while one types, tried on a chat, made and changed (T3)."""

from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Query, Response

from adapters.http import template_bodies as b
from adapters.http.answers import Answers, Asked, demand
from adapters.http.auth import Viewer
from adapters.http.composing import known_files
from adapters.http.filling import Values, fill, values_in
from adapters.http.pages import Words, json
from adapters.http.parts import AppParts, Reading
from adapters.storage.postgres.tool_items import Tools, Usable
from domain.errors import NotFound
from domain.template import ReplyTemplate, Shared, TemplateFile
from domain.template_acts import AdjustTemplate, MakeTemplate, may_write_template
from domain.values import ChatId, GroupId, TemplateId, stream_of
from domain.variables import Filled, filled
from projections.items import Item
from projections.templates import likeliest

Json = dict[str, Any]

MOST: Final = 500
ChatToFill = Annotated[ChatId | None, Query(alias="chat", max_length=100)]


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/templates", tags=["templates"])
    tools = Tools(parts.pool)
    _add_reading(router, parts, tools)
    _add_writing(router, parts, answers)
    return router


def _add_reading(router: APIRouter, parts: AppParts, tools: Tools) -> None:
    @router.get("")
    async def list_templates(
        viewer: Reading,
        q: Words = None,
        chat: ChatToFill = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
    ) -> Response:
        """
        Return the templates that one may use: by code, with `q` those that may be meant, the
        nearest first. With `chat`, each says what it would be there: `filled {text, missing}`.
        """
        found = await tools.templates(viewer.scope)
        if q is not None:
            by_id = {one.row.id: one for one in found}
            near = likeliest(((one.row, one.uses.uses) for one in found), q)
            found = [by_id[row.id] for row, _ in near]
        values = None if chat is None else await values_in(parts, viewer, chat)
        items = [_item(viewer, one, values) for one in found[:limit]]
        position = await parts.queries.position()
        return json({"items": items, "next_cursor": None, "position": position})

    @router.get("/{template_id}")
    async def get_template(viewer: Reading, template_id: TemplateId) -> Response:
        return json(_item(viewer, await usable(tools, viewer, template_id)))

    @router.post("/preview")
    async def preview_text(viewer: Reading, body: b.TextTry) -> Response:
        """Return what a text with variables says in a chat, and which have no value there."""
        return json(_shown(await fill(parts, viewer, ChatId(body.chat), body.text)))

    @router.post("/{template_id}/preview")
    async def preview_template(
        viewer: Reading, template_id: TemplateId, body: b.TemplateTry
    ) -> Response:
        """Return what a template says in a chat, and which variables have no value there."""
        template = await usable(tools, viewer, template_id)
        return json(_shown(await fill(parts, viewer, ChatId(body.chat), template.row.text)))


def _add_writing(router: APIRouter, parts: AppParts, answers: Answers) -> None:
    @router.post("", status_code=201)
    async def create_template(asked: Asked, body: b.NewTemplate) -> Json:
        """Make a template; the answer tells its `id`."""
        viewer = asked.viewer
        demand(viewer, "act")
        # Asked again under the same key, it is the same template.
        new = asked.identity or uuid4().hex
        id_ = TemplateId(parts.desk.naming.derive("template", new))
        says = ReplyTemplate(
            code=body.code,
            title=body.title,
            text=body.text,
            shared=body.shared,
            group_id=None if body.group is None else GroupId(body.group),
            owner=viewer.operator.id if body.shared is Shared.PERSONAL else None,
            files=await _files(parts, viewer, body.attachments),
        )
        act = MakeTemplate(template_id=id_, says=says, scope=viewer.scope, **asked.how)
        return {"id": id_, **await answers.submit(act, stream_of("template", id_))}

    @router.patch("/{template_id}")
    async def change_template(
        asked: Asked, template_id: TemplateId, body: b.TemplateChange
    ) -> Json:
        """Change what is given; messages that were written from it stay as they are."""
        demand(asked.viewer, "act")
        changes = body.changes()
        if body.attachments is not None:
            changes["files"] = await _files(parts, asked.viewer, body.attachments)
        act = AdjustTemplate(
            template_id=template_id, changes=changes, scope=asked.viewer.scope, **asked.how
        )
        return await answers.submit(act, stream_of("template", template_id))

    @router.delete("/{template_id}")
    async def remove_template(asked: Asked, template_id: TemplateId) -> Json:
        """Offer it no more; its code is free."""
        demand(asked.viewer, "act")
        act = AdjustTemplate(
            template_id=template_id, changes=None, scope=asked.viewer.scope, **asked.how
        )
        return await answers.submit(act, stream_of("template", template_id))


async def usable(tools: Tools, viewer: Viewer, template_id: str) -> Usable:
    """Return a template; raise `NotFound` where there is none that the viewer may use."""
    found = await tools.template(viewer.scope, template_id)
    if found is None:
        raise NotFound("template", template_id)
    return found


async def _files(parts: AppParts, viewer: Viewer, ids: list[str]) -> tuple[TemplateFile, ...]:
    return tuple(
        TemplateFile(sha256=known.sha256, name=name, mime=known.mime, size=known.size)
        for known, name in await known_files(parts, viewer, ids)
    )


def _item(viewer: Viewer, one: Usable, values: Values | None = None) -> Item:
    item = one.item | {"may_change": may_write_template(viewer.scope, one.row.says)}
    if values is None:
        return item
    said = filled(one.row.text, values)
    return item | {"filled": {"text": said.text, "missing": said.missing}}


def _shown(said: Filled) -> Json:
    parts = [
        {"text": one.text, "variable": one.variable, "missing": one.is_missing}
        for one in said.pieces
    ]
    return {"text": said.text, "parts": parts, "missing": said.missing}
