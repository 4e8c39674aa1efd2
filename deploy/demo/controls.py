"""What a visitor may do to the play: how fast it goes, who writes, what breaks, what is proved."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from hmac import compare_digest
from typing import Annotated, Any, Final

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from deploy.commands.access import issue_token
from deploy.demo import company
from deploy.demo.play import Play
from deploy.demo.visit import PATH
from deploy.embedded.directory import Urls
from deploy.installation import opened
from deploy.launch import Launch
from deploy.verifying import faults

SOON: Final = 0.3
"""Seconds until a part is felled: the one that passes the answer on may be it."""
MOST_FAULTS: Final = 5
FELLABLE: Final = frozenset({"PostgreSQL", "NATS", "serve", "work"})
"""Parts that are processes, by the names that the supervisor knows them by."""

Answer = Callable[[Request], Awaitable[Any]]


class Wanted(BaseModel):
    """What is to be otherwise; None leaves it as it is."""

    model_config = ConfigDict(extra="forbid")

    speed: Annotated[float, Field(ge=0.1, le=50)] | None = None
    paused: bool | None = None
    auto_assign: bool | None = None


class Fault(BaseModel):
    """A part that is to fail, and for how many seconds at least."""

    model_config = ConfigDict(extra="forbid")

    part: str
    seconds: Annotated[float, Field(ge=0, le=15)] = 5


class Controls:
    """Answers whoever knows the secret: the demo's own HTTP server."""

    def __init__(self, play: Play, launch: Launch, secret: str) -> None:
        self._play: Final = play
        self._launch: Final = launch
        self._secret: Final = f"Bearer {secret}"
        self._gives_by_itself = True
        self._token: str | None = None

    def mount(self) -> Mount:
        """Return the routes, where `Visit` looks for them."""
        acts: dict[str, tuple[str, Answer]] = {
            "/state": ("GET", self._state),
            "/pace": ("POST", self._change),
            "/customers": ("POST", self._let_write),
            "/faults": ("POST", self._fell),
            "/proofs": ("POST", self._prove),
        }
        return Mount(
            PATH,
            app=Starlette(
                routes=[
                    Route(path, self._guarded(answer), methods=[method])
                    for path, (method, answer) in acts.items()
                ]
            ),
        )

    def _guarded(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            given = request.headers.get("authorization", "")
            if not compare_digest(given.encode(), self._secret.encode()):
                return JSONResponse({"code": "forbidden"}, 403)
            try:
                return JSONResponse(await answer(request))
            except (ValidationError, KeyError):
                return JSONResponse({"code": "bad_request"}, 400)

        return guarded

    async def _state(self, request: Request) -> dict[str, Any]:
        if (visitor := request.query_params.get("visitor")) is not None:
            self._play.visit(visitor)
        return {
            "speed": self._play.pace.speed,
            "paused": self._play.pace.is_paused,
            "auto_assign": self._gives_by_itself,
            "data": str(self._launch.data),
            "parts": [
                asdict(part) for part in self._launch.supervisor.standings if part.name in FELLABLE
            ],
        }

    async def _change(self, request: Request) -> dict[str, Any]:
        wanted = Wanted.model_validate_json(await request.body())
        pace = self._play.pace
        pace.speed = pace.speed if wanted.speed is None else wanted.speed
        pace.is_paused = pace.is_paused if wanted.paused is None else wanted.paused
        if wanted.auto_assign is not None:
            await self._set_up(wanted.auto_assign)
        return await self._state(request)

    async def _set_up(self, gives: bool) -> None:
        """Let chats be given by themselves or not, as an administrator does: by the API."""
        if self._token is None:
            self._token = await asyncio.to_thread(_token_of, self._launch.urls, company.BOSS)
        headers = {"authorization": f"Bearer {self._token}"}
        async with httpx.AsyncClient(base_url=self._launch.address, trust_env=False) as http:
            change = {"auto_assign": gives}
            answer = await http.patch("/v1/settings", json=change, headers=headers)
        self._gives_by_itself = gives if answer.is_success else self._gives_by_itself

    async def _let_write(self, _: Request) -> dict[str, Any]:
        self._play.ask_for_invoice()
        return {}

    async def _fell(self, request: Request) -> dict[str, Any]:
        fault = Fault.model_validate_json(await request.body())
        supervisor = self._launch.supervisor
        if fault.part not in FELLABLE:
            raise KeyError(fault.part)
        loop = asyncio.get_running_loop()
        loop.call_later(SOON, supervisor.fell, fault.part, fault.seconds)
        return {}

    async def _prove(self, _: Request) -> dict[str, Any]:
        """Count what customers wrote against the log, and derive all views again from it."""
        counted = await self._play.proof()
        found = await asyncio.to_thread(lambda: asyncio.run(_faults(self._launch.urls)))
        return asdict(counted) | {"faults": found[:MOST_FAULTS]}


def _token_of(urls: Urls, email: str) -> str:
    with opened(urls) as installation:
        return issue_token(installation, email)


async def _faults(urls: Urls) -> list[str]:
    return [fault async for fault in faults(urls)]
