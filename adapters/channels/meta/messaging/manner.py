"""How each of the two channels is written to: how much text, and which files in what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from adapters.channels.base import MediaRule, OutFile, TextUnit
from adapters.channels.guessing import medium_of
from domain.content import MediaKind

MB: Final = 1024 * 1024
ANY_TYPE: Final = "*/*"


@dataclass(frozen=True, slots=True)
class Way:
    """A type of attachment, and what it may hold."""

    type: str
    mimes: frozenset[str]
    max_bytes: int

    def takes(self, file: OutFile) -> bool:
        mime = file.mime.lower().partition(";")[0].strip()
        is_known = ANY_TYPE in self.mimes or mime in self.mimes
        return is_known and len(file.content) <= self.max_bytes


Ways = Mapping[MediaKind, tuple[Way, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    product: str
    account: str
    """Whose messages they are, in the address of a call."""
    max_text: int
    text_unit: TextUnit
    ways: Ways
    keeps_metadata: bool = False
    """Whether an echo gives our own message id back."""
    fetches: bool = False
    """Whether files are sent as addresses that the provider fetches."""

    def way_of(self, file: OutFile) -> Way | None:
        """
        Return the first way that takes the file; None where none does.

        By what it is, not by what the message calls it: a file is handed over before the
        message is known, and must be sent as what it was handed over as.
        """
        kind = medium_of(file.mime)
        return next((way for way in self.ways[kind] if way.takes(file)), None)


def rules_of(ways: Ways) -> Mapping[MediaKind, MediaRule]:
    """Return what may be sent of each kind, by any of its ways; words go beside it."""
    return {kind: _rule(ways_of_kind) for kind, ways_of_kind in ways.items()}


def _rule(ways: Iterable[Way]) -> MediaRule:
    ways = list(ways)
    mimes = frozenset[str]().union(*(way.mimes for way in ways))
    any_type = frozenset({ANY_TYPE}) if ANY_TYPE in mimes else mimes
    return MediaRule(any_type, max(way.max_bytes for way in ways))
