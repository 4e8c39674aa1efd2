"""The OpenAPI document is a promise to others: whole, and never changed unsaid."""

from typing import Any

import pytest

from adapters.http.openapi.describing import operations
from adapters.http.openapi.documents import COMMITTED, openapi, openapi_json
from adapters.http.openapi.shapes import SHAPES


@pytest.fixture(scope="module")
def document() -> Any:
    return openapi()


def test_the_committed_openapi_document_is_the_present_one() -> None:
    """If this fails on purpose: `recado serve --openapi > adapters/http/openapi.json`."""
    assert openapi_json() == COMMITTED.read_text()


def test_every_route_says_what_it_does_what_it_takes_and_what_it_answers(document: Any) -> None:
    """A route that returns ready JSON is told of in `adapters/http/openapi/shapes.py`."""
    silent = []
    for route, operation in operations(document):
        name = operation["operationId"]
        answers = [r for status, r in operation["responses"].items() if status.startswith("2")]
        schemas = [c.get("schema") for r in answers for c in r.get("content", {}).values()]
        if not operation.get("summary"):
            silent.append(f"{route}: {name} has no docstring")
        silent += [
            f"{route}: {name} does not say what it answers"
            for schema in schemas
            if not schema or schema.get("additionalProperties") is True
        ]
        problem = operation["responses"]["default"]["content"]["application/problem+json"]
        assert problem["schema"]["$ref"].endswith("/Problem")
    assert silent == []


def test_names_are_given_once(document: Any) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert SHAPES.keys() <= set(names), "a shape of a route that there is no more"
    assert document["openapi"].startswith("3.1")
