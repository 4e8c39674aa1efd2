"""Completes FastAPI's document with what it cannot know."""

from collections.abc import Iterator
from typing import Any, Final, Literal

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from adapters.http.openapi.shapes import SHAPES, Problem

Json = dict[str, Any]

_REFERENCE: Final = "#/components/schemas/{model}"
_OPEN: Final = frozenset({"sign_in", "list_ways", "sign_in_elsewhere", "come_back"})
"""What nobody has to sign in for."""
_SIGNED_IN: Final[list[dict[str, list[str]]]] = [{"token": []}, {"session": []}]
_OF_BYTES: Final = {"get_attachment": "application/octet-stream", "listen": "text/event-stream"}
"""What answers with something other than JSON."""
_NO_LONGER: Final = frozenset({"HTTPValidationError", "ValidationError"})


class Api(FastAPI):
    """FastAPI, with a document that says all."""

    def openapi(self) -> Json:
        if self.openapi_schema is None:
            self.openapi_schema = completed(super().openapi())
        return self.openapi_schema


def completed(document: Json) -> Json:
    """Return the document with sign-in, refusals, summaries and what answers hold."""
    components = document.setdefault("components", {})
    schemas: Json = components.setdefault("schemas", {})
    shapes: set[type[BaseModel]] = {Problem, *SHAPES.values()}
    models = sorted(shapes, key=lambda model: model.__name__)
    wanted: list[tuple[type[BaseModel], Literal["serialization"]]] = [
        (model, "serialization") for model in models
    ]
    made = models_json_schema(wanted, ref_template=_REFERENCE)
    schemas |= made[1]["$defs"]
    for name in _NO_LONGER & schemas.keys():
        del schemas[name]
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "__Host-recado"},
    }
    for _, operation in operations(document):
        _complete(operation)
    return document


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Yield every operation with its method and path."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def _complete(operation: Json) -> None:
    name = operation["operationId"]
    if text := operation.get("description"):
        operation["summary"] = " ".join(text.split("\n\n")[0].split())
    if name not in _OPEN:
        operation["security"] = _SIGNED_IN
    responses = operation["responses"]
    responses.pop("422", None)
    responses["default"] = {
        "description": "Refused",
        "content": {"application/problem+json": {"schema": _ref("Problem")}},
    }
    shape = SHAPES.get(name)
    for status, response in responses.items():
        if name in _OF_BYTES and status.startswith("2"):
            response["content"] = {_OF_BYTES[name]: {"schema": {"type": "string"}}}
        if shape is not None and status.startswith("2"):
            response["content"] = {"application/json": {"schema": _ref(shape.__name__)}}


def _ref(name: str) -> Json:
    return {"$ref": _REFERENCE.format(model=name)}
