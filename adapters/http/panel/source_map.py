"""Where each line of a joined file was written, for browsers' tools (source map, version 3)."""

from collections.abc import Sequence
from typing import Final

import orjson

_DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_ABOVE: Final = "../"
"""From the folder of joined files to that of the sources."""


def source_map(before: int, parts: Sequence[str], sources: Sequence[tuple[str, int]]) -> str:
    """
    Return the map of a file of `before` lines and then the parts, each with one line of its own
    above and some below what was in its source; `sources` are their paths and numbers of lines.
    """
    said = [""] * before
    last_line = 0
    for number, (part, (_, lines)) in enumerate(zip(parts, sources, strict=True)):
        said.append("")
        for line in range(lines):
            step = 1 if number and not line else 0
            said.append("A" + _number(step) + _number(line - last_line) + "A")
            last_line = line
        said += [""] * (part.count("\n") - lines)
    told = {"version": 3, "sources": [f"{_ABOVE}{path}" for path, _ in sources], "names": []}
    return orjson.dumps(told | {"mappings": ";".join(said)}).decode()


def _number(value: int) -> str:
    """Return a number as five bits a digit, lowest first, its sign in the lowest of all."""
    rest = abs(value) << 1 | (value < 0)
    digits = ""
    while True:
        rest, digit = rest >> 5, rest & 31
        digits += _DIGITS[digit | 32 if rest else digit]
        if not rest:
            return digits
