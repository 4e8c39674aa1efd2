"""The demo's controls: for who knows the word, and in no other installation."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
from starlette.applications import Starlette

from adapters.http.app import create_app
from deploy.demo import company
from deploy.demo.controls import Controls
from deploy.demo.pace import Pace
from deploy.demo.play import Play
from deploy.demo.routes import routes
from deploy.launch import Launch
from deploy.supervisor import Standing
from tests.adapters.http.conftest import Installation, calling, installed
from tests.prepared import eventually

SECRET = "told to one alone"


@dataclass
class Stage:
    """What the controls hold the strings of; what they pulled is noted."""

    pace: Pace = field(default_factory=lambda: Pace(2))
    data: str = "/tmp/recado-demo"
    standings: Iterable[Standing] = (
        Standing("NATS", True, 1.0),
        Standing("prepare", True, 1.0),
    )
    pulled: list[Any] = field(default_factory=list)

    @property
    def supervisor(self) -> "Stage":
        return self

    def fell(self, part: str, seconds: float) -> None:
        self.pulled.append((part, seconds))

    def visit(self, email: str) -> None:
        self.pulled.append(email)

    def ask_for_invoice(self) -> None:
        self.pulled.append("invoice")

    def caller(self, secret: str = SECRET) -> httpx.AsyncClient:
        controls = Controls(cast("Play", self), cast("Launch", self), SECRET)
        app = Starlette(routes=[controls.mount()])
        headers = {"authorization": f"Bearer {secret}"}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://demo.test/controls",
            headers=headers,
        )


async def test_who_does_not_know_the_word_pulls_no_string() -> None:
    stage = Stage()
    async with stage.caller("guessed") as http:
        for method, path in (("GET", "state"), ("POST", "faults"), ("POST", "customers")):
            assert (await http.request(method, path)).status_code == 403
    assert stage.pulled == []


async def test_the_pace_changes_and_what_makes_no_sense_changes_nothing() -> None:
    stage = Stage()
    async with stage.caller() as http:
        told = (await http.post("pace", json={"speed": 10, "paused": True})).json()
        assert (told["speed"], told["paused"]) == (10, True)
        assert stage.pace == Pace(10, is_paused=True)
        for wrong in ({"speed": 99}, {"speed": 0}, {"pace": 1}):
            assert (await http.post("pace", json=wrong)).status_code == 400
    assert stage.pace == Pace(10, is_paused=True)


async def test_only_a_process_can_be_felled_and_only_it_is_told_of() -> None:
    stage = Stage()
    async with stage.caller() as http:
        told = (await http.get("state", params={"visitor": "ana@ipe.test"})).json()
        assert [part["name"] for part in told["parts"]] == ["NATS"]
        assert stage.pulled == ["ana@ipe.test"]
        for wrong in ({"part": "prepare"}, {"part": "NATS", "seconds": 999}, {}):
            assert (await http.post("faults", json=wrong)).status_code == 400
        assert (await http.post("faults", json={"part": "NATS", "seconds": 3})).status_code == 200
        await eventually(lambda: stage.pulled[-1] == ("NATS", 3))


@asynccontextmanager
async def served(database: str, **parts: Any) -> AsyncIterator[tuple[Installation, Any]]:
    async with installed(database) as installation:
        app = create_app(installation.parts(**parts))
        async with calling(app, installation) as caller:
            yield installation, caller


async def test_the_panel_s_process_asks_for_who_is_signed_in(fresh_database: str) -> None:
    stage = Stage()
    async with (
        stage.caller() as controls,
        served(fresh_database, more_routes=(routes(controls),), panel_parts=("demo",)) as (_, http),
    ):
        people = (await http.get("/v1/demo/people")).json()
        assert people["items"][0]["email"] == company.VISITOR
        for method, path in (("GET", ""), ("POST", "/faults"), ("POST", "/customers")):
            assert (await http.call(method, f"/v1/demo{path}")).status_code == 401
        assert (await http.post("/v1/demo/customers", "ana")).status_code == 200
        assert (await http.post("/v1/demo/faults", "ana", {"part": "x"})).status_code == 400
        assert (await http.get("/v1/demo", "ana")).json()["speed"] == 2
        # A program of hers is no visitor: colleagues of the play have tokens, too.
        assert stage.pulled == ["invoice"]
        assert 'data-parts="demo"' in (await http.get("/")).text


async def test_a_real_installation_has_none_of_it(fresh_database: str) -> None:
    async with served(fresh_database) as (_, http):
        for method, path in (("GET", "/people"), ("GET", ""), ("POST", "/faults")):
            assert (await http.call(method, f"/v1/demo{path}", "admin")).status_code in {404, 405}
        assert 'data-parts=""' in (await http.get("/")).text


async def test_who_cannot_be_asked_is_said(fresh_database: str) -> None:
    def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("gone", request=request)

    answer: Callable[[httpx.Request], httpx.Response] = gone
    controls = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://d.test")
    async with controls, served(fresh_database, more_routes=(routes(controls),)) as (_, http):
        refused = await http.get("/v1/demo", "ana")
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
