"""Bodies that are nearly right, or not at all: always the same ones, so that a finding stays."""

import copy
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from adapters.channels.base import RawRequest
from adapters.channels.conformance.cases import Account, InboundCase, raw_request, with_body
from adapters.channels.conformance.subject import Subject

Path = tuple[Any, ...]

JUNK: Final[tuple[Any, ...]] = (
    *(None, True, -1, 1 << 63, 1e300, "", "x\x00", [], {}, [[]], [{}], {"id": {}}),
    *("ç" * 5_000, "9" * 5_000, -(1 << 63), {"": ""}),
)
MOST: Final = 1_500
"""Mutants of each sort: enough to reach each key of a few dozen cases."""

_HURTFUL: Final = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b'"x"',
    b"\xff\xfe\x00",
    b"[" * 200_000,
    b'{"a":' * 1_000 + b"1" + b"}" * 1_000,
    b'{"a":"' + b"x" * 3_000_000 + b'"}',
    b'{"a":' + b"9" * 5_000 + b"}",
    b'{"a":"\\ud800"}',
    b'{"a":"\\u0000"}',
    b"a=1&a=2&=&%ff=%00",
)


def bodies(subject: Subject) -> Iterator[Any]:
    """Yield every JSON body of the cases and recordings."""
    yield from (case.request["body"] for case in subject.cases.inbound if "body" in case.request)
    for recording in subject.cases.recordings:
        with suppress(orjson.JSONDecodeError):
            yield orjson.loads(recording)


def hurtful(subject: Subject) -> Iterator[RawRequest]:
    """Yield bodies made to hurt, each unsigned: what they say is all that matters."""
    random = Random(7)  # noqa: S311  (the same in every run)
    for case in subject.cases.inbound[:1]:
        request = raw_request(subject.cases.account, case.request)
        yield from (replace(request, body=body) for body in _HURTFUL)
    for case in subject.cases.inbound:
        request = raw_request(subject.cases.account, case.request)
        for end in range(0, len(request.body), max(1, len(request.body) // 40)):
            yield replace(request, body=request.body[:end])
        for _ in range(40):
            yield replace(request, body=random.randbytes(random.randrange(200)))


def mistyped(subject: Subject) -> Iterator[RawRequest]:
    """Yield the cases with something else at each key, or with nothing there."""
    random = Random(11)  # noqa: S311  (the same in every run)
    found = list(_mistyped(subject.cases.account, subject))
    yield from found if len(found) <= MOST else random.sample(found, MOST)


def _mistyped(account: Account, subject: Subject) -> Iterator[RawRequest]:
    turn = 0
    empty = raw_request(account, {"body": {}})
    for body in bodies(subject):
        for path in paths_in(body):
            turn += 1
            for junk in (JUNK[turn % len(JUNK)], JUNK[(turn * 7 + 3) % len(JUNK)]):
                yield replace(empty, body=orjson.dumps(replaced(body, path, junk)))
            yield replace(empty, body=orjson.dumps(without(body, path)))
    for case in subject.cases.inbound:
        for key in case.request.get("form", ()):
            form = case.request["form"]
            request = raw_request(account, case.request)
            for value in ("", "ç\x00", "9" * 5_000):
                yield replace(request, body=urlencode({**form, key: value}).encode())
            yield replace(request, body=urlencode(without(form, (key,))).encode())


def without_one_key(case: InboundCase) -> Iterator[tuple[Path, InboundCase]]:
    """Yield a case without each of its keys in turn."""
    for path in paths_in(case.body):
        yield path, with_body(case, without(case.body, path))


def with_one_key_more(case: InboundCase) -> Iterator[tuple[Path, InboundCase]]:
    """Yield a case with a key that nobody knows in each of its objects in turn."""
    for path in [(), *paths_in(case.body)]:
        if isinstance(holder := at(case.body, path), dict):
            more = {**holder, "x_unheard_of": "1" if "form" in case.request else {"a": [1]}}
            yield path, with_body(case, replaced(case.body, path, more))


def paths_in(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every key of every object in a value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from paths_in(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths_in(item, (*path, index))


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def replaced(value: Any, path: Path, by: Any) -> Any:
    """Return a copy of a value with something else at a path."""
    if not path:
        return by
    changed = copy.deepcopy(value)
    at(changed, path[:-1])[path[-1]] = by
    return changed


def without(value: Any, path: Path) -> Any:
    """Return a copy of a value without what is at a path."""
    changed = copy.deepcopy(value)
    del at(changed, path[:-1])[path[-1]]
    return changed


def backwards(value: Any) -> Any:
    """Return a value with the members of every object in another order."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return [backwards(item) for item in value] if isinstance(value, list) else value
