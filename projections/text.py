"""Words made comparable: case, accents and masks ignored (C3), and fit to be stored."""

import re
import unicodedata
from typing import Final

_MASK: Final = re.compile(r"(?<=\d)[.\-/](?=\d)")


def printable(text: str) -> str:
    """Return text without the one character that PostgreSQL cannot hold."""
    return text.replace("\x00", "\ufffd")


def folded(text: str) -> str:
    """
    Return text as it is searched: without case, accents and the masks of numbers.

    >>> folded("Fábio, CPF 123.456.789-09")
    'fabio, cpf 12345678909'
    """
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in parts if not unicodedata.combining(char))
    return _MASK.sub("", text.casefold())
