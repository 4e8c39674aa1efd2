"""
Variables of reply templates: `{{client.name}}` and the like, replaced and never evaluated (T3).

A name stands for a text that is looked up, nothing more. What has no value is told, so
that nobody is sent a hole; braces that are no variable are told, too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from domain.values import ChatId, Timestamp

_VARIABLE: Final = re.compile(r"\{\{([^{}\n]{0,200})\}\}")
_BRACES: Final = re.compile(r"\{\{|\}\}")
_BRACE: Final = frozenset("{}")
_AROUND: Final = 20
"""Characters shown of what follows braces that are no variable."""

FIXED: Final = frozenset(
    {"greeting", "protocol", "group.name", "operator.name", "operator.first_name", "operator.email"}
)
"""Variables that are always known; those of `client.` depend on the company's fields."""

_GREETINGS: Final = {
    "pt-BR": ("Bom dia", "Boa tarde", "Boa noite"),
    "en": ("Good morning", "Good afternoon", "Good evening"),
    "es": ("Buenos días", "Buenas tardes", "Buenas noches"),
}
_MORNING, _NOON, _EVENING = 5, 12, 18


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a text that was filled in: of the template, or the value of a variable."""

    text: str
    """The variable as it is written, where it has no value."""
    variable: str | None = None
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the variables without a value, each once, in their order."""
        missing = (piece.variable or piece.text for piece in self.pieces if piece.is_missing)
        return tuple(dict.fromkeys(missing))


def has_variables(text: str) -> bool:
    """Return whether a text holds anything that has to be filled in."""
    return _BRACES.search(text) is not None


def filled(text: str, values: Mapping[str, str | None]) -> Filled:
    """
    Return a text with its variables replaced by their values; nothing is replaced twice.

    >>> filled("Oi, {{ client.name }}!", {"client.name": "Ana"}).text
    'Oi, Ana!'
    >>> filled("{{client.name}} {{x}}", {"client.name": " "}).missing
    ('client.name', 'x')
    """
    pieces: list[Piece] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        pieces += _plain(text[end : match.start()])
        pieces.append(_value(match, values))
        end = match.end()
    return Filled((*pieces, *_plain(text[end:])))


def unknown(text: str) -> tuple[str, ...]:
    """
    Return what in a template could never be filled in, whatever the chat.

    >>> unknown("{{greeting}} {{client.shoe_size}} {{date}} {{ {"), unknown("Oi")
    (('date', '{{ {'), ())
    """
    found = filled(text, dict.fromkeys(_variables_in(text), "?"))
    return found.missing


def _variables_in(text: str) -> set[str]:
    names = (match[1].strip().lower() for match in _VARIABLE.finditer(text))
    return {name for name in names if name in FIXED or name.startswith("client.")}


def _value(match: re.Match[str], values: Mapping[str, str | None]) -> Piece:
    name = match[1].strip().lower()
    value = values.get(name)
    # A value with braces, as a client may call himself, could look like a variable again.
    if value is None or not value.strip() or not _BRACE.isdisjoint(value):
        return Piece(match[0], name, is_missing=True)
    return Piece(value, name)


def _plain(text: str) -> list[Piece]:
    """Return text without variables; braces that are none cannot be sent."""
    if not text:
        return []
    if (stray := _BRACES.search(text)) is None:
        return [Piece(text)]
    shown = text[stray.start() : stray.start() + _AROUND]
    return [Piece(text, shown, is_missing=True)]


def first_name(name: str | None) -> str | None:
    """Return what somebody is called in short: the first word of his name."""
    words = (name or "").split()
    return words[0] if words else None


def greeting(now: Timestamp, zone: str, language: str) -> str:
    """
    Return how one greets at that time of day.

    >>> from datetime import UTC
    >>> greeting(datetime(2030, 1, 2, 14, 59, tzinfo=UTC), "America/Sao_Paulo", "pt-BR")
    'Bom dia'
    """
    hour = now.astimezone(ZoneInfo(zone)).hour
    morning, afternoon, evening = _GREETINGS.get(language, _GREETINGS["pt-BR"])
    if _MORNING <= hour < _NOON:
        return morning
    return afternoon if _NOON <= hour < _EVENING else evening


def protocol(chat_id: ChatId, opened_at: datetime) -> str:
    """
    Return the number by which a client can name a chat: its day, second and four digits.

    >>> from datetime import UTC
    >>> protocol(ChatId("00000000-0000-8000-8000-00000001e240"), datetime(2030, 1, 2, tzinfo=UTC))
    '20300102000002032'
    """
    at = opened_at.replace(microsecond=0)
    second = at.hour * 3600 + at.minute * 60 + at.second
    digits = int.from_bytes(chat_id.encode()) % 10_000
    return f"{at:%Y%m%d}{second:05}{digits:04}"
