"""Filters as people write them, drawn by lot, and what there is to ask about."""

from datetime import date
from typing import Any, Final

from hypothesis import strategies as st

from domain.field import FieldKind
from projections.filter_parsing import Catalogue
from tests.projections.histories import GROUPS, OPERATORS

Written = dict[str, Any]

CATALOGUE: Final = Catalogue(
    "America/Sao_Paulo",
    {kind.value: kind for kind in FieldKind},
)
"""A field of each kind, called like the kind."""
ENTERED: Final[dict[FieldKind, tuple[str, ...]]] = {
    FieldKind.TEXT: ("Fábio 100%_", "nota\\"),
    FieldKind.NUMBER: ("12.5", "-3", "0"),
    FieldKind.DATE: ("2030-01-01", "2030-01-02", "1999-12-31"),
    FieldKind.LIST: ("Ouro", "prata"),
    FieldKind.BOOLEAN: ("true", "false"),
    FieldKind.LINK: ("https://ipe.test/A",),
    FieldKind.DOCUMENT: ("12345678909", "12ABC34501DE35"),
}
"""What records hold, as it is stored."""

_texts = st.sampled_from(["fabio", "FÁB", "o", "%", "_", "\\", "nota", "Zoë", "12345", "João"])
_days = st.dates(date(1999, 12, 30), date(2030, 1, 3)).map(date.isoformat)
_named = ["today", "yesterday", "this_week", "last_week", "this_month", "last_year"]


def _last(most: int, *units: str) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda n, unit: {"last": n, "unit": unit}, st.integers(1, most), st.sampled_from(units)
    )


_of_days: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(_named),
    _last(10, "days", "weeks", "months", "years"),
    st.builds(lambda a, b: {"from": a, "to": b}, _days, _days),
    st.builds(lambda a: {"from": a}, _days),
)
_spans: st.SearchStrategy[Any] = st.one_of(
    _of_days,
    _last(100, "minutes", "hours"),
    st.sampled_from([{"to": "2030-01-02T09:05:00Z"}, {"from": "2030-01-02T06:02:00-03:00"}]),
)


def _asked(field: str, how: list[str], value: st.SearchStrategy[Any]) -> st.SearchStrategy[Written]:
    return st.builds(
        lambda is_, given: {"field": field, "is": is_, "value": given}, st.sampled_from(how), value
    )


def _bare(field: str, how: list[str]) -> st.SearchStrategy[Written]:
    return st.sampled_from([{"field": field, "is": is_} for is_ in how])


def _some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3)


_comparing = ["is", "contains", "begins"]
_held = ["present", "missing"]
_leaves: st.SearchStrategy[Written] = st.one_of(
    _asked("tag", ["any", "all", "none"], _some("vip", 'ç,{}"\\', "none")),
    _asked("client_tag", ["any", "all", "none"], _some("vip", "ouro", "'")),
    _asked("channel", ["any", "none"], _some("whatsapp", "zap", "wa", "telegram")),
    _asked("group", ["any", "none"], _some(*GROUPS, "none", "nobody")),
    _asked("operator", ["any", "none"], _some(*OPERATORS, "me", "nobody")),
    _asked("section", ["any", "none"], _some("new", "waiting", "open", "closed")),
    _asked("priority", ["any", "none"], _some("low", "normal", "high", "urgent")),
    _asked("client", ["any", "none"], _some("client-of-c1", "client-of-c2", "x")),
    _bare("unread", ["yes", "no"]),
    _bare("attachment", ["yes", "no"]),
    _bare("snoozed", ["yes", "no"]),
    _asked("name", _comparing, _texts),
    _asked("text", ["says"], st.sampled_from(["nota", "notas fiscais", "João", "123.456.789-09"])),
    st.builds(
        lambda asked, of: {**asked, "of": of},
        _asked("period", ["within", "before"], _spans),
        st.sampled_from(["activity", "opened", "client", "closed", "waiting"]),
    ),
    *(_asked(detail, _comparing, _texts) for detail in ("email", "notes")),
    *(_bare(detail, _held) for detail in ("phone", "cpf", "cnpj", "custom:link")),
    _asked("phone", _comparing, st.sampled_from(["(11) 90000-0001", "119", "+55"])),
    _asked("cpf", ["is"], st.just("123.456.789-09")),
    _asked("custom:cpf_cnpj", ["is"], st.sampled_from(["12.abc.345/01de-35", "1"])),
    _asked("custom:text", _comparing, _texts),
    _asked("custom:number", ["is", "less", "more"], st.sampled_from([12.5, -3, "0", 7])),
    _asked("custom:number", ["between"], st.sampled_from([[-3, 12], ["0", 0]])),
    _asked("custom:date", ["is", "before", "after"], _days),
    _asked("custom:date", ["within", "before"], _of_days),
    _asked("custom:list", ["any", "none"], _some("Ouro", "prata", "bronze")),
    _bare("custom:boolean", ["yes", "no", *_held]),
)
written: st.SearchStrategy[Written] = st.recursive(
    _leaves,
    lambda parts: st.one_of(
        st.lists(parts, max_size=4).map(lambda some: {"all": some}),
        st.lists(parts, max_size=4).map(lambda some: {"any": some}),
        parts.map(lambda part: {"not": part}),
    ),
    max_leaves=8,
)
"""Filters that can all be read."""
