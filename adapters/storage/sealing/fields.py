"""
Which fields of an event tell something about a person, and how they are taken out of it.

What is left is the event with a hole, null, in each place. Types, times, numbers and how
many there were of each stay readable, which is what counts and proofs need after an erasure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    Protocol,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from domain.values import ERASED, Personal

Json = Any


class Place(Protocol):
    """What a field's type says about where personal values are in it."""

    def take(self, holder: Any, at: Any) -> Json:
        """Leave holes in `holder[at]`; return what was there, in the same shape, or None."""
        ...

    def fill(self, holder: Any, at: Any) -> None:
        """Put into each hole what says that its value was erased."""
        ...


@dataclass(frozen=True, slots=True)
class Leaf:
    """One personal value."""

    erased: Json

    def take(self, holder: Any, at: Any) -> Json:
        value = holder[at]
        holder[at] = None
        return value

    def fill(self, holder: Any, at: Any) -> None:
        if holder[at] is None:
            holder[at] = self.erased


@dataclass(frozen=True, slots=True)
class Items:
    """Several, in a list."""

    each: Place

    def take(self, holder: Any, at: Any) -> Json:
        items = holder[at]
        taken = [self.each.take(items, n) for n in range(len(items))]
        return taken if any(one is not None for one in taken) else None

    def fill(self, holder: Any, at: Any) -> None:
        items = holder[at]
        for n in range(len(items)):
            self.each.fill(items, n)


@dataclass(frozen=True, slots=True)
class Fields:
    """Those of a value with named fields."""

    places: Mapping[str, Place]

    def take(self, holder: Any, at: Any) -> Json:
        whole, taken = holder[at], {}
        for name, place in self.places.items():
            if whole.get(name) is not None and (one := place.take(whole, name)) is not None:
                taken[name] = one
        return taken or None

    def fill(self, holder: Any, at: Any) -> None:
        whole = holder[at]
        # Nobody must take the number in an erased place for one: the words beside it say so.
        lost = any(
            isinstance(place, Leaf)
            and place.erased != ERASED
            and name in whole
            and whole[name] is None
            for name, place in self.places.items()
        )
        for name, place in self.places.items():
            if lost and place == TEXT:
                whole[name] = ERASED
            elif name in whole:
                place.fill(whole, name)


@dataclass(frozen=True, slots=True)
class Kinds:
    """A value of one of several types, told apart by its `kind`."""

    kinds: Mapping[str, Place]

    def take(self, holder: Any, at: Any) -> Json:
        place = self.kinds.get(holder[at]["kind"])
        return None if place is None else place.take(holder, at)

    def fill(self, holder: Any, at: Any) -> None:
        place = self.kinds.get(holder[at]["kind"])
        if place is not None:
            place.fill(holder, at)


TEXT: Final = Leaf(ERASED)
NUMBER: Final = Leaf(0.0)
_LEAVES: Final[Mapping[Any, Leaf]] = {str: TEXT, float: NUMBER}


class CannotBeSealed(TypeError):
    """A personal value stands where nothing knows how to take it out."""


def places_in(type_: Any) -> Place | None:
    """
    Return where a type holds personal values; None where it holds none.

    Raises `CannotBeSealed` for a marked value in a shape that nothing here can take apart.
    """
    if get_origin(type_) is Annotated:
        inner, *marks = get_args(type_)
        if any(isinstance(mark, Personal) for mark in marks):
            if inner not in _LEAVES:
                raise CannotBeSealed(f"{type_}")
            return _LEAVES[inner]
        return places_in(inner)
    if get_origin(type_) in {Union, UnionType}:
        return _one_of([one for one in get_args(type_) if one is not NoneType])
    if is_dataclass(type_):
        hints = get_type_hints(type_, include_extras=True)
        places = {name: place for name, hint in hints.items() if (place := places_in(hint))}
        return Fields(places) if places else None
    inside = [place for one in get_args(type_) if (place := _unless_literal(type_, one))]
    if not inside:
        return None
    if get_origin(type_) not in {tuple, list} or len(inside) != 1:
        raise CannotBeSealed(f"{type_}")
    return Items(inside[0])


def _unless_literal(outer: Any, inner: Any) -> Place | None:
    return None if get_origin(outer) is Literal or inner is Ellipsis else places_in(inner)


def _one_of(types: list[Any]) -> Place | None:
    if len(types) == 1:
        return places_in(types[0])
    kinds = {
        kind: place
        for type_ in types
        if (place := places_in(type_)) is not None
        for kind in _kinds_of(type_)
    }
    return Kinds(kinds) if kinds else None


def _kinds_of(type_: Any) -> Iterator[str]:
    hint = get_type_hints(type_).get("kind") if is_dataclass(type_) else None
    if get_origin(hint) is not Literal:
        raise CannotBeSealed(f"{type_} has no kind to be told by")
    yield from get_args(hint)


def joined(clear: Json, personal: Json) -> Json:
    """
    Return the two as one again.

    >>> joined({"n": 1, "parts": [{"text": None}]}, {"parts": [{"text": "Oi"}]})
    {'n': 1, 'parts': [{'text': 'Oi'}]}
    """
    if isinstance(personal, dict):
        for name, one in personal.items():
            clear[name] = joined(clear.get(name), one)
        return clear
    if isinstance(personal, list) and isinstance(clear, list):
        return [joined(*pair) for pair in zip(clear, personal, strict=True)]
    return clear if personal is None else personal
