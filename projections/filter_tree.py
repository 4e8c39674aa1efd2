"""
What a filter asks of a chat, as a tree (T5): one definition, asked of items in memory
(`projections.filter_holds`) and of tables in SQL.

The tree is what is left when everything about how it was written is settled: `me` is a
person, relative periods know their time zone, and a field of the record knows its kind.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.values import Timestamp
from projections.periods import OfDays, Period, next_move

NOBODY: Final = "nobody"
"""Stands among operators for a chat that nobody has."""
NO_GROUP: Final = "none"
"""Stands among groups for a chat of none."""


class Attribute(StrEnum):
    """What a chat has one or several of."""

    TAG = "tag"
    CLIENT_TAG = "client_tag"
    CHANNEL = "channel"
    GROUP = "group"
    OPERATOR = "operator"
    SECTION = "section"
    PRIORITY = "priority"
    CLIENT = "client"


class Fact(StrEnum):
    """What is so, or is not."""

    UNREAD = "unread"
    ATTACHMENT = "attachment"
    SNOOZED = "snoozed"


class Clock(StrEnum):
    """Which time of a chat a period is asked of."""

    ACTIVITY = "activity"
    OPENED = "opened"
    CLIENT = "client"
    """When the client wrote last."""
    CLOSED = "closed"
    WAITING = "waiting"
    """Since when somebody waits for an answer."""


class Match(StrEnum):
    """How a text is compared, without case, accents and masks."""

    IS = "is"
    CONTAINS = "contains"
    BEGINS = "begins"


class Order(StrEnum):
    LESS = "less"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of the parts holds; of no parts, it holds."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the parts holds; of no parts, it does not."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Tree"


@dataclass(frozen=True, slots=True)
class HasAny:
    """One of the values is among what the chat has."""

    attribute: Attribute
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Is:
    fact: Fact


@dataclass(frozen=True, slots=True)
class Named:
    """The client is called so; the text is folded."""

    match: Match
    text: str


@dataclass(frozen=True, slots=True)
class Says:
    """One message, comment or file name of the chat says all the words, in any of their forms."""

    text: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One of the chat's times lies in a period, or before it; a time that there is not does not."""

    clock: Clock
    period: Period
    is_before: bool = False


@dataclass(frozen=True, slots=True)
class Present:
    """The client's record holds something in a field."""

    key: str
    """A detail (`email`), or the id of a field of the company's own."""


@dataclass(frozen=True, slots=True)
class HoldsText:
    """A field of the record holds such a text; the text is folded."""

    key: str
    match: Match
    text: str


@dataclass(frozen=True, slots=True)
class HoldsAny:
    """A field of the record holds one of the values, which are folded."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HoldsNumber:
    key: str
    order: Order
    number: str
    """As a record stores it."""


@dataclass(frozen=True, slots=True)
class HoldsDate:
    """A date of the record lies in a period, or before it."""

    key: str
    period: OfDays
    is_before: bool = False


OfRecord = Present | HoldsText | HoldsAny | HoldsNumber | HoldsDate
Leaf = HasAny | Is | Named | Says | Happened | OfRecord
Tree = AllOf | AnyOf | Not | Leaf

NOTHING: Final = AnyOf(())
"""Holds of no chat: what a tab matches whose tag or field is no more (T5)."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What has to be known of a chat besides its item."""

    record: bool = False
    texts: frozenset[str] = frozenset()
    """What `Says` asks for."""

    def __or__(self, other: "Needs") -> "Needs":
        return Needs(self.record or other.record, self.texts | other.texts)

    def __bool__(self) -> bool:
        return self.record or bool(self.texts)


def leaves(tree: Tree) -> Iterator[Leaf]:
    """Yield all that is asked, whatever joins it."""
    match tree:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield tree


def needs(tree: Tree) -> Needs:
    """Return what `projections.filter_holds` has to know to answer."""
    asked = list(leaves(tree))
    of_record = any(
        isinstance(leaf, OfRecord)
        or (isinstance(leaf, HasAny) and leaf.attribute is Attribute.CLIENT_TAG)
        for leaf in asked
    )
    return Needs(of_record, frozenset(leaf.text for leaf in asked if isinstance(leaf, Says)))


def moves_at(tree: Tree, now: Timestamp) -> Timestamp | None:
    """Return when time alone may change the answer next; None for never."""
    periods = (leaf.period for leaf in leaves(tree) if isinstance(leaf, Happened | HoldsDate))
    return next_move(periods, now)
