"""From which web sites a call may come, and what a browser is told about it (CORS)."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from adapters.channels.webchat import WebChat
from adapters.http.problems import Header, Problem
from adapters.http.wire import Message, Scope, Send

PREFLIGHT: Final[tuple[Header, ...]] = (
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"authorization, content-type, last-event-id"),
    (b"access-control-max-age", b"600"),
)


def header(scope: Scope, name: bytes) -> str | None:
    """Return a header; None where it is not there exactly once."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0].decode("latin-1") if len(found) == 1 else None


def own_origin(scope: Scope, public_url: str | None) -> str:
    """Return the origin that our own pages have."""
    if public_url is not None:
        parts = urlsplit(public_url)
        return f"{parts.scheme}://{parts.netloc}"
    return f"{scope['scheme']}://{header(scope, b'host') or ''}"


def origin_of(scope: Scope, chat: WebChat, public_url: str | None) -> str:
    """Return where a call comes from; raise a 403 problem for a site that is not listed."""
    own = own_origin(scope, public_url)
    # Browsers leave it out where a page reads from its own origin.
    origin = header(scope, b"origin") or own
    if origin != own and not chat.allows(origin):
        raise Problem(403, "cross_site")
    return origin


def answering(send: Send, origin: str) -> Send:
    """Return the same, telling the browser that a page of this origin may read the answer."""
    told: Iterable[Header] = (
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"vary", b"origin"),
    )

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *told]
        await send(message)

    return sending
