"""What `projections.filter_holds` asks of a chat in memory, asked of the tables (T5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString

from psycopg.sql import SQL, Composable, Composed, Identifier, Placeholder
from psycopg.types.json import Jsonb

from adapters.storage.postgres.asking import asked
from adapters.storage.postgres.chat_items import LATE
from adapters.storage.postgres.columns import SCHEMA
from domain.values import Timestamp
from projections import filter_tree as f
from projections.filter_holds import TIMES
from projections.inbox_row import Section

_TRUE: Final = SQL("true")
_FALSE: Final = SQL("false")

_SECTIONS: Final[dict[str, Composable]] = {
    Section.NEW: SQL("c.operator_id IS NULL AND c.closed_at IS NULL"),
    Section.WAITING: SQL("c.operator_id IS NOT NULL AND {}").format(LATE),
    Section.OPEN: SQL("c.operator_id IS NOT NULL AND NOT ({})").format(LATE),
    Section.CLOSED: SQL("c.closed_at IS NOT NULL"),
}
_FACTS: Final[dict[f.Fact, SQL]] = {
    f.Fact.UNREAD: SQL("c.unread > 0"),
    f.Fact.ATTACHMENT: SQL("c.has_attachment"),
    f.Fact.SNOOZED: SQL("c.snoozed_until IS NOT NULL"),
}
_ANY_OF: Final[dict[f.Attribute, LiteralString]] = {
    f.Attribute.TAG: "c.tags <> '{{}}' AND c.tags && {values}::text[]",
    f.Attribute.CHANNEL: (
        "c.channel = ANY({values}::text[]) OR c.account_id = ANY({values}::text[])"
        " OR c.account_id = ANY(ARRAY("
        "SELECT id FROM {schema}.channels WHERE name = ANY({values}::text[])))"
    ),
    f.Attribute.GROUP: "c.group_id = ANY({values}::text[])",
    f.Attribute.OPERATOR: "c.operator_id = ANY({values}::text[])",
    f.Attribute.PRIORITY: "c.priority = ANY({values}::text[])",
}
_NONE: Final[dict[f.Attribute, tuple[str, SQL]]] = {
    f.Attribute.GROUP: (f.NO_GROUP, SQL("c.group_id IS NULL")),
    f.Attribute.OPERATOR: (f.NOBODY, SQL("c.operator_id IS NULL")),
}

# Who is merged into somebody is asked about as that one (C4).
_RECORD: Final = SQL(
    "EXISTS (SELECT 1 FROM {schema}.clients AS p"
    " JOIN {schema}.clients AS w ON w.id = coalesce(p.merged_into, p.id)"
    " WHERE p.id = c.client_id AND ({condition}))"
)
_MATCHES: Final[dict[f.Match, LiteralString]] = {
    f.Match.IS: "{text} = {wanted}",
    f.Match.BEGINS: "starts_with({text}, {wanted})",
    f.Match.CONTAINS: "position({wanted} IN {text}) > 0",
}
_NUMBER: Final = "^-?[0-9]{1,20}([.][0-9]{1,20})?$"


@dataclass(slots=True)
class Compiling:
    """One tree on its way to a condition on a chat `c`; what is asked for are parameters."""

    now: Timestamp
    prefix: str = "f"
    """Of the parameters' names, for several trees in one statement."""
    values: dict[str, Any] = field(default_factory=dict)

    def condition(self, tree: f.Tree) -> Composable:
        """Return the condition, which may be null where it does not hold."""
        match tree:
            case f.AllOf(parts):
                return _joined(" AND ", [self.condition(part) for part in parts], _TRUE)
            case f.AnyOf(parts):
                return _joined(" OR ", [self.condition(part) for part in parts], _FALSE)
            case f.Not(part):
                return SQL("({}) IS NOT TRUE").format(self.condition(part))
            case f.HasAny(attribute, values):
                return self._has_any(attribute, values)
            case f.Is(fact):
                return _FACTS[fact]
            case f.Says(text):
                return SQL(
                    "EXISTS (SELECT 1 FROM {schema}.search AS s"
                    " WHERE s.chat_id = c.chat_id AND s.words @@ {query}::tsquery)"
                ).format(schema=SQL(SCHEMA), query=self.given(said(text)))
            case f.Happened(clock, period, is_before):
                column = Identifier("c", TIMES[clock])
                return self._lies(column, "timestamptz", period.bounds(self.now), is_before)
            case _:
                condition = self.of_record(tree)
                return _RECORD.format(schema=SQL(SCHEMA), condition=condition)

    def of_record(self, leaf: f.Named | f.OfRecord | f.HasAny) -> Composable:
        """Return the condition on the record `w` that a chat is shown under."""
        match leaf:
            case f.HasAny(values=values):
                return SQL("w.tags <> '{{}}' AND w.tags && {}::text[]").format(
                    self.given(list(values))
                )
            case f.Named(match, text):
                return SQL(_MATCHES[match]).format(text=SQL("w.words"), wanted=self._text(text))
            case f.HoldsAny(key, values):
                ways = [
                    SQL("w.held @> {}").format(self.given(Jsonb({key: value}))) for value in values
                ]
                return SQL("w.held <> '{{}}' AND ({})").format(_joined(" OR ", ways, _FALSE))
            case _:
                return self._compared(leaf)

    def _compared(self, leaf: f.Present | f.HoldsText | f.HoldsNumber | f.HoldsDate) -> Composable:
        held = SQL("(w.held->>{})").format(self._text(leaf.key))
        match leaf:
            case f.Present():
                return SQL("{} IS NOT NULL").format(held)
            case f.HoldsText(match=match, text=text):
                return SQL(_MATCHES[match]).format(text=held, wanted=self._text(text))
            case f.HoldsNumber(order=order, number=number):
                return SQL(
                    "CASE WHEN {held} ~ {form} THEN {held}::numeric {sign} {number}::numeric END"
                ).format(
                    held=held,
                    form=self.given(_NUMBER),
                    sign=SQL("<" if order is f.Order.LESS else ">"),
                    number=self.given(number),
                )
            case f.HoldsDate(period=period, is_before=is_before):
                start, end = period.dates(self.now)
                days = (start and start.isoformat(), end and end.isoformat())
                day = SQL('{} COLLATE "C"').format(held)
                return self._lies(day, "text", days, is_before)

    def _has_any(self, attribute: f.Attribute, values: tuple[str, ...]) -> Composable:
        if attribute is f.Attribute.SECTION:
            return _joined(" OR ", [_SECTIONS[value] for value in values], _FALSE)
        if attribute is f.Attribute.CLIENT_TAG:
            condition = self.of_record(f.HasAny(attribute, values))
            return _RECORD.format(schema=SQL(SCHEMA), condition=condition)
        if attribute is f.Attribute.CLIENT:
            return SQL(
                "coalesce((SELECT p.merged_into FROM {schema}.clients AS p"
                " WHERE p.id = c.client_id), c.client_id) = ANY({values}::text[])"
            ).format(schema=SQL(SCHEMA), values=self.given(list(values)))
        ways: list[Composable] = []
        word, is_none = _NONE.get(attribute, ("", _FALSE))
        if word and word in values:
            ways.append(is_none)
            values = tuple(value for value in values if value != word)
        if values:
            way = SQL(_ANY_OF[attribute])
            ways.append(way.format(schema=SQL(SCHEMA), values=self.given(list(values))))
        return _joined(" OR ", ways, _FALSE)

    def _lies(
        self,
        at: Composable,
        type_: LiteralString,
        bounds: tuple[Any, Any],
        is_before: bool,
    ) -> Composable:
        start, end = bounds
        if is_before:
            parts = [] if start is None else [(SQL("<"), start)]
        else:
            parts = [(sign, one) for sign, one in ((SQL(">="), start), (SQL("<"), end)) if one]
        compared = [
            SQL("{} {} {}::{}").format(at, sign, self.given(one), SQL(type_)) for sign, one in parts
        ]
        if not is_before and not compared:
            return SQL("{} IS NOT NULL").format(at)
        return _joined(" AND ", compared, _FALSE)

    def given(self, value: Any) -> Placeholder:
        """Return the parameter that stands for a value."""
        name = f"{self.prefix}{len(self.values)}"
        self.values[name] = value
        return Placeholder(name)

    def _text(self, text: str) -> Composed:
        return SQL("{}::text").format(self.given(text))


def said(text: str) -> str:
    """Return the `tsquery` of a text that a filter asks for: whole words, in all their forms."""
    return asked(f"{text} ").query()


def _joined(word: LiteralString, parts: Sequence[Composable], if_none: SQL) -> Composable:
    if not parts:
        return if_none
    return SQL(word).join([SQL("({})").format(part) for part in parts])
