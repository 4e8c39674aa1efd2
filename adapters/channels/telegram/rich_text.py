"""The words of a rich message, without its looks."""

from typing import Any, Final

from adapters.channels.reading import Object, list_of

_LINES: Final = ("blocks", "items", "rows")
_INLINE: Final = ("text", "caption", "title")


def words_in(block: Object) -> str:
    r"""
    Return what a rich message says, one line a block and one a row of a table.

    >>> words_in({"blocks": [{"text": ["a ", {"text": "b"}]}, {"cells": [[{"text": "c"}]]}]})
    'a b\nc'
    """
    lines = [_inline(block.get(key)) for key in _INLINE]
    lines += [
        words_in(item) for key in _LINES for item in list_of(block, key) if isinstance(item, dict)
    ]
    for row in list_of(block, "cells"):
        cells = row if isinstance(row, list) else [row]
        lines.append(" | ".join(words for cell in cells if (words := _inline(cell))))
    return "\n".join(line for line in lines if line)


def _inline(text: Any) -> str:
    """Return a run of text; runs nest no deeper than the body, which is bounded."""
    if isinstance(text, str):
        return text
    if isinstance(text, list):
        return "".join(_inline(piece) for piece in text)
    return _inline(text.get("text")) if isinstance(text, dict) else ""
