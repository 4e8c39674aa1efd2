"""Cutting of a long text into pieces that a channel takes, where a reader would cut it."""

import unicodedata
from typing import Final

from adapters.channels.capabilities import TextUnit

_ZERO_WIDTH_JOINER: Final = "\u200d"
_LAST_OF_ONE_UNIT: Final = "\uffff"
_VIRAMA: Final = 9
"""Canonical combining class of signs that bind the next letter to the one before."""


def split_text(text: str, limit: int, unit: TextUnit) -> list[str]:
    r"""
    Return pieces of at most `limit` units, cut at line ends, else word ends, else between
    characters as a reader sees them. Pieces of white space alone are left out.

    >>> split_text("one two\nthree", 8, "chars")
    ['one two\n', 'three']
    """
    pieces: list[str] = []
    start = 0
    while start < len(text):
        end = _furthest(text, start, limit, unit)
        if end < len(text):
            end = _best_cut(text, start, end)
        pieces.append(text[start:end])
        start = end
    return [piece for piece in pieces if piece.strip()]


def _furthest(text: str, start: int, limit: int, unit: TextUnit) -> int:
    if unit == "chars":
        return min(start + limit, len(text))
    units = 0
    for index in range(start, len(text)):
        units += _weight(text[index], unit)
        if units > limit:
            return max(index, start + 1)
    return len(text)


def _weight(char: str, unit: TextUnit) -> int:
    if unit == "bytes":
        return len(char.encode(errors="surrogatepass"))
    return 2 if char > _LAST_OF_ONE_UNIT else 1


def _best_cut(text: str, start: int, end: int) -> int:
    """Return where to cut at or before `end`; a piece less than half full is not worth a word."""
    half = start + (end - start) // 2
    line = text.rfind("\n", half, end) + 1
    if line > half:
        return line
    for index in range(end, half, -1):
        if text[index - 1].isspace() and _is_boundary(text, index):
            return index
    for index in range(end, start, -1):
        if _is_boundary(text, index):
            return index
    return end


def _is_boundary(text: str, index: int) -> bool:
    """Return whether a reader sees two characters left and right of `index`, not one."""
    before, after = text[index - 1], text[index]
    if before in "\r\n":
        return not (before == "\r" and after == "\n")
    if _extends(after) or before == _ZERO_WIDTH_JOINER:
        return False
    if unicodedata.combining(before) == _VIRAMA:
        return False
    if _is_flag_letter(before) and _is_flag_letter(after):
        return _flag_letters_before(text, index) % 2 == 0
    return not _is_one_hangul_syllable(before, after)


def _extends(char: str) -> bool:
    """Return whether a character only changes the look of the one before it."""
    return (
        char == _ZERO_WIDTH_JOINER
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tags of regional flags
        or unicodedata.category(char).startswith("M")
    )


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_letters_before(text: str, index: int) -> int:
    """Return how many stand in a row before `index`: flags are pairs, counted from the left."""
    start = index
    while start > 0 and _is_flag_letter(text[start - 1]):
        start -= 1
    return index - start


def _is_one_hangul_syllable(before: str, after: str) -> bool:
    vowel_or_final = "\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7fb"
    if vowel_or_final:
        return "\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7fb"
    leading = "\u1100" <= before <= "\u115f"
    return leading and ("\u1100" <= after <= "\u115f" or "\uac00" <= after <= "\ud7a3")
