"""What a writer wrote now, and what hangs below it: the history and his signature."""

import re
from typing import Final

_ATTRIBUTION: Final = re.compile(
    r"(on\b.*\bwrote|em\b.*\bescreveu|el\b.*\bescribió|le\b.*\ba écrit|am\b.*\bschrieb)\s*:",
    re.IGNORECASE | re.DOTALL,
)
_NAMED_ATTRIBUTION: Final = re.compile(
    r".*\S@\S.*\b(wrote|writes|escreveu|escribió|a écrit|schrieb)\s*:", re.IGNORECASE
)
_DIVIDER: Final = re.compile(
    r"\s*[-_]{2,}\s*(original message|mensagem original|mensaje original|forwarded message"
    r"|mensagem encaminhada|mensaje reenviado)\s*[-_]{2,}\s*",
    re.IGNORECASE,
)
_FIRST_OF_HEADERS: Final = re.compile(r"\W{0,3}(from|de|von)\W{0,3}:.+", re.IGNORECASE)
_OTHER_HEADER: Final = re.compile(
    r"\W{0,3}(sent|date|to|cc|subject|enviad[ao]( em| el)?|data|fecha|para|assunto|asunto)\W{0,3}:",
    re.IGNORECASE,
)
_SIGNATURE: Final = ("-- ", "--")
_LONGEST_SIGNATURE: Final = 15
_LONGEST_ATTRIBUTION: Final = 3
_LONGEST_LINE: Final = 500


def split_quoted(text: str) -> tuple[str, str]:
    r"""
    Return what was written now, and what hangs below it; together they are the whole text.

    Where nothing was written above, or something was written between the quoted lines, all
    of it counts as written now: what is above gives sense to what is below.

    >>> split_quoted("Chegou, obrigada!\n\nEm 2 de jan., Loja escreveu:\n> Saiu ontem.")
    ('Chegou, obrigada!', 'Em 2 de jan., Loja escreveu:\n> Saiu ontem.')
    """
    lines = text.split("\n")
    end = len(lines)
    cut = min(_history(lines, end), end)
    cut = _signature(lines, cut)
    own = "\n".join(lines[:cut]).strip()
    if not own or cut == end:
        return text.strip(), ""
    return own, "\n".join(lines[cut:]).strip()


def _history(lines: list[str], end: int) -> int:
    """Return the line where the history begins; `end` where there is none."""
    for index, line in enumerate(lines):
        if len(line) < _LONGEST_LINE and (
            _DIVIDER.fullmatch(line) or _begins_headers(lines, index)
        ):
            return index
    start = end
    while start > 0 and (lines[start - 1].startswith(">") or not lines[start - 1].strip()):
        start -= 1
    if not any(line.startswith(">") for line in lines[start:]):
        return end
    return _attribution(lines, start)


def _attribution(lines: list[str], start: int) -> int:
    """Return where the words `… wrote:` above quoted lines begin; they may take some lines."""
    for count in range(min(_LONGEST_ATTRIBUTION, start), 0, -1):
        above = "\n".join(lines[start - count : start]).strip()
        if len(above) < _LONGEST_LINE and _ATTRIBUTION.fullmatch(above):
            return start - count
    above = lines[start - 1].strip() if start else ""
    is_named = len(above) < _LONGEST_LINE and _NAMED_ATTRIBUTION.fullmatch(above)
    return start - 1 if is_named else start


def _begins_headers(lines: list[str], index: int) -> bool:
    """Return whether headers of an earlier mail begin here, as Outlook writes them."""
    if not _FIRST_OF_HEADERS.fullmatch(lines[index]):
        return False
    following = [line for line in lines[index + 1 : index + 6] if len(line) < _LONGEST_LINE]
    return sum(1 for line in following if _OTHER_HEADER.match(line)) > 1


def _signature(lines: list[str], end: int) -> int:
    """Return where a signature above `end` begins; `end` where there is none."""
    for index in range(end - 1, max(end - _LONGEST_SIGNATURE, 0) - 1, -1):
        if lines[index].rstrip("\r") in _SIGNATURE:
            return index
    return end
