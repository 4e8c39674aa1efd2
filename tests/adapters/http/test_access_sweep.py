"""
A company by chance, everybody in it and every chat: nobody is told anything of what he does
not see, by no list, count, search, filter, export or feed (V13).

Each chat holds a word that is nowhere else, so that whatever tells of it can be recognised.
`RECADO_ACCESS_PAIRS=10000` tries so many pairs of a person and a chat.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from math import isqrt
from typing import Any, Final

import pytest

from adapters.http.app import Recado, create_app
from domain.chat.commands import CloseChat
from domain.operator import ChangeOperator
from domain.values import Role
from projections.filters import ChatFilter
from tests.adapters.http.access_rows import NOWHERE
from tests.adapters.http.conftest import EVERYTHING, Caller, Installation, calling

PAIRS: Final = int(os.environ.get("RECADO_ACCESS_PAIRS", "150"))
SEED: Final = 20261122
GROUPS: Final = ("Sales", "Finance", "Support")
AT_ONCE: Final = 8
FIRST: Final = 1_001
"""Of the clients; the lower ones would be the bot itself."""


@dataclass(frozen=True)
class Person:
    name: str
    role: Role
    groups: frozenset[str]
    sees_new: bool

    def sees(self, chat: "Chat") -> bool:
        """Return what V13 says, in other words than the program's."""
        if chat.owner == self.name or self.role in {Role.ADMINISTRATOR, Role.AUDITOR}:
            return True
        if self.role is Role.SUPERVISOR:
            return not self.groups or chat.group in self.groups
        is_new = chat.owner is None and not chat.closed
        return is_new and self.sees_new and chat.group in self.groups | {None}


@dataclass(frozen=True)
class Chat:
    id: str
    number: int
    group: str | None
    owner: str | None
    """Who has it, or had it last."""
    closed: bool

    @property
    def word(self) -> str:
        return word_of(self.number)


def word_of(number: int) -> str:
    return f"segredo{number:05d}x"


@dataclass
class Company:
    app: Recado
    caller: Caller
    people: list[Person]
    chats: list[Chat]

    def foreign_to(self, person: Person) -> list[Chat]:
        return [chat for chat in self.chats if not person.sees(chat)]


@pytest.fixture
async def company(installation: Installation) -> AsyncIterator[Company]:
    chance = random.Random(SEED)
    await installation.group("Support")
    app = create_app(installation.parts())
    async with calling(app, installation) as caller:
        size = max(5, isqrt(PAIRS // 4))
        people = [await hired(installation, chance, number) for number in range(size)]
        chats = await opened(caller, chance, people, -(-PAIRS // size))
        yield Company(app, caller, people, chats)


async def hired(installation: Installation, chance: random.Random, number: int) -> Person:
    role = [*Role, Role.OPERATOR, Role.OPERATOR][number % 6]
    groups = chance.sample(GROUPS, chance.randint(0, 2))
    person = Person(f"p{number}", role, frozenset(groups), chance.random() < 0.7)
    await installation.operator(person.name, role, *groups)
    change = ChangeOperator(sees_new=person.sees_new, capacity=10_000)
    await installation.ask(f"operator-{installation.ids[person.name]}", change)
    return person


async def opened(
    caller: Caller, chance: random.Random, people: list[Person], size: int
) -> list[Chat]:
    numbers = range(FIRST, FIRST + size)
    await in_turns(written(caller, number) for number in numbers)
    await caller.seen()
    ids = {name: id_ async for name, id_ in listed(caller)}
    takers = [person for person in people if person.role is not Role.AUDITOR]
    chats = []
    for number in numbers:
        owner = chance.choice(takers).name if chance.random() < 0.6 else None
        group = chance.choice(GROUPS)
        closed = owner is not None and chance.random() < 0.3
        chats.append(Chat(ids[f"C{number}"], number, group, owner, closed))
    await in_turns(placed(caller, chat) for chat in chats)
    await caller.seen()
    return chats


async def written(caller: Caller, number: int) -> None:
    assert (await caller.telegram(number, word_of(number))).status_code == 200


async def listed(caller: Caller) -> AsyncIterator[tuple[str, str]]:
    cursor = None
    while True:
        page = await caller.installation.queries.chats(
            EVERYTHING, ChatFilter(), cursor=cursor, limit=200
        )
        for item in page.items:
            yield item["client"]["name"], item["id"]
        cursor = page.next_cursor
        if cursor is None:
            return


async def placed(caller: Caller, chat: Chat) -> None:
    """Pass a chat to its group and its operator; close it where it is closed."""
    ids = caller.installation.ids
    acts: list[tuple[str, Any]] = []
    if chat.group != "Sales":
        acts.append(("transfer", {"group": ids[str(chat.group)]}))
    if chat.owner is not None:
        acts.append(("assign", {"operator": ids[chat.owner]}))
    for act, body in acts:
        got = await caller.post(f"/v1/chats/{chat.id}/{act}", "admin", body)
        assert got.status_code == 200, got.text
    if chat.closed:
        await caller.installation.ask(f"chat-{chat.id}", CloseChat())


async def in_turns(calls: Any) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(call: Any) -> None:
        async with turns:
            await call

    await asyncio.gather(*(one(call) for call in calls))


async def answer(caller: Caller, path: str, who: str, **params: Any) -> tuple[Any, bytes]:
    """Return an answer, and its bytes."""
    got = await caller.get(path, who, params=params)
    assert got.status_code == 200, got.text
    return got.json(), got.content


async def read(caller: Caller, path: str, who: str, **params: Any) -> tuple[list[Any], bytes]:
    """Return a list's items, of all its pages, and their bytes."""
    items: list[Any] = []
    raw, cursor = b"", None
    while True:
        asked = {**params, **({"cursor": cursor} if cursor else {})}
        page, said = await answer(caller, path, who, **asked)
        raw += said
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items, raw


async def test_nobody_is_told_of_what_he_does_not_see(company: Company) -> None:
    """V13, S18"""
    caller, tried, found = company.caller, 0, 0
    for person in company.people:
        foreign = company.foreign_to(person)
        words = [chat.word.encode() for chat in foreign]
        said = b"".join([raw async for raw in everything_read(company, person)])
        leaked = [word for word in words if word in said]
        assert not leaked, f"{person} was told of {leaked}"
        absent = (await caller.get(f"/v1/chats/{NOWHERE}", person.name)).content
        for chat in company.chats:
            got = await caller.get(f"/v1/chats/{chat.id}", person.name)
            is_told = got.status_code == 200
            assert is_told is person.sees(chat), (person, chat)
            assert is_told or got.content == absent, (person, chat)
            tried, found = tried + 1, found + is_told
    assert tried >= PAIRS
    assert 0 < found < tried


async def everything_read(company: Company, person: Person) -> AsyncIterator[bytes]:
    """Yield all that lists, counts, searches and the feed say, each checked as it comes."""
    caller, who = company.caller, person.name
    seen = [chat for chat in company.chats if person.sees(chat)]
    items, raw = await read(caller, "/v1/chats", who, limit=200)
    assert {item["id"] for item in items} == {chat.id for chat in seen}, person
    yield raw
    async for raw in by_section(company, person, seen):
        yield raw
    for group in GROUPS:
        params = {"group": caller.installation.ids[group], "limit": 200}
        yield (await read(caller, "/v1/chats", who, **params))[1]
        tree = f'{{"field": "group", "is": "any", "value": ["{params["group"]}"]}}'
        yield (await read(caller, "/v1/chats", who, filter=tree, limit=200))[1]
    for q in ("segredo", "C1"):
        yield (await answer(caller, "/v1/search", who, q=q, limit=100))[1]
        yield (await read(caller, "/v1/chats", who, q=q, limit=200))[1]
    for chat in company.chats[:3]:
        hits, raw = await answer(caller, "/v1/search", who, q=chat.word)
        assert bool(hits["messages"]) is person.sees(chat), (person, chat)
        # What was asked for is not told by being said again.
        yield b"" if person.sees(chat) else raw
    for path in ("/v1/operators", "/v1/groups", "/v1/channels", "/v1/filters", "/v1/templates"):
        yield (await caller.get(path, who)).content
    yield await fed(company, person, {chat.id for chat in seen})


async def by_section(company: Company, person: Person, seen: list[Chat]) -> AsyncIterator[bytes]:
    """Yield what the sections hold; the counts are those of what is seen, and of no more."""
    caller, who = company.caller, person.name
    counts, raw = await answer(caller, "/v1/counts", who)
    yield raw
    new = sum(chat.owner is None for chat in seen)
    assigned = sum(chat.owner is not None and not chat.closed for chat in seen)
    assert (counts["new"], counts["open"] + counts["waiting"]) == (new, assigned), person
    for section in ("new", "open", "waiting", "unread", "closed"):
        items, raw = await read(caller, "/v1/chats", who, section=section, limit=200)
        assert len(items) == counts.get(section, len(items)), (person, section)
        yield raw


async def fed(company: Company, person: Person, seen: set[str]) -> bytes:
    """Return what a feed of all chats and the counts begins with."""
    views = [
        {"id": "all", "projection": "chats", "params": {"section": "all"}},
        {"id": "counts", "projection": "counts"},
    ]
    made = await company.caller.post("/v1/subscriptions", person.name, {"views": views})
    path = f"/v1/subscriptions/{made.json()['id']}/stream"
    token = company.caller.installation.tokens[person.name]
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
    asked, sent, has_come = asyncio.Queue[Any](), list[bytes](), asyncio.Event()
    asked.put_nowait({"type": "http.request", "body": b""})

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))
        if b"event: up_to_date" in sent[-1]:
            has_come.set()

    listening = asyncio.create_task(company.app(scope, asked.get, send))
    async with asyncio.timeout(30):
        await has_come.wait()
        asked.put_nowait({"type": "http.disconnect"})
        await listening
    raw = b"".join(sent)
    assert all(f'"id":"{chat_id}"'.encode() in raw for chat_id in seen), person
    return raw
