"""A body of `multipart/form-data`, for providers that take files."""

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

from adapters.channels.files import OutFile

_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f"\\]')
_MIME: Final = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.+-]+)*", re.ASCII)


def multipart(fields: Mapping[str, str], field: str, file: OutFile) -> tuple[str, bytes]:
    """
    Return the content type and the bytes of a form with one file in it.

    Equal forms are equal bytes: what stands between the parts is made from what is in them,
    and so cannot be in them by accident either.
    """
    boundary = _boundary(fields, file)
    pieces = [
        _part(boundary, f'name="{_quoted(name)}"', value.encode()) for name, value in fields.items()
    ]
    mime = file.mime if _MIME.fullmatch(file.mime) else "application/octet-stream"
    named = f'name="{_quoted(field)}"; filename="{_quoted(file.name) or "file"}"'
    pieces.append(_part(boundary, f"{named}\r\nContent-Type: {mime}", file.content))
    body = b"".join(pieces) + f"--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body


def _part(boundary: str, disposition: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
    return head.encode() + content + b"\r\n"


def _boundary(fields: Mapping[str, str], file: OutFile) -> str:
    digest = blake2b(digest_size=16)
    for name, value in fields.items():
        digest.update(f"{name}\x00{value}\x00".encode())
    digest.update(file.content)
    return digest.hexdigest()


def _quoted(name: str) -> str:
    """Return a name that can stand between quotation marks, as browsers write it."""
    return _UNSAFE.sub("_", name).encode(errors="replace").decode()
