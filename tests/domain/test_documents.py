"""CPF and CNPJ by their check digits, and what people enter into records (C2, S14)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.client.documents import bare, hidden, is_cnpj, is_cpf
from domain.client.facts import Detail, Fact, Unfit, detail, of_kind
from domain.field import FieldKind


@pytest.mark.parametrize("number", ["12ABC34501DE35", "11222333000181", "12.abc.345/01de-35"])
def test_numeric_and_alphanumeric_cnpj_are_right_in_either_case(number: str) -> None:
    """S14"""
    assert is_cnpj(bare(number))


@pytest.mark.parametrize(
    "number", ["12ABC34501DE36", "12ABC34501DE3", "00000000000000", "12ABC34501DEAB", "", "١٢"]
)
def test_a_wrong_cnpj_is_none(number: str) -> None:
    assert not is_cnpj(number)


@given(st.text("0123456789", min_size=9, max_size=9), st.integers(9, 10), st.integers(1, 9))
def test_of_a_cpfs_check_digits_only_one_pair_is_right(base: str, place: int, by: int) -> None:
    """C2: either of them mistyped is noticed."""
    right = [f"{base}{n:02}" for n in range(100) if is_cpf(f"{base}{n:02}")]
    assert len(right) == (0 if len(set(base)) == 1 else 1)
    if right:
        (number,) = right
        wrong = f"{number[:place]}{(int(number[place]) + by) % 10}{number[place + 1 :]}"
        assert not is_cpf(wrong)


def test_eleven_equal_digits_are_no_cpf() -> None:
    assert [n for n in "0123456789" if is_cpf(n * 11)] == []
    assert is_cpf("12345678909")


@given(st.text())
def test_a_hidden_number_gives_away_less_than_it_is(number: str) -> None:
    """C2"""
    assert number not in hidden(bare(number)) or len(number) < 7


@given(st.sampled_from(Detail), st.text() | st.none() | st.integers())
def test_what_is_kept_of_a_detail_is_kept_the_same_again(which: Detail, entered: Any) -> None:
    """C1: and whatever is entered is either a fact or `Unfit`."""
    try:
        fact = detail(which, entered, keep_unverified=True)
    except Unfit:
        return
    assert detail(which, fact.value, keep_unverified=True) == fact


@given(
    st.sampled_from(FieldKind), st.text() | st.none() | st.integers() | st.floats() | st.booleans()
)
def test_whatever_is_entered_into_a_field_is_a_fact_or_unfit(kind: FieldKind, entered: Any) -> None:
    """C1"""
    try:
        fact = of_kind(kind, entered, ("ouro",), keep_unverified=True)
    except Unfit:
        return
    assert isinstance(fact, Fact)
    assert fact.value is None or isinstance(fact.value, str)


@pytest.mark.parametrize(
    "entered", ["javascript:alert(1)", "//x", "http://", "https://a\nb", "x", "ftp://a"]
)
def test_a_link_leads_to_the_web(entered: str) -> None:
    with pytest.raises(Unfit):
        of_kind(FieldKind.LINK, entered)
