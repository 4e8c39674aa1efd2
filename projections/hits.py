"""Where in a text the words stand that were looked for, in characters of the text itself (T2)."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from projections.text import MASK, folded, is_accent

Place = tuple[int, int]
"""From where to where: the second is the first character that is no longer part of it."""

_WORD: Final = re.compile(r"[^\W_]+")


def traced(text: str) -> tuple[str, list[int]]:
    """Return a text as `folded` does, and for each of its characters where it came from."""
    chars: list[str] = []
    origins: list[int] = []
    for number, char in enumerate(text):
        for part in char if char.isascii() else unicodedata.normalize("NFKD", char):
            if not is_accent(part):
                new = part.casefold()
                chars.append(new)
                origins.extend([number] * len(new))
    whole = "".join(chars)
    masks = {match.start() for match in MASK.finditer(whole)}
    if not masks:
        return whole, origins
    left = [n for n in range(len(whole)) if n not in masks]
    return "".join([whole[n] for n in left]), [origins[n] for n in left]


def parts_found(text: str, parts: Iterable[str]) -> list[Place]:
    """
    Return every place where one of the folded `parts` stands, also within a word.

    >>> parts_found("Segunda instalação", ["instalacao"])
    [(8, 18)]
    """
    whole, origins = traced(text)
    places: list[Place] = []
    for part in filter(None, parts):
        at = whole.find(part)
        while at >= 0:
            places.append((origins[at], origins[at + len(part) - 1] + 1))
            at = whole.find(part, at + len(part))
    return joined(places)


def words_found(text: str, words: frozenset[str], prefix: str | None) -> list[Place]:
    """Return every place where one of `words` stands, or a word that begins with `prefix`."""
    whole, origins = traced(text)
    return joined(
        [
            (origins[match.start()], origins[match.end() - 1] + 1)
            for match in _WORD.finditer(whole)
            if match[0] in words or (prefix is not None and match[0].startswith(prefix))
        ]
    )


def joined(places: Iterable[Place]) -> list[Place]:
    """Return places in order, those that overlap as one."""
    found: list[Place] = []
    for start, end in sorted(places):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def parts_of(q: str) -> list[str]:
    """Return the parts of a question as they are looked for within a chat."""
    return folded(q).split()
