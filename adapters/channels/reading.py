"""
Reading of JSON that nobody vouches for.

Everything here takes any value and gives a typed one or None: an absent key, a null and a
value of the wrong type are the same. Texts come out free of NUL and lone surrogates, so
that they can be stored as UTF-8.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final, NoReturn, cast

import orjson

WEB_ADDRESS: Final = r"^https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?(/[^\s?#]*)?$"
"""Of a provider, in configurations: no user, no query."""

MAX_DEPTH: Final = 100
"""Deeper nesting is refused: no provider needs it, and writers of JSON stop at 254."""

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT: Final = "\ufffd"
_YEAR_2100: Final = 4_102_444_800
_MILLISECONDS_FROM: Final = 100_000_000_000
_DIGITS_OF_64_BITS: Final = 20
_LONGEST_NAME: Final = 512

Object = dict[str, Any]
"""A JSON object."""


class Unreadable(ValueError):
    """The body is not a JSON object of sane depth; `code` says in a word why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the body cannot be read: {code}")
        self.code = code


def load_object(body: bytes) -> Object:
    """Return the JSON object in `body`. Raises `Unreadable`."""
    value = _load(body)
    if not isinstance(value, dict):
        raise Unreadable("not-an-object")
    # Counting brackets is a bound that nearly every body stays under, and is ten times
    # cheaper than walking it.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _is_too_deep(value):
        raise Unreadable("too-deep")
    if b"\\u0000" in body or _SURROGATE.search(body):
        value = _storable(value)
    return cast(Object, value)


def _load(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError:
        pass
    # orjson takes no half of a surrogate pair, which clients that cut a text do send.
    if not _SURROGATE.search(body):
        raise Unreadable("not-json")
    try:
        return json.loads(body.decode(), parse_constant=_refuse, parse_int=_bounded)
    except (ValueError, OverflowError, RecursionError):
        raise Unreadable("not-json") from None


def _refuse(_: str) -> NoReturn:
    raise Unreadable("not-json")


def _bounded(digits: str) -> int | float:
    """Return an integer of at most 64 bits, as orjson does; a longer one as a float."""
    number = int(digits)
    return number if -(1 << 63) <= number < 1 << 64 else float(number)


def _is_too_deep(value: Object) -> bool:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> Iterator[Any]:
    values = node.values() if isinstance(node, dict) else node
    return (value for value in values if isinstance(value, dict | list))


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub(_REPLACEMENT, value)
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value


def raw_text(value: Any) -> str:
    """Return a value that was read here as compact JSON."""
    return orjson.dumps(value).decode()


def raw_body(body: bytes) -> str:
    """
    Return a body as text, so that nothing of it is lost and all of it can be stored.

    >>> raw_body(b"{oops"), raw_body(bytes([0xFF]))
    ('{oops', 'data:application/octet-stream;base64,/w==')
    """
    if b"\x00" not in body:
        try:
            return body.decode()
        except UnicodeDecodeError:
            pass
    return f"data:application/octet-stream;base64,{base64.b64encode(body).decode()}"


def content_key(prefix: str, *values: Any) -> str:
    """Return a key that equal values share, whatever the order of their members."""
    content = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    return f"{prefix}:{blake2b(content, digest_size=16).hexdigest()}"


def short(name: str) -> str:
    """Return a name that fits an index: as it is, or its key where it is absurdly long."""
    return name if len(name) <= _LONGEST_NAME else content_key("long", name)


def object_of(source: Mapping[str, Any], key: str) -> Object:
    """Return an object; an empty one where there is none."""
    value = source.get(key)
    return value if isinstance(value, dict) else {}


def list_of(source: Mapping[str, Any], key: str) -> list[Any]:
    """Return a list; a lone object is a list of one, and anything else is empty."""
    value = source.get(key)
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def objects_of(source: Mapping[str, Any], key: str) -> list[Object]:
    """Return the objects in a list."""
    return [item for item in list_of(source, key) if isinstance(item, dict)]


def text_of(source: Mapping[str, Any], key: str) -> str | None:
    """Return a text that is not empty; a number as its digits, since ids come as both."""
    value = source.get(key)
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def string_of(source: Mapping[str, Any], key: str) -> str | None:
    """Return a text, which may be empty."""
    value = source.get(key)
    return value if isinstance(value, str) else None


def int_of(source: Mapping[str, Any], key: str) -> int | None:
    """Return a whole number, also from its digits."""
    value = source.get(key)
    if isinstance(value, str) and len(value) <= _DIGITS_OF_64_BITS:
        try:
            return int(value)
        except ValueError:
            return None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def float_of(source: Mapping[str, Any], key: str) -> float | None:
    """Return a finite number, also from its digits."""
    number = _number(source.get(key))
    return number if number is not None and abs(number) < float("inf") else None


def flag_of(source: Mapping[str, Any], key: str) -> bool:
    """Return whether a flag is set."""
    return source.get(key) is True


def moment_of(source: Mapping[str, Any], key: str, otherwise: datetime) -> datetime:
    """Return a Unix time, in seconds or milliseconds; `otherwise` where it is not plausible."""
    seconds = _number(source.get(key)) or 0.0
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    if not 0 < seconds < _YEAR_2100:
        return otherwise
    return datetime.fromtimestamp(seconds, UTC)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
