"""Where a page ended, as a word that callers hand back and need not understand."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Any

import orjson


class UnreadableCursor(ValueError):
    """The cursor is not one of a list in this order."""

    def __init__(self) -> None:
        super().__init__("the cursor does not belong to this list")


def pack(kind: str, values: tuple[Any, ...]) -> str:
    """
    Return the cursor of a page that ended at these values.

    >>> unpack("by-clock", pack("by-clock", ("2030-01-02T09:00:00Z", 7)), 2)
    ['2030-01-02T09:00:00Z', 7]
    """
    return urlsafe_b64encode(orjson.dumps([kind, *values])).decode().rstrip("=")


def unpack(kind: str, cursor: str, size: int) -> list[Any]:
    """Return the values of a cursor; raise `UnreadableCursor` for one of another list."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = orjson.loads(urlsafe_b64decode(padded.encode()))
    except (NotBase64, UnicodeEncodeError, orjson.JSONDecodeError):
        raise UnreadableCursor from None
    match found:
        case [str(of), *values] if of == kind and len(values) == size:
            return values
        case _:
            raise UnreadableCursor
