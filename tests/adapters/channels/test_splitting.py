"""Cutting of long texts where a reader would cut them."""

import doctest
from itertools import accumulate
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels import splitting
from adapters.channels.splitting import split_text

Unit = Literal["chars", "utf16"]
UNITS: list[Unit] = ["chars", "utf16"]

SEEN_AS_ONE = [
    *("a", "ç", " ", "\n", "\r\n", "漢"),
    "e\u0301",  # e with an accent of its own
    "👍🏽",  # a skin tone
    "👨\u200d👩\u200d👧\u200d👦",  # a family
    "❤\ufe0f",
    "1\ufe0f\u20e3",  # a keycap
    "🇧🇷",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # a regional flag
    "\u1112\u1161\u11ab",  # Hangul, letter by letter
    "\u0915\u094d\u0937",  # Devanagari, two letters bound by a virama
]


def size(text: str, unit: Unit) -> int:
    return len(text) if unit == "chars" else len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("unit", UNITS)
@given(text=st.text(), limit=st.integers(2, 20))
def test_pieces_fit_and_nothing_but_white_space_is_lost(unit: Unit, text: str, limit: int) -> None:
    pieces = split_text(text, limit, unit)
    assert all(size(piece, unit) <= limit and piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@pytest.mark.parametrize("unit", UNITS)
@given(marks=st.lists(st.sampled_from(SEEN_AS_ONE), max_size=60), limit=st.integers(14, 30))
def test_what_a_reader_sees_as_one_character_is_never_cut(
    unit: Unit, marks: list[str], limit: int
) -> None:
    text = "".join(marks)
    ends = {0, *accumulate(len(mark) for mark in marks)}
    place = 0
    for piece in split_text(text, limit, unit):
        place = text.index(piece, place)
        assert place in ends
        place += len(piece)
        assert place in ends


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("", 10, []),
        ("abc", 3, ["abc"]),
        ("one two three", 8, ["one two ", "three"]),
        ("one two\nthree", 9, ["one two\n", "three"]),
        ("one\ntwo three", 12, ["one\ntwo ", "three"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("a bcdefghij", 6, ["a bcde", "fghij"]),
        ("ab    \n   cd", 4, ["ab  ", "cd"]),
    ],
)
def test_lines_come_before_words_and_words_before_characters(
    text: str, limit: int, pieces: list[str]
) -> None:
    assert split_text(text, limit, "chars") == pieces


@pytest.mark.parametrize("mark", [mark for mark in SEEN_AS_ONE if len(mark) > 1])
def test_a_row_of_one_mark_is_cut_between_two_of_them(mark: str) -> None:
    limit = len(mark) * 2 + 1
    assert all(
        len(piece) % len(mark) == 0 for piece in split_text("x" + mark * 9, limit, "chars")[1:]
    )
    assert all(piece == mark * 2 for piece in split_text(mark * 10, limit, "chars") if mark.strip())


def test_marks_without_end_are_cut_all_the_same() -> None:
    assert split_text("e" + "\u0301" * 9, 4, "chars") == [
        "e" + "\u0301" * 3,
        *["\u0301" * 4, "\u0301\u0301"],
    ]


def test_a_long_text_is_cut_in_no_time() -> None:
    assert len(split_text("palavra " * 100_000, 4096, "utf16")) == 196


def test_the_examples_hold() -> None:
    assert doctest.testmod(splitting).failed == 0
