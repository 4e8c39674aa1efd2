"""Every route, as everybody, on an own, a foreign and an absent object (V13)."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest

from tests.adapters.http.access_rows import EVERYBODY, KINDS, NOWHERE, ROWS, Row
from tests.adapters.http.access_world import World, opened
from tests.adapters.http.conftest import Installation

HERE: Final = "tests/adapters/http/access_rows.py"
REFUSED: Final = frozenset({401, 403, 404})
OF_CHATS: Final = frozenset({"chat", "client", "comment"})
"""Kinds of object that take a chat each."""


@dataclass(frozen=True, slots=True)
class Said:
    """All of an answer that tells one object from another."""

    status: int
    body: bytes
    media_type: str


@pytest.fixture
async def world(installation: Installation, tmp_path: Path) -> AsyncIterator[World]:
    wanted = sum(2 for row in ROWS for kind in (row.of, row.names) if kind in OF_CHATS)
    async with opened(installation, tmp_path, wanted * len(EVERYBODY) + 2) as one:
        yield one


def routes_of(document: Any) -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    }


async def test_every_route_of_the_openapi_document_has_a_row(world: World) -> None:
    """V13: a route that nobody thought about fails here."""
    document = (await world.caller.get("/openapi.json")).json()
    routes, rows = routes_of(document), {row.route for row in ROWS}
    assert len(rows) == len(ROWS), "a route has two rows"
    assert not routes - rows, f"say in ROWS of {HERE} who may call: {sorted(routes - rows)}"
    assert not rows - routes, f"there is no such route any more: {sorted(rows - routes)}"


async def test_everybody_gets_what_he_may_and_nothing_tells_foreign_from_absent(
    world: World,
) -> None:
    """V13: status and body are the same for what is hidden and for what there is not."""
    wrong = []
    for row in ROWS:
        wrong += await _of_nobody(world, row)
        for who in sorted(EVERYBODY):
            wrong += [f"{row.route} as {who}: {what}" async for what in _faults(world, row, who)]
    assert not wrong, "\n".join(wrong)


async def test_how_one_signs_in_is_no_business_of_a_program(world: World) -> None:
    """A token that leaked makes no other one, and locks nobody out."""
    for row in (row for row in ROWS if row.in_person):
        got = await _call(world, replace(row, in_person=False), "admin", NOWHERE, None)
        assert (got.status, b"session_needed" in got.body) == (403, True), row.route


async def _of_nobody(world: World, row: Row) -> list[str]:
    got = await _call(world, row, None, None, None)
    # A body or a wrong password may be refused as such where nobody has to sign in.
    is_right = got.status == 401 or (not row.who and got.status < 500)
    return [] if is_right else [f"{row.route} without signing in: {got.status}"]


async def _faults(world: World, row: Row, who: str) -> AsyncIterator[str]:
    """Yield what is wrong with a route's answers to one person."""
    for place in ("of", "names"):
        if getattr(row, place) is None and (place == "names" or row.names is not None):
            continue
        answers = await _answers(world, row, who, place)
        own, absent, foreign = answers["own"], answers.get("absent"), answers.get("foreign")
        if row.who and who not in row.who:
            if {one.status for one in answers.values()} != {403} or len(set(answers.values())) > 1:
                yield f"should get the same 403 for anything, got {answers}"
            continue
        if row.who and (own.status in REFUSED or own.status >= 500):
            yield f"should get past, got {own}"
        if absent is not None and place == "of" and absent.status != 404:
            yield f"should get 404 for what there is not, got {absent}"
        if foreign is not None and foreign != absent:
            yield f"can tell foreign from absent: {foreign} is not {absent}"


async def _answers(world: World, row: Row, who: str, place: str) -> dict[str, Said]:
    """Return what is said of an own, a foreign and an absent object in the path or the body."""
    varied = getattr(row, place)
    if varied is None:
        return {"own": await _call(world, row, who, None, None)}
    kind, other = KINDS[varied], row.names if place == "of" else row.of
    ids = {"absent": kind.absent, "foreign": await kind.foreign(world, who)}
    ids["own"] = await kind.own(world, who)
    # What was recorded before is in no answer's position by chance.
    await world.caller.seen()
    answers = {}
    for which, id_ in ids.items():
        if id_ is None:
            continue
        beside = None if other is None else await KINDS[other].own(world, who)
        of, names = (id_, beside) if place == "of" else (beside, id_)
        answers[which] = await _call(world, row, who, of, names)
    return answers


async def _call(world: World, row: Row, who: str | None, of: str | None, names: str | None) -> Said:
    method, template = row.route.split(" ")
    filled = template
    for name, value in row.path.items():
        filled = filled.replace(f"{{{name}}}", value)
    path = re.sub(r"\{\w+\}", of or "x", filled)
    body = row.body(names or "x") if callable(row.body) else row.body
    query = row.query(names or "x") if callable(row.query) else row.query
    if row.is_endless:
        return await _begin(world, path, who)
    how: dict[str, Any] = {"params": query, "headers": row.headers}
    how |= {"content": row.content} if row.content is not None else {"json": body}
    if row.in_person and who is not None:
        got = await world.in_person(method, path, who, **how)
    else:
        got = await world.caller.call(method, path, who, **how)
    # What was asked for may be said again.
    said = got.content.replace((names or "\x00").encode(), b"")
    return Said(got.status_code, said, got.headers.get("content-type", ""))


async def _begin(world: World, path: str, who: str | None) -> Said:
    """Return the head of an answer that never ends, and leave."""
    token = "" if who is None else world.caller.installation.tokens[who]
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {token}".encode())],
        "scheme": "http",
        "client": ("127.0.0.1", 1),
    }
    asked, sent = asyncio.Queue[Any](), list[Any]()
    asked.put_nowait({"type": "http.request", "body": b""})
    asked.put_nowait({"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    async with asyncio.timeout(10):
        await world.app(scope, asked.get, send)
    headers = dict(sent[0]["headers"])
    media_type = headers.get(b"content-type", b"").decode()
    is_stream = media_type.startswith("text/event-stream")
    body = b"" if is_stream else b"".join(message.get("body", b"") for message in sent[1:])
    return Said(sent[0]["status"], body, media_type)
