"""Bare ASGI, for what is too hot for a framework: reading a body, sending an answer."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

from adapters.http.problems import Header, Problem, render

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SECURITY: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"x-frame-options", b"DENY"),
)
NO_CONTENT_POLICY: Final[Header] = (
    b"content-security-policy",
    b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
)
"""For everything that is not a page."""
HSTS: Final[Header] = (b"strict-transport-security", b"max-age=31536000")
NOT_STORED: Final[Header] = (b"cache-control", b"no-store")


class CallerLeft(Exception):
    """The connection was closed before the request was complete."""


async def read_body(receive: Receive, most: int) -> bytes:
    """Return the body; raise a 413 problem as soon as it is longer than `most` bytes."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise CallerLeft
    body: bytes = message.get("body", b"")
    if len(body) > most:
        raise Problem(413, "too_large")
    if not message.get("more_body"):
        return body
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerLeft
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > most:
            raise Problem(413, "too_large")
        parts.append(part)
    return b"".join(parts)


async def answer(send: Send, status: int, body: bytes, headers: Iterable[Header]) -> None:
    """Send a whole answer."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, problem: Problem, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Send a problem, in the language that the request's headers ask for."""
    wanted = next((v for k, v in headers if k == b"accept-language"), b"")
    rendered = render(problem, wanted.decode("latin-1"))
    await answer(
        send,
        rendered.status,
        rendered.body,
        (*rendered.headers, NOT_STORED, NO_CONTENT_POLICY, *SECURITY),
    )
