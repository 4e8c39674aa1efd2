"""Reading of JSON that nobody vouches for."""

import doctest
import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels import reading
from adapters.channels.reading import (
    MAX_DEPTH,
    Unreadable,
    content_key,
    float_of,
    int_of,
    list_of,
    load_object,
    moment_of,
    text_of,
)
from tests.adapters.channels.kit import NOW

ANY_CHARACTER = st.characters(exclude_categories=())
"""Halves of surrogate pairs as well."""


def nested(depth: int) -> bytes:
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


def test_nesting_is_taken_up_to_the_limit_and_no_further() -> None:
    assert load_object(nested(MAX_DEPTH))
    with pytest.raises(Unreadable):
        load_object(nested(MAX_DEPTH + 1))


def test_a_broad_body_is_not_a_deep_one() -> None:
    assert len(load_object(b'{"a":[' + b"[]," * 500 + b"[]]}")["a"]) == 501


@given(st.dictionaries(st.text(), st.text(ANY_CHARACTER)))
def test_every_text_that_is_read_can_be_stored(value: dict[str, str]) -> None:
    escaped = json.dumps(value).encode()
    read = load_object(escaped)
    assert b"\x00" not in orjson.dumps(read)
    assert "\x00" not in "".join([*read, *read.values()])


@pytest.mark.parametrize(
    ("value", "read"),
    [("x", "x"), ("", None), (7, "7"), (True, None), (1.5, None), ([], None), (None, None)],
)
def test_ids_come_as_text_or_number(value: Any, read: str | None) -> None:
    assert text_of({"k": value}, "k") == read


@pytest.mark.parametrize(
    ("value", "read"),
    [(7, 7), ("7", 7), ("x", None), ("9" * 5000, None), (True, None), (1.5, None), (None, None)],
)
def test_whole_numbers(value: Any, read: int | None) -> None:
    assert int_of({"k": value}, "k") == read


@pytest.mark.parametrize(
    ("value", "read"),
    [(1.5, 1.5), ("-1.5", -1.5), ("nan", None), ("inf", None), ("1e999", None), (False, None)],
)
def test_numbers_are_finite(value: Any, read: float | None) -> None:
    assert float_of({"k": value}, "k") == read


def test_a_lone_object_is_a_list_of_one() -> None:
    assert [list_of({"k": value}, "k") for value in ({"a": 1}, [1], "x")] == [[{"a": 1}], [1], []]


NINE = datetime(2030, 1, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("value", [1893574800, "1893574800", 1893574800000, 1893574800.0])
def test_times_come_in_seconds_or_milliseconds(value: Any) -> None:
    assert moment_of({"t": value}, "t", NOW.replace(year=2000)) == NINE


@pytest.mark.parametrize("value", [0, -1, "x", "nan", 1e300, 1 << 62, None, True, "9" * 400])
def test_a_time_that_cannot_be_is_not_taken(value: Any) -> None:
    assert moment_of({"t": value}, "t", NOW) == NOW


def test_a_content_key_is_the_same_in_any_order_and_differs_by_content() -> None:
    one, other = {"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}
    assert content_key("n", one) == content_key("n", other)
    assert content_key("n", one) != content_key("n", {**one, "a": 2})


def test_the_examples_hold() -> None:
    assert doctest.testmod(reading).failed == 0
