"""Telephone numbers as people write them, in the one form in which they are stored: E.164 (C1)."""

import re
from typing import Final

import phonenumbers

HOME: Final = "BR"
"""The country of a number that names none."""
_LONGEST: Final = 60
_WITHOUT_NINTH: Final = re.compile(r"\+55([1-9][0-9])([6-9][0-9]{7})")


def e164(text: str) -> str | None:
    """
    Return a number in E.164; None where it is none that could be called.

    Brazil's mobile numbers got a ninth digit; one that was written down before, or that a
    network's id still lacks, is given it.

    >>> e164("(11) 98765-4321"), e164("+55 11 8765-4321"), e164("11 1")
    ('+5511987654321', '+5511987654321', None)
    """
    if len(text) > _LONGEST:
        return None
    try:
        number = phonenumbers.parse(text, HOME)
    except phonenumbers.NumberParseException:
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if (old := _WITHOUT_NINTH.fullmatch(written)) is not None:
        written = f"+55{old[1]}9{old[2]}"
    return written if phonenumbers.is_valid_number(phonenumbers.parse(written)) else None
