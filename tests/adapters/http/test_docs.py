"""The documents at `/docs` need nobody else: no script, no foreign host, nothing missing."""

import re

import pytest

from adapters.http.openapi.describing import operations
from adapters.http.openapi.documents import openapi
from adapters.http.openapi.reference import reference, text_page
from tests.adapters.http.conftest import Caller


async def test_the_reference_is_served_under_a_strict_policy(caller: Caller) -> None:
    page = await caller.get("/docs")

    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "script" not in policy
    for address in re.findall(r'(?:href|src)="([^"#][^"]*)"', page.text):
        assert address.startswith("/"), address
        assert (await caller.get(address)).status_code == 200, address
    assert not re.search(r"<script|style=|\son\w+=", page.text)


def test_every_route_and_every_schema_is_on_the_page() -> None:
    document = openapi()
    page = reference(document)

    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert {f"schema-{name}" for name in document["components"]["schemas"]} <= anchors
    assert {operation["operationId"] for _, operation in operations(document)} <= anchors
    assert set(re.findall(r'href="#([^"]+)"', page)) - anchors - {"schemas"} == set()


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"&'])
def test_what_is_written_is_shown_and_not_run(text: str) -> None:
    document = openapi()
    document["info"]["description"] = text

    assert text not in reference(document)
    assert text not in text_page(text, text)
