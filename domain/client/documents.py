"""
CPF and CNPJ: written without a mask and in upper case, checked by their check digits (C2).

Since July 2026 the first twelve places of a CNPJ may be letters; a letter counts as its
ASCII code less that of zero, which for a digit is the digit itself.
"""

import re
from typing import Final

_MASK: Final = re.compile(r"[\s.\-/]")
_CPF: Final = re.compile(r"[0-9]{11}")
_CNPJ: Final = re.compile(r"[0-9A-Z]{12}[0-9]{2}")


def bare(text: str) -> str:
    """
    Return a number as it is stored.

    >>> bare(" 12.abc.345/01de-35")
    '12ABC34501DE35'
    """
    return _MASK.sub("", text).upper()


def is_cpf(number: str) -> bool:
    """Return whether a bare number is a CPF; eleven equal digits are none."""
    if _CPF.fullmatch(number) is None or len(set(number)) == 1:
        return False
    return all(int(number[n]) == _check(number[:n], n + 1) for n in (9, 10))


def is_cnpj(number: str) -> bool:
    """Return whether a bare number is a CNPJ, numeric or alphanumeric (S14)."""
    if _CNPJ.fullmatch(number) is None or len(set(number)) == 1:
        return False
    return all(int(number[n]) == _check(number[:n], 9) for n in (12, 13))


def hidden(number: str) -> str:
    """
    Return a number as it is shown to those without the right to see it.

    >>> hidden("12345678909"), hidden("12ABC34501DE35")
    ('***.456.789-**', '**.ABC.345/****-**')
    """
    if _CPF.fullmatch(number):
        return f"***.{number[3:6]}.{number[6:9]}-**"
    if _CNPJ.fullmatch(number):
        return f"**.{number[2:5]}.{number[5:8]}/****-**"
    return "***"


def _check(places: str, largest: int) -> int:
    """Return the check digit: weights rise from 2 at the right, and start again after `largest`."""
    weights = (2 + n % (largest - 1) for n in range(len(places)))
    total = sum(
        (ord(place) - ord("0")) * weight
        for place, weight in zip(reversed(places), weights, strict=True)
    )
    rest = total % 11
    return 0 if rest < 2 else 11 - rest  # noqa: PLR2004  (both remainders give no digit of their own)
