"""Files that visitors hand over: kept like all others, under handles that only they can use."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import parse_qs

import orjson

from adapters.channels.webchat import Visitor, WebChat
from adapters.http.problems import Problem
from adapters.http.widget.limits import Allowance
from adapters.http.wire import CallerLeft, Receive, Scope
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.names import safe_name
from adapters.storage.attachments.spool import TooLarge

LARGEST: Final = 20 * 1024 * 1024
"""Bytes of a visitor's file."""
WITHIN: Final = 300.0
"""Seconds that it may take."""
FILES: Final = Allowance(10, 0.1)
"""For one visitor."""


async def take_file(
    scope: Scope, receive: Receive, chat: WebChat, visitor: Visitor, attachments: Attachments
) -> bytes:
    """Return, as JSON, the handle of a file that is the body. Raises problems 400 and 413."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    declared = next(
        (v.decode("latin-1") for k, v in scope["headers"] if k == b"content-type"), None
    )
    try:
        async with asyncio.timeout(WITHIN):
            known = await attachments.keep(_chunks(receive), declared)
    except TooLarge:
        raise Problem(413, "too_large") from None
    except (CallerLeft, TimeoutError):
        raise Problem(400, "malformed") from None
    description = {
        "visitor": visitor.id,
        "sha256": known.sha256,
        "mime": known.mime,
        "name": safe_name(query.get("name", [""])[0][:200], known.mime),
        "size": known.size,
    }
    return orjson.dumps({"file": chat.file_handle(orjson.dumps(description))})


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerLeft
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > LARGEST:
            raise TooLarge(LARGEST)
        yield chunk
        more = message.get("more_body", False)
