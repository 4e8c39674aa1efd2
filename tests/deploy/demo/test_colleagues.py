"""A simulated operator works through the public API, and outlives what fails."""

import asyncio
from contextlib import suppress
from random import Random
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.demo.colleagues import Colleague
from deploy.demo.customers import INVOICE
from deploy.demo.pace import Pace


class Office:
    """One chat, as the API shows it; what is asked is noted."""

    def __init__(self, **chat: Any) -> None:
        self.chat = {"id": "c1", "version": 3, "waiting_since": "now", "last_message": None, **chat}
        self.asked: list[tuple[str, Any]] = []
        self.broken = 0
        self.is_played = False
        self.new: list[dict[str, Any]] = []
        """Chats that have nobody."""
        self.messages: list[dict[str, Any]] = [{"seq": 4}]
        path = "/v1/{rest:path}"
        self.app = Starlette(routes=[Route(path, self._answer, methods=["GET", "POST", "PUT"])])

    async def _answer(self, request: Request) -> Response:
        if self.broken:
            self.broken -= 1
            return Response("<html>", 502)
        path = request.url.path.removeprefix("/v1")
        if request.method != "GET":
            body = await request.body()
            self.asked.append((path, await request.json() if body else None))
            if request.method == "POST":
                self.chat["waiting_since"] = None
        if path == "/chats" and request.query_params["section"] == "new":
            return JSONResponse({"items": self.new})
        if path == "/chats":
            return JSONResponse({"items": [self.chat]})
        return JSONResponse({"items": self.messages})

    async def work(self, seed: int = 1, seconds: float = 0.3) -> dict[str, Any]:
        """Return what a colleague asked within a moment, by path."""
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as http:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    played = lambda: self.is_played  # noqa: E731  (it may change)
                    pace = Pace(1_000)
                    await Colleague(http, Random(seed), pace, "finance-id", played).work()
        return dict(self.asked)


async def test_he_answers_who_waits_and_marks_it_read() -> None:
    asked = await Office().work()
    assert asked["/me/presence"] == {"status": "online"}
    assert asked["/chats/c1/messages"]["text"]
    assert asked["/chats/c1/read"] == {"up_to": 4}


async def test_he_takes_leave_of_who_does_not_wait_so_that_his_places_are_free_again() -> None:
    asked = await Office(waiting_since=None, last_message={"text": "Pronto!"}).work()
    assert asked.keys() == {"/me/presence", "/chats/c1/messages"}
    assert asked["/chats/c1/messages"]["text"].startswith("Obrigado pelo contato")


async def test_he_closes_what_was_said_goodbye_to() -> None:
    goodbye = {"text": "Obrigado pelo contato com a Loja Ipê!"}
    asked = await Office(waiting_since=None, last_message=goodbye).work()
    assert "/chats/c1/close" in asked


async def test_he_passes_every_other_invoice_on_to_finance() -> None:
    invoice = {"text": "Preciso da 2ª via da nota fiscal"}
    passed = []
    for seed in range(8):
        asked = await Office(last_message=invoice).work(seed, seconds=0.05)
        passed.append("/chats/c1/transfer" in asked)
        assert asked.get("/chats/c1/transfer", {}).get("group") in {None, "finance-id"}
    assert any(passed)
    assert not all(passed)


async def test_he_outlives_whatever_fails() -> None:
    office = Office()
    office.broken = 5
    office.messages = []
    asked = await office.work()
    assert "/chats/c1/messages" in asked
    assert len(office.asked) > 5


def nobodys(id_: str, text: str = "Oi") -> dict[str, Any]:
    return {"id": id_, "last_message": {"text": text}}


async def test_he_pulls_the_oldest_but_leaves_one_to_the_visitor() -> None:
    office = Office(
        waiting_since=None, last_message={"text": "Obrigado pelo contato com a Loja Ipê!"}
    )
    office.new = [nobodys("c7")]
    assert "/chats/c7/assign" not in await office.work()
    office.new = [nobodys("c6", INVOICE[1]), nobodys("c7"), nobodys("c8")]
    asked = await office.work()
    assert asked["/chats/c7/assign"] == {"operator": "me"}
    assert not asked.keys() & {"/chats/c6/assign", "/chats/c8/assign"}
    office.new = [nobodys("c6", INVOICE[1]), nobodys("c7", INVOICE[1])]
    office.asked.clear()
    assert not [path for path in await office.work() if path.endswith("/assign")]


async def test_he_does_nothing_while_a_visitor_plays_him() -> None:
    office = Office()
    office.is_played = True
    assert await office.work() == {}
