"""The tags that chats are given: which there are, their colours, and how many bear each."""

from typing import Any

from fastapi import APIRouter, Response

from adapters.http import template_bodies as b
from adapters.http.answers import Answers, Asked, AskedBy, demand
from adapters.http.pages import json
from adapters.http.parts import AppParts, Reading
from adapters.storage.postgres.tool_items import Tools
from domain.acts import Ask
from domain.tag import ChangeTag, DefineTag, RemoveTag, TagCommand, tag_id
from domain.values import TagId, stream_of

Json = dict[str, Any]


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/tags", tags=["tags"])
    tools = Tools(parts.pool)

    async def ask(asked: AskedBy, id_: TagId, command: TagCommand) -> Json:
        demand(asked.viewer, "supervise")
        stream = stream_of("tag", id_)
        return await answers.submit(Ask(stream=stream, command=command, **asked.how), stream)

    @router.get("")
    async def list_tags(viewer: Reading) -> Response:
        """
        Return the tags by name; `chats` counts the open chats that one sees with each.

        `id` is null for one that was never defined, and `removed` true for one that cannot be
        given any more but that a chat still bears.
        """
        items = await tools.tags(viewer.scope)
        position = await parts.queries.position()
        return json({"items": items, "next_cursor": None, "position": position})

    @router.post("", status_code=201)
    async def define_tag(asked: Asked, body: b.NewTag) -> Json:
        """Define a tag, or bring back one that was removed; the answer tells its `id`."""
        id_ = tag_id(parts.desk.naming, body.name)
        command = DefineTag(name=body.name, colour=body.colour)
        return {"id": id_, **await ask(asked, id_, command)}

    @router.patch("/{tag_id}")
    async def change_tag(asked: Asked, tag_id: TagId, body: b.TagColour) -> Json:
        """Give a tag another colour. Its name stays: chats bear it in their history."""
        return await ask(asked, tag_id, ChangeTag(colour=body.colour))

    @router.delete("/{tag_id}")
    async def remove_tag(asked: Asked, tag_id: TagId) -> Json:
        """Let it be given no more; chats that bear it keep it."""
        return await ask(asked, tag_id, RemoveTag())

    return router
