"""Server-sent events as bytes."""

from collections.abc import Iterable
from typing import Any, Final

import orjson

KEEP_ALIVE: Final = b": \n\n"
SCHEMA: Final = 1
"""Of the items; another one makes every subscriber start afresh."""

_HEAD: Final = 700
"""Bytes that hold all of a frame before its first operation."""


def frame(event: bytes, data: Any, token: bytes = b"") -> bytes:
    """Return one event; with a token, it is where a subscriber may resume."""
    body = data if isinstance(data, bytes) else orjson.dumps(data)
    id_ = b"id: " + token + b"\n" if token else b""
    return b"event: " + event + b"\n" + id_ + b"data: " + body + b"\n\n"


def named(view: str, body: bytes) -> bytes:
    """Return a JSON object, whose first member this puts in: which view it is for."""
    return b'{"view":' + orjson.dumps(view) + b"," + body[1:]


def upsert(key: str, rev: int, value: bytes) -> bytes:
    return b'{"op":"upsert","key":%b,"rev":%d,"value":%b}' % (orjson.dumps(key), rev, value)


def remove(key: str, rev: int) -> bytes:
    return b'{"op":"remove","key":%b,"rev":%d}' % (orjson.dumps(key), rev)


def delta_body(position: int, prev: int, ops: Iterable[bytes]) -> bytes:
    return b'{"position":%d,"prev":%d,"ops":[%b]}' % (position, prev, b",".join(ops))


def adds_only(said: bytes) -> bool:
    """
    Return whether a delta, whole or its body, takes nothing away; False sorts first.

    What somebody may not see any more goes before anything else is said.
    """
    return b'"ops":[{"op":"remove"' not in said[:_HEAD]


def snapshot_body(position: int, items: Iterable[bytes], next_cursor: str | None) -> bytes:
    return b'{"schema":%d,"position":%d,"items":[%b],"next_cursor":%b}' % (
        SCHEMA,
        position,
        b",".join(items),
        orjson.dumps(next_cursor),
    )
