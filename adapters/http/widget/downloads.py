"""Files that visitors are shown: behind links that are signed, and good for a short time."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import Request

from adapters.channels.webchat import WebChat
from adapters.http.files import file_answer
from adapters.http.problems import Problem
from adapters.http.wire import SECURITY, Message, Receive, Scope, Send
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.attachments.names import safe_name

BELOW: Final = "files/"
"""What the path of a file begins with, below its account."""

Link = Callable[[Mapping[str, Any]], str | None]
"""Returns where a visitor's page finds the file of a part; None where it holds none."""


def links_of(account: str, chat: WebChat) -> Link:
    """Return how the files of an account are linked to, good from when it is asked."""

    def link(part: Mapping[str, Any]) -> str | None:
        sha256 = part.get("sha256")
        if sha256 is None:
            return None
        name = safe_name(part.get("name"), part.get("mime") or "")
        return f"/widget/{account}/{BELOW}{chat.file_token(sha256, name, datetime.now(UTC))}"

    return link


def no_links(_: Mapping[str, Any]) -> None:
    """Link to nothing: there is no place for files."""


async def give_file(
    scope: Scope, receive: Receive, send: Send, chat: WebChat, attachments: Attachments
) -> None:
    """Answer with the file of a link; raise a 404 problem for one that is not good, or not now."""
    token = scope["path"].rpartition("/")[2]
    shown = chat.file_shown(token, datetime.now(UTC))
    known = None if shown is None else await attachments.find(shown.sha256)
    if shown is None or known is None:
        raise Problem(404, "not_found")
    name = safe_name(shown.name, known.mime)
    request = Request(scope, receive)
    answer = await file_answer(
        request, attachments.store, known.sha256, known.mime, known.size, name
    )
    await answer(scope, receive, _secured(send))


def _secured(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *SECURITY]
        await send(message)

    return sending
