"""
The outer skin of the API: safe headers on every answer, every failure a problem.

A failure of ours is logged under the request's id and answered with nothing but that id.
"""

from collections.abc import Mapping
from secrets import token_hex
from typing import Final

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from adapters.http.metrics import Metrics
from adapters.http.problems import Header, Problem, problem_of, problem_of_status, render
from adapters.http.wire import (
    HSTS,
    NO_CONTENT_POLICY,
    NOT_STORED,
    SECURITY,
    Application,
    Message,
    Receive,
    Scope,
    Send,
    refuse,
)
from adapters.storage.attachments.store import AttachmentsUnusable
from adapters.storage.postgres.cursors import UnreadableCursor
from adapters.storage.postgres.queries import ViewsAreBehind
from domain.errors import RecadoError
from projections.filter_parsing import UnreadableFilter

log = structlog.get_logger()

MOST_BYTES: Final = 1024 * 1024
"""Of the body of a request to the API."""

_ALWAYS: Final[tuple[Header, ...]] = SECURITY
_UNLESS_SET: Final[tuple[Header, ...]] = (NOT_STORED, NO_CONTENT_POLICY)


class Edge:
    """Wraps the API."""

    def __init__(
        self, api: Application, metrics: Metrics, larger: Mapping[str, int] | None = None
    ) -> None:
        self._api: Final = api
        self._metrics: Final = metrics
        self._larger: Final = larger or {}
        """The paths that take longer bodies, and how long."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = token_hex(8)
        has_started = False

        async def sending(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                message["headers"] = _headers(message["headers"], scope, request_id)
            await send(message)

        most = self._larger.get(scope["path"], MOST_BYTES)
        if _length(scope) > most:
            await refuse(sending, Problem(413, "too_large"), scope["headers"])
            return
        try:
            await self._api(scope, _bounded(receive, most), sending)
        except Exception as error:
            self._metrics.failures.inc()
            log.error(  # noqa: TRY400  (an error's own text may hold what was sent)
                "http.failed",
                request_id=request_id,
                method=scope["method"],
                error=type(error).__name__,
                at=_where(error),
            )
            if not has_started:
                await refuse(sending, _failure(error), scope["headers"])


def _length(scope: Scope) -> int:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0


def _bounded(receive: Receive, most: int) -> Receive:
    """Return the same, refusing a body that turns out to be too long while it comes."""
    size = 0

    async def receiving() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise HTTPException(413)
        return message

    return receiving


def _failure(error: Exception) -> Problem:
    if isinstance(error, OperationalError | PoolTimeout | AttachmentsUnusable):
        return Problem(503, "unavailable", retry_after=1)
    return Problem(500, "internal")


def _where(error: Exception) -> str:
    """Return where an error came from, without the values that were at hand there."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    code = trace.tb_frame.f_code
    return f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}"


def _headers(given: list[Header], scope: Scope, request_id: str) -> list[Header]:
    names = {name for name, _ in given}
    headers = [*given, (b"x-request-id", request_id.encode())]
    headers += [header for header in (*_ALWAYS, *_UNLESS_SET) if header[0] not in names]
    if scope["scheme"] == "https":
        headers.append(HSTS)
    return headers


async def on_failure(request: Request, error: Exception) -> Response:
    """Answer what nobody caught; it is raised again and logged by `Edge`."""
    return _response(request, _failure(error))


async def on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _response(request, error)


async def on_domain_error(request: Request, error: Exception) -> Response:
    match error:
        case ViewsAreBehind():
            behind = Problem(503, "behind", retry_after=1, position=error.reached)
            return _response(request, behind)
        case UnreadableCursor():
            return _response(request, Problem(400, "malformed"))
        case UnreadableFilter(pointer=pointer, code=code):
            wrong = [{"pointer": f"/filter{pointer}", "code": code}]
            return _response(request, Problem(422, "invalid_filter", errors=wrong))
        case RecadoError():
            return _response(request, problem_of(error))
        case _:
            raise error


async def on_invalid(request: Request, error: Exception) -> Response:
    """Tell which fields are wrong, without what they held."""
    assert isinstance(error, RequestValidationError)
    wrong = error.errors()
    if any(one["type"] == "json_invalid" for one in wrong):
        return _response(request, Problem(400, "malformed"))
    errors = [
        {"pointer": "/" + "/".join(str(step) for step in one["loc"]), "detail": one["msg"]}
        for one in wrong
    ]
    return _response(request, Problem(422, "invalid", errors=errors))


async def on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _response(request, problem_of_status(error.status_code))


def _response(request: Request, problem: Problem) -> Response:
    rendered = render(problem, request.headers.get("accept-language", ""))
    response = Response(rendered.body, rendered.status)
    for name, value in rendered.headers:
        response.headers[name.decode()] = value.decode()
    return response
