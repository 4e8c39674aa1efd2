"""The fields of the client's record that the company defines for itself (C1)."""

from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Response

from adapters.http import record_bodies as b
from adapters.http.answers import Answers, Asked, AskedBy, demand
from adapters.http.pages import page
from adapters.http.parts import AppParts, caught_up
from domain.acts import Ask
from domain.errors import AlreadyExists
from domain.field import ChangeField, DefineField, FieldCommand, RemoveField
from domain.values import FieldId, stream_of

Json = dict[str, Any]


def routes(parts: AppParts, answers: Answers) -> APIRouter:
    router = APIRouter(prefix="/v1/fields", tags=["records"])
    queries = parts.queries

    async def ask(asked: AskedBy, field_id: FieldId, command: FieldCommand) -> Json:
        demand(asked.viewer, "administer")
        stream = stream_of("field", field_id)
        act = Ask(
            stream=stream,
            command=command,
            meta=asked.meta,
            identity=asked.identity,
            fingerprint=asked.fingerprint,
        )
        return await answers.submit(act, stream)

    @router.get("", dependencies=[Depends(caught_up)])
    async def list_fields() -> Response:
        """Return the fields that there are, by name."""
        return page(await queries.fields())

    @router.post("", status_code=201)
    async def define_field(asked: Asked, body: b.NewField) -> Json:
        """Define a field; the answer tells its `id`."""
        demand(asked.viewer, "administer")
        naming = parts.desk.naming
        # Asked again under the same key, it is the same field.
        id_ = FieldId(naming.derive("field", asked.identity or uuid4().hex))
        named = {field["name"]: field["id"] for field in (await queries.fields()).items}
        if named.get(body.name, id_) != id_:
            raise AlreadyExists("field", body.name)
        command = DefineField(name=body.name, kind=body.kind, options=body.options)
        return {"id": id_, **await ask(asked, id_, command)}

    @router.patch("/{field_id}")
    async def change_field(asked: Asked, field_id: FieldId, body: b.FieldChange) -> Json:
        """Change what is given; records keep what they hold."""
        return await ask(asked, field_id, ChangeField(name=body.name, options=body.options))

    @router.delete("/{field_id}")
    async def remove_field(asked: Asked, field_id: FieldId) -> Json:
        """Show and fill it in no more; what records hold in it stays in their history."""
        return await ask(asked, field_id, RemoveField())

    return router
