"""
Providers to try things out on: what the fake Graph API and the fake Bot API share.

They speak the real wire format, remember what was sent, deliver signed webhooks again until
they are answered, and go wrong when asked to.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

Post = Callable[[dict[str, str], bytes], Awaitable[int]]
"""Delivers a webhook: headers and body in, HTTP status out."""

Clock = Callable[[], datetime]


class Fault(StrEnum):
    """What goes wrong with one call."""

    RATE_LIMITED = "rate-limited"
    """429 that does not say how long."""
    RATE_LIMITED_FOR = "rate-limited-for"
    """429 that says how long: `FakeProvider.retry_after`."""
    TEMPORARY = "temporary"
    """The provider's own word for "try again", with a 5xx."""
    UNAVAILABLE = "unavailable"
    """503 with a page of HTML."""
    GATEWAY_TIMEOUT = "gateway-timeout"
    """The message is taken, and a proxy answers 504."""
    GARBAGE = "garbage"
    """The message is taken, and the answer is a 200 that makes no sense."""
    NEVER_READ = "never-read"
    """No answer, and the message is not taken."""
    ANSWER_LOST = "answer-lost"
    """No answer, and the message is taken."""
    TOKEN_REVOKED = "token-revoked"  # noqa: S105 - the name of a fault
    WINDOW_CLOSED = "window-closed"
    BLOCKED = "blocked"
    MIGRATED = "migrated"
    """Telegram: the group has another id now."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that a provider took from us."""

    provider_id: str
    address: str
    text: str
    quoted: str | None
    correlation: str | None
    """Our own message id, where the provider is given it."""


_TAKEN_FIRST: Final = frozenset({Fault.GATEWAY_TIMEOUT, Fault.GARBAGE, Fault.ANSWER_LOST})


class FakeProvider:
    """A provider's memory, its deliveries and its faults."""

    def __init__(self, post: Post, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self.sent: list[Sent] = []
        self.calls = 0
        self.refused_webhooks = 0
        self.retry_after = 3
        self.hang_for = 30.0
        """Seconds that a caller who is not answered is held for, if he does not leave."""
        self._post = post
        self._clock = clock
        self._faults: deque[Fault] = deque()
        self._deliveries: set[asyncio.Task[None]] = set()

    def fail_next(self, *faults: Fault) -> None:
        """Let the next calls go wrong, each in its way."""
        self._faults.extend(faults)

    async def answer(self, request: Request) -> Response:
        """Return what the provider answers to one call to send."""
        self.calls += 1
        fault = self._faults.popleft() if self._faults else None
        if fault is Fault.NEVER_READ:
            return await self._silence(request)
        if fault is not None and fault not in _TAKEN_FIRST:
            return self.refusal(fault)
        response = self.take(request, await request.body())
        match fault:
            case Fault.ANSWER_LOST:
                return await self._silence(request)
            case Fault.GATEWAY_TIMEOUT:
                return PlainTextResponse("upstream timed out", 504)
            case Fault.GARBAGE:
                return PlainTextResponse('{"messages":[{"id":', 200)
        return response

    def take(self, request: Request, body: bytes) -> Response:
        """Return the answer to a call that nothing is done to."""
        raise NotImplementedError

    def refusal(self, fault: Fault) -> Response:
        """Return the answer of a call that goes wrong in this way."""
        raise NotImplementedError

    def deliver(self, headers: dict[str, str], body: bytes) -> None:
        """Deliver a webhook in the background, again and again until it is answered 2xx."""
        task = asyncio.create_task(self._deliver(headers, body))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def settle(self) -> None:
        """Wait until every webhook has been answered, those that answers bring about, too."""
        while self._deliveries:
            await asyncio.gather(*self._deliveries)

    async def aclose(self) -> None:
        """Give up on whatever has not been delivered."""
        for task in list(self._deliveries):
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    async def _deliver(self, headers: dict[str, str], body: bytes) -> None:
        delay = 0.05
        while not await self._is_accepted(headers, body):
            self.refused_webhooks += 1
            await asyncio.sleep(delay)
            delay = min(delay * 2, 5.0)

    async def _is_accepted(self, headers: dict[str, str], body: bytes) -> bool:
        return await self._post(headers, body) // 100 == 2  # noqa: PLR2004 - any success

    async def _silence(self, request: Request) -> Response:
        """Hold the caller until he leaves, or for so long that he should have."""
        try:
            async with asyncio.timeout(self.hang_for):
                while (await request.receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            pass
        return Response(status_code=504)


def html_error(status: int) -> Response:
    """Return the page that load balancers answer with."""
    page = f"<html><head><title>{status}</title></head><body>Sorry</body></html>"
    return Response(page, status, media_type="text/html")


def post_to(url: str, http: httpx.AsyncClient) -> Post:
    """Return what delivers webhooks to an address; 503 stands for nobody being there."""

    async def post(headers: dict[str, str], body: bytes) -> int:
        try:
            response = await http.post(url, headers=headers, content=body)
        except httpx.TransportError:
            return 503
        return response.status_code

    return post


def as_object(value: Any) -> dict[str, Any]:
    """Return a JSON object; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body; an empty one where there is none."""
    try:
        return as_object(json.loads(body))
    except ValueError:
        return {}
