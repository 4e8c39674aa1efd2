"""Words made comparable: case, accents and masks ignored (C3), and fit to be stored."""

import re
import unicodedata
from typing import Final

from domain.content import Parts, Text, kind_of, words_of

MASK: Final = re.compile(r"(?<=\d)[.\-/](?=\d)")
_ACCENTS: Final = re.compile("[\u0300-\u036f]+")


def wording(parts: Parts) -> tuple[str, str]:
    """
    Return the one word for what a message is, and its words, fit to be stored.

    >>> wording((Text(text="Oi"),))
    ('text', 'Oi')
    """
    # Nearly every message is one text; a rebuild asks this twice for each.
    if len(parts) == 1:
        (part,) = parts
        if isinstance(part, Text):
            return "text", printable(part.text)
    return kind_of(parts), printable(words_of(parts))


def printable(text: str) -> str:
    """Return text without the one character that PostgreSQL cannot hold."""
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def is_accent(char: str) -> bool:
    """Return whether a character only marks the one before it; the joiner of such marks too."""
    return unicodedata.combining(char) != 0 or _ACCENTS.match(char) is not None


def folded(text: str) -> str:
    """
    Return text as it is searched: without case, accents and the masks of numbers.

    >>> folded("Fábio, CPF 123.456.789-09")
    'fabio, cpf 12345678909'
    """
    if not text.isascii():
        # Nearly always the accents of our own languages: taken off at a third of the cost.
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
        if not text.isascii():
            text = "".join(char for char in text if not unicodedata.combining(char))
    return MASK.sub("", text.casefold())
