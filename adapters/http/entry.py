"""What all ways of signing in share: attempts that are counted, and a session at the end."""

from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from adapters.http.auth import Gate, Viewer, cookie_name
from adapters.http.metrics import Metrics
from adapters.http.parts import AppParts
from adapters.http.passwords import Attempts, Passwords
from adapters.http.problems import Problem
from adapters.http.sealed import Sealer
from adapters.http.second_factors import SecondFactors
from adapters.storage.postgres.looks import LookKind
from domain.acts import Ask
from domain.errors import NotFound
from domain.operator import Operator
from domain.ports import Receipt
from domain.signing_in import SigningInCommand
from domain.values import Meta, stream_of

_TWELVE_HOURS: Final = 12 * 3600


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from."""

    place: str
    agent: str

    @classmethod
    def of(cls, request: Request) -> "Caller":
        place = request.client.host if request.client else ""
        return cls(place, request.headers.get("user-agent", ""))


class Entry:
    """Lets people in by what they know and have."""

    def __init__(self, parts: AppParts, gate: Gate, metrics: Metrics) -> None:
        self._parts: Final = parts
        self._metrics: Final = metrics
        self._attempts: Final = Attempts()
        self.gate: Final = gate
        self.passwords: Final = Passwords(parts.pool)
        self.factors: Final = SecondFactors(parts.pool, Sealer(parts.desk.naming.salt))

    def count(self, account: str, request: Request) -> None:
        """Count one more attempt; raise a 429 problem where there were too many."""
        if wait := self._attempts.wait(account, Caller.of(request).place):
            self.note("limited")
            raise Problem(429, "too_many_attempts", retry_after=wait)

    def forgive(self, account: str, request: Request) -> None:
        """Forget the attempts of who has proved who he is."""
        self._attempts.forgive(account, Caller.of(request).place)

    def note(self, outcome: str) -> None:
        self._metrics.logins.labels(outcome).inc()

    def fail(self, request: Request, operator: Operator | None) -> None:
        """Take down that somebody, or nobody whom there is, could not prove who he is (A5)."""
        whose = "" if operator is None else operator.id
        self._parts.looks.note(LookKind.LOGIN, whose, Caller.of(request).place)
        self.note("wrong")

    async def let_in(
        self, request: Request, response: Response, operator: Operator, via: str = "password"
    ) -> None:
        """Open a session for an operator, and let the answer set its cookie."""
        await self.open(request, response, operator.id, operator.version, via)
        self.note("ok")

    async def open(
        self, request: Request, response: Response, operator_id: str, epoch: int, via: str
    ) -> None:
        """Open a session as of an operator's version, and let the answer set its cookie."""
        caller = Caller.of(request)
        secret = await self.gate.sessions.open(
            operator_id, epoch, via=via, place=caller.place, agent=caller.agent
        )
        response.set_cookie(
            cookie_name(request),
            secret,
            max_age=_TWELVE_HOURS,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )

    def let_out(self, request: Request, response: Response) -> None:
        """Let the answer take the cookie away."""
        response.delete_cookie(
            cookie_name(request), httponly=True, secure=request.url.scheme == "https"
        )

    async def check_password(self, request: Request, viewer: Viewer, password: str) -> None:
        """Raise a 422 problem unless it is the password of who asks."""
        self.count(viewer.operator.email, request)
        if not await self.passwords.check(viewer.id, password):
            raise Problem(422, "wrong_password")
        self.forgive(viewer.operator.email, request)

    async def somebody(self, operator_id: str) -> Operator:
        """Return an operator who may sign in; raise `NotFound` for anybody else."""
        operator = await self.gate.people.operator(operator_id)
        if operator is None:
            raise NotFound("operator", operator_id)
        return operator

    async def record(self, by: Viewer, operator_id: str, command: SigningInCommand) -> Receipt:
        """Record what happened to an operator's ways of signing in."""
        stream, meta = stream_of("operator", operator_id), Meta(f"operator:{by.id}", "http")
        return await self._parts.desk.submit(Ask(stream=stream, command=command, meta=meta))
