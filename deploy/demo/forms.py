"""What a caller posts to a fake provider: JSON, a form, or a form with files in it."""

from dataclasses import dataclass
from email import message_from_bytes
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from deploy.demo.providers import json_object


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form."""

    name: str
    mime: str
    content: bytes


def read_form(request: Request, body: bytes) -> tuple[dict[str, Any], dict[str, Upload]]:
    """Return the fields of a body, and its files, by name."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        return json_object(body), {}
    if kind.startswith("multipart/form-data"):
        return _read_multipart(kind, body)
    query = parse_qsl(request.url.query, keep_blank_values=True)
    form = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    return dict(query + form), {}


def _read_multipart(kind: str, body: bytes) -> tuple[dict[str, Any], dict[str, Upload]]:
    # The policy lets headers be read as HTTP writes them: names of files in UTF-8.
    head = f"content-type: {kind}\r\n\r\n".encode()
    message = message_from_bytes(head + body, policy=HTTP)
    fields: dict[str, Any] = {}
    files: dict[str, Upload] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        whole = content if isinstance(content, bytes) else b""
        file_name = part.get_filename()
        if file_name is None:
            fields[name] = whole.decode(errors="replace")
        else:
            files[name] = Upload(file_name, part.get_content_type(), whole)
    return fields, files
