"""Any value of a type that can be written into the log, for property tests."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin

from hypothesis import strategies as st
from typing_extensions import get_type_hints

BIG: Final = 2**63 - 1
TIMES: Final = st.datetimes(datetime(1, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  (the zone comes beside it)
SPANS: Final = st.timedeltas(-timedelta(days=10_000), timedelta(days=10_000))
PLAIN: Final[Mapping[Any, st.SearchStrategy[Any]]] = {
    str: st.text(max_size=20),
    int: st.integers(-BIG, BIG),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    type(None): st.none(),
    date: st.dates(),
    datetime: TIMES,
    timedelta: SPANS,
}


def any_of(hint: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for any value that a type hint allows."""
    origin = get_origin(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if isinstance(hint, NewType):
        return any_of(hint.__supertype__)
    if origin is Annotated:
        return any_of(get_args(hint)[0])
    if origin is Literal:
        return st.sampled_from(get_args(hint))
    if origin in {Union, UnionType}:
        return st.one_of([any_of(each) for each in get_args(hint)])
    if origin is tuple:
        return st.lists(any_of(get_args(hint)[0]), max_size=3).map(tuple)
    if origin is Mapping:
        key, value = get_args(hint)
        return st.dictionaries(any_of(key), any_of(value), max_size=3)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    assert isinstance(hint, type), f"no strategy for {hint}"
    assert is_dataclass(hint), f"no strategy for {hint}"
    hints = get_type_hints(hint, include_extras=True)
    return st.builds(hint, **{field.name: any_of(hints[field.name]) for field in fields(hint)})
