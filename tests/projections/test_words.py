"""Words are compared without case, accents and masks: C3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.text import folded, printable


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Fábio", "fabio"),
        ("CPF 123.456.789-09", "12345678909"),
        ("12.ABC.345/01DE-35", "12.abc.34501de-35"),
        ("São João", "SAO JOAO"),
        ("STRASSE", "straße"),
    ],
)
def test_what_is_asked_is_found(said: str, asked: str) -> None:
    """C3."""
    assert folded(asked) in folded(said)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    """C3: a stored word and an asked one are folded alike."""
    once = folded(text)

    assert folded(once) == once


@given(st.text())
def test_nothing_that_cannot_be_stored_is_left(text: str) -> None:
    assert "\x00" not in printable(text)
    assert len(printable(text)) == len(text)
