"""A file as an answer: part of it or all, shown in place only where that can do no harm (M8)."""

import re
from http import HTTPStatus
from typing import Final

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from adapters.storage.attachments.names import disposition
from adapters.storage.attachments.sniffing import SHOWN, UNKNOWN, is_active
from adapters.storage.attachments.store import AttachmentStore

_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_LOCKED_UP: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"


async def file_answer(
    request: Request, store: AttachmentStore, sha256: str, mime: str, size: int, name: str
) -> Response:
    """Return a file that is there, as the request asks for it: whole, a range, or unchanged."""
    etag = f'"{sha256}"'
    headers = {
        "etag": etag,
        "accept-ranges": "bytes",
        # Who may see it is asked again each time; what has not changed is not sent again.
        "cache-control": "private, no-cache",
        "content-security-policy": _LOCKED_UP,
        "content-disposition": disposition("inline" if mime in SHOWN else "attachment", name),
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    span = _span(request, etag, size)
    if span is None:
        refused = {"content-range": f"bytes */{size}"}
        return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=refused)
    start, end = span
    status = HTTPStatus.OK
    if span != (0, size):
        status = HTTPStatus.PARTIAL_CONTENT
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    headers["content-length"] = str(end - start)
    shown = UNKNOWN if is_active(mime) else mime
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=shown)
    content = store.stream(sha256, start, end)
    return StreamingResponse(content, status_code=status, headers=headers, media_type=shown)


def _span(request: Request, etag: str, size: int) -> tuple[int, int] | None:
    """Return the first byte asked for and the one after the last; None where there are none."""
    whole = (0, size)
    found = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if found is None or request.headers.get("if-range", etag) != etag:
        return whole
    first, last = found.groups()
    if first:
        start, end = int(first), min(int(last) + 1, size) if last else size
        return (start, end) if start < end else None
    if not last:
        return whole
    return (max(0, size - int(last)), size) if int(last) and size else None
