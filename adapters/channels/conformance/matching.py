"""Comparison of what an adapter says with what a case expects of it."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from adapters.channels.base import RawRequest


def plain(value: Any) -> Any:
    """Return a value as JSON would have it; a dataclass also tells its `type`."""
    if is_dataclass(value) and not isinstance(value, type | RawRequest):
        told = {one.name: plain(getattr(value, one.name)) for one in fields(value)}
        return {"type": type(value).__name__, **told}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple | set) else value


def differences(expected: Any, got: Any, where: str = "") -> Iterator[str]:
    """Yield where `got` is not what was expected; members that were not expected may be there."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key, value in expected.items():
            if key in got:
                yield from differences(value, got[key], f"{where}/{key}")
            else:
                yield f"{where}/{key} is missing"
    elif isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            yield f"{where or '/'}: {len(expected)} were expected, there are {len(got)}"
        for index, (one, other) in enumerate(zip(expected, got, strict=False)):
            yield from differences(one, other, f"{where}/{index}")
    elif expected != got:
        yield f"{where or '/'}: {expected!r} was expected, there is {got!r}"
