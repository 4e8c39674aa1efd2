"""
A filter as it is written, in JSON, read into a tree (T5).

What is written stays as it is: `me` and `yesterday` are settled each time it is read, for
whoever looks. Whatever is wrong is told with its place; nothing that can be written is an
error further on.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from domain.client.documents import bare
from domain.client.facts import Detail, Unfit, of_kind
from domain.field import FieldKind
from domain.values import Priority
from projections.filter_tree import (
    AllOf,
    AnyOf,
    Attribute,
    Clock,
    Fact,
    Happened,
    HasAny,
    HoldsAny,
    HoldsDate,
    HoldsNumber,
    HoldsText,
    Is,
    Match,
    Named,
    Not,
    Order,
    Present,
    Says,
    Tree,
)
from projections.inbox_row import Section
from projections.periods import MOST, NAMED, Calendar, Days, Fixed, Period, last_of
from projections.text import folded
from projections.wording import words_in

LONGEST: Final = 8_000
"""Characters of the JSON."""
DEEPEST: Final = 8
MOST_PARTS: Final = 100
"""Of the whole tree, joined or asked."""
MOST_VALUES: Final = 50
LONGEST_VALUE: Final = 200
CUSTOM: Final = "custom:"

Json = Any
"""What comes out of a JSON document."""


class UnreadableFilter(ValueError):
    """A filter cannot be read: `pointer` says where, `code` why, for programs."""

    def __init__(self, pointer: str, code: str, value: str | None = None) -> None:
        super().__init__(f"{pointer or '/'}: {code}")
        self.pointer = pointer
        self.code = code
        self.value = value
        """Of an unknown field, what it was called."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What there is to ask about in an installation."""

    zone: str = "America/Sao_Paulo"
    fields: Mapping[str, FieldKind] = field(default_factory=dict)
    """The company's own, by id; those that were removed are not among them."""
    removed_tags: frozenset[str] = frozenset()


def parse_filter(text: str, catalogue: Catalogue, me: str) -> Tree:
    """Return the tree of a filter that is given as text; raise `UnreadableFilter`."""
    if len(text) > LONGEST:
        raise UnreadableFilter("", "too_large")
    try:
        written = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableFilter("", "not_json") from None
    return read_filter(written, catalogue, me)


def text_of(written: Json) -> str:
    """Return a filter as the text that `parse_filter` takes, the same for the same filter."""
    try:
        return json.dumps(written, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    except RecursionError:
        raise UnreadableFilter("", "too_deep") from None


def read_filter(written: Json, catalogue: Catalogue, me: str) -> Tree:
    """Return the tree for somebody who looks; raise `UnreadableFilter`."""
    return _Reading(catalogue, me).tree(written, "", 1)


_YES_NO: Final = {"yes": True, "no": False}
_PLAIN_DETAILS: Final = frozenset({Detail.EMAIL, Detail.PHONE, Detail.NOTES})
_BRAZIL: Final = "55"
_ATTRIBUTES: Final = frozenset[str](Attribute)
_FACTS: Final = frozenset[str](Fact)
_DETAILS: Final = frozenset[str](Detail)
_SECTIONS: Final = frozenset[str](Section)
_PRIORITIES: Final = frozenset[str](Priority)


@dataclass(slots=True)
class _Reading:
    """One filter being read; counts its parts."""

    catalogue: Catalogue
    me: str
    parts: int = 0

    def tree(self, written: Json, at: str, depth: int) -> Tree:
        self.parts += 1
        if depth > DEEPEST:
            raise UnreadableFilter(at, "too_deep")
        if self.parts > MOST_PARTS:
            raise UnreadableFilter(at, "too_large")
        match written:
            case {"all": list() as parts, **rest} if not rest:
                return AllOf(self._trees(parts, f"{at}/all", depth))
            case {"any": list() as parts, **rest} if not rest:
                return AnyOf(self._trees(parts, f"{at}/any", depth))
            case {"not": part, **rest} if not rest:
                return Not(self.tree(part, f"{at}/not", depth + 1))
            case {"field": str() as name, "is": str() as how} if written.keys() <= _KEYS:
                return self._leaf(name, how, written, at)
            case _:
                raise UnreadableFilter(at, "not_a_filter")

    def _trees(self, parts: list[Json], at: str, depth: int) -> tuple[Tree, ...]:
        return tuple(self.tree(part, f"{at}/{n}", depth + 1) for n, part in enumerate(parts))

    def _leaf(self, name: str, how: str, rest: Mapping[str, Json], at: str) -> Tree:
        if "of" in rest and name != "period":
            raise UnreadableFilter(f"{at}/of", "not_a_filter")
        value = rest.get("value")
        if name in _ATTRIBUTES:
            return self._attribute(Attribute(name), how, value, at)
        if name in _FACTS:
            return _yes_or_no(Is(Fact(name)), how, value, at)
        if name in _READ:
            return _READ[name](self, how, value, rest, at)
        if name == Detail.PHONE and how in set(Match):
            return _phone(Match(how), value, f"{at}/value")
        if name in _DETAILS:
            kind = FieldKind.TEXT if name in _PLAIN_DETAILS else FieldKind.DOCUMENT
            return self._record(name, kind, how, value, at)
        if name.startswith(CUSTOM) and (key := name.removeprefix(CUSTOM)) in self.catalogue.fields:
            return self._record(key, self.catalogue.fields[key], how, value, at)
        raise UnreadableFilter(f"{at}/field", "unknown_field", name)

    def _attribute(self, attribute: Attribute, how: str, value: Json, at: str) -> Tree:
        values = _values(value, f"{at}/value")
        match attribute:
            case Attribute.OPERATOR:
                values = tuple(self.me if one == "me" else one for one in values)
            case Attribute.SECTION:
                _check_known(values, _SECTIONS, f"{at}/value")
            case Attribute.PRIORITY:
                _check_known(values, _PRIORITIES, f"{at}/value")
            case _:
                pass
        if how == "all" and attribute in {Attribute.TAG, Attribute.CLIENT_TAG}:
            return AllOf(tuple(HasAny(attribute, (one,)) for one in values))
        return _any_or_none(HasAny(attribute, values), how, at)

    def _period(self, how: str, value: Json, rest: Mapping[str, Json], at: str) -> Tree:
        clock = rest.get("of", Clock.ACTIVITY)
        if clock not in set(Clock):
            raise UnreadableFilter(f"{at}/of", "unknown_value")
        period = self._span(value, f"{at}/value")
        is_before = _one_of(how, ("within", "before"), at) == "before"
        return Happened(Clock(clock), period, is_before)

    def _name(self, how: str, value: Json, rest: Mapping[str, Json], at: str) -> Tree:
        text = _folded(value, f"{at}/value")
        return Named(Match(_one_of(how, tuple(Match), at)), text)

    def _text(self, how: str, value: Json, rest: Mapping[str, Json], at: str) -> Tree:
        _one_of(how, ("says",), at)
        text = _text(value, f"{at}/value")
        if not words_in(text):
            raise UnreadableFilter(f"{at}/value", "no_words")
        return Says(text)

    def _record(self, key: str, kind: FieldKind, how: str, value: Json, at: str) -> Tree:
        if how in {"present", "missing"}:
            _check_none(value, at)
            return Present(key) if how == "present" else Not(Present(key))
        where = f"{at}/value"
        match kind:
            case FieldKind.TEXT | FieldKind.LINK:
                match = Match(_one_of(how, tuple(Match), at))
                text = _folded(value, where)
                is_whole = match is Match.IS
                return HoldsAny(key, (text,)) if is_whole else HoldsText(key, match, text)
            case FieldKind.NUMBER:
                return _number(key, how, value, at)
            case FieldKind.DATE:
                return self._date(key, how, value, at)
            case FieldKind.LIST:
                options = tuple(map(folded, _values(value, where)))
                return _any_or_none(HoldsAny(key, options), how, at)
            case FieldKind.BOOLEAN:
                is_so = _YES_NO.get(_one_of(how, tuple(_YES_NO), at))
                _check_none(value, at)
                return HoldsAny(key, ("true" if is_so else "false",))
            case FieldKind.DOCUMENT:
                _one_of(how, ("is",), at)
                return HoldsAny(key, (folded(bare(_text(value, where))),))

    def _date(self, key: str, how: str, value: Json, at: str) -> Tree:
        zone, where = self.catalogue.zone, f"{at}/value"
        if how in {"is", "before", "after"} and isinstance(value, str) and value not in NAMED:
            day = _day(value, where)
            if how == "is":
                return HoldsAny(key, (day.isoformat(),))
            if how == "after":
                return HoldsDate(key, Days(_next(day, where), None, zone))
            return HoldsDate(key, Days(day, None, zone), is_before=True)
        is_before = _one_of(how, ("within", "before"), at) == "before"
        period = self._span(value, where)
        if not isinstance(period, Calendar | Days):
            raise UnreadableFilter(where, "not_days")
        return HoldsDate(key, period, is_before)

    def _span(self, value: Json, at: str) -> Period:
        zone = self.catalogue.zone
        match value:
            case str() if value in NAMED:
                unit, first, last = NAMED[value]
                return Calendar(unit, first, last, zone)
            case {"last": int() as number, "unit": str() as unit, **rest} if not rest:
                if unit not in MOST or isinstance(number, bool) or not 1 <= number <= MOST[unit]:
                    raise UnreadableFilter(at, "unknown_value")
                return last_of(number, unit, zone)
            case dict() if value and value.keys() <= {"from", "to"}:
                return _from_to(value, zone, at)
            case _:
                raise UnreadableFilter(at, "unknown_value")


_KEYS: Final = frozenset({"field", "is", "value", "of"})
_READ: Final[dict[str, Callable[[_Reading, str, Json, Mapping[str, Json], str], Tree]]] = {
    "period": _Reading._period,  # noqa: SLF001  (a table of what is written above)
    "name": _Reading._name,  # noqa: SLF001  (as above)
    "text": _Reading._text,  # noqa: SLF001  (as above)
}


def _one_of(how: str, known: tuple[str, ...], at: str) -> str:
    if how not in known:
        raise UnreadableFilter(f"{at}/is", "unknown_value")
    return how


def _any_or_none(leaf: HasAny | HoldsAny, how: str, at: str) -> Tree:
    return leaf if _one_of(how, ("any", "none"), at) == "any" else Not(leaf)


def _yes_or_no(leaf: Is, how: str, value: Json, at: str) -> Tree:
    _check_none(value, at)
    return leaf if _YES_NO[_one_of(how, tuple(_YES_NO), at)] else Not(leaf)


def _check_none(value: Json, at: str) -> None:
    if value is not None:
        raise UnreadableFilter(f"{at}/value", "no_value_expected")


def _check_known(values: tuple[str, ...], known: frozenset[str], at: str) -> None:
    if not known.issuperset(values):
        raise UnreadableFilter(at, "unknown_value")


def _values(value: Json, at: str) -> tuple[str, ...]:
    given = value if isinstance(value, list) else [value]
    if not 1 <= len(given) <= MOST_VALUES:
        raise UnreadableFilter(at, "too_many_values")
    return tuple(dict.fromkeys(_text(one, at) for one in given))


def _text(value: Json, at: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UnreadableFilter(at, "not_a_text")
    if len(value) > LONGEST_VALUE:
        raise UnreadableFilter(at, "too_long")
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        # No text that is stored anywhere holds these.
        raise UnreadableFilter(at, "not_a_text")
    return value


def _folded(value: Json, at: str) -> str:
    text = folded(_text(value, at))
    if not text.strip():
        raise UnreadableFilter(at, "no_words")
    return text


def _phone(match: Match, value: Json, at: str) -> Tree:
    """Return the question for a telephone's digits, whichever way they were written."""
    digits = "".join(char for char in _text(value, at) if "0" <= char <= "9")
    if not digits:
        raise UnreadableFilter(at, "invalid_phone")
    match match:
        case Match.IS:
            return HoldsAny(Detail.PHONE, (f"+{digits}", f"+{_BRAZIL}{digits}"))
        case Match.BEGINS:
            return HoldsText(Detail.PHONE, match, f"+{digits}")
        case Match.CONTAINS:
            return HoldsText(Detail.PHONE, match, digits)


def _number(key: str, how: str, value: Json, at: str) -> Tree:
    where = f"{at}/value"
    if how == "between":
        match value:
            case [low, high]:
                below, above = _stored(low, where), _stored(high, where)
                parts = HoldsNumber(key, Order.LESS, below), HoldsNumber(key, Order.MORE, above)
                return AllOf((Present(key), *map(Not, parts)))
            case _:
                raise UnreadableFilter(where, "not_two_numbers")
    if how == "is":
        return HoldsAny(key, (_stored(value, where),))
    return HoldsNumber(key, Order(_one_of(how, tuple(Order), at)), _stored(value, where))


def _stored(value: Json, at: str) -> str:
    try:
        number = of_kind(FieldKind.NUMBER, value).value
    except Unfit as unfit:
        raise UnreadableFilter(at, unfit.code) from None
    if number is None:
        raise UnreadableFilter(at, "invalid_number")
    return number


def _from_to(value: Mapping[str, Json], zone: str, at: str) -> Period:
    """Return the span between two days or between two instants, whichever is written."""
    given = [bound for bound in (value.get("from"), value.get("to")) if bound is not None]
    if not given or not all(isinstance(bound, str) for bound in given):
        raise UnreadableFilter(at, "unknown_value")
    if all(len(bound) == len("2030-01-02") for bound in given):
        first, last = (_optional(value.get(name), _day, at) for name in ("from", "to"))
        return Days(first, last, zone)
    start, end = (_optional(value.get(name), _instant, at) for name in ("from", "to"))
    return Fixed(start, end)


def _optional(value: Json, read: Callable[[str, str], Any], at: str) -> Any:
    return None if value is None else read(value, at)


def _day(value: str, at: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise UnreadableFilter(at, "invalid_date") from None


def _next(day: date, at: str) -> date:
    if day == date.max:
        raise UnreadableFilter(at, "invalid_date")
    return day + timedelta(days=1)


def _instant(value: str, at: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise UnreadableFilter(at, "invalid_date")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableFilter(at, "invalid_date") from None
