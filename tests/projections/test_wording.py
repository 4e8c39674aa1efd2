"""The forms that words are found in, and the places where they stand (C3, T2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.hits import parts_found, traced
from projections.text import folded
from projections.wording import MOST_WORDS, forms, kept, words_in


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("nota", "notas"),
        ("fiscal", "fiscais"),
        ("instalacoes", "instalação"),
        ("boletos", "boleto"),
        ("móvel", "móveis"),
        ("lençóis", "lençol"),
        ("homens", "homem"),
        ("luz", "luces"),
        ("mês", "meses"),
        ("factura", "facturas"),
        ("delivery", "deliveries"),
        ("pães", "pão"),
    ],
)
def test_a_word_is_found_in_its_other_number(asked: str, said: str) -> None:
    """C3"""
    (one,), (other,) = words_in(asked), words_in(said)
    assert other in forms(one)


@pytest.mark.parametrize("other", ["noticia", "notebook", "not"])
def test_a_word_is_not_found_in_what_only_begins_alike(other: str) -> None:
    assert other not in forms("nota")


@given(st.text())
def test_words_are_of_letters_and_digits_only(text: str) -> None:
    """Nothing that is kept can mean something to PostgreSQL."""
    for word in words_in(text):
        assert word.isalnum() or all(char.isalnum() or not char.isascii() for char in word)


def test_an_endless_text_keeps_so_many_words() -> None:
    assert len(kept([" ".join(f"w{n}" for n in range(3 * MOST_WORDS))]).split()) == MOST_WORDS


@given(st.text())
def test_a_traced_text_is_the_folded_one(text: str) -> None:
    """T2: a place in the one is a place in the other."""
    whole, origins = traced(text)

    assert whole == folded(text)
    assert len(whole) == len(origins)
    assert origins == sorted(origins)


@given(st.text(), st.text(min_size=1, max_size=3))
def test_what_stands_at_a_place_is_what_was_looked_for(text: str, part: str) -> None:
    """T2"""
    part = folded(part)
    for start, end in parts_found(text, [part]):
        assert part[0] in folded(text[start:end]) or not part.isalnum()
