"""What `projections.filters` asks of an item, asked of the inbox's table."""

from dataclasses import dataclass, field
from typing import Any, Final

from psycopg.sql import SQL, Composable, Composed, Placeholder

from adapters.storage.postgres.chat_items import LATE, LEAST, NOW
from adapters.storage.postgres.columns import SCHEMA
from domain.access import Scope
from domain.values import Role
from projections.filter_tree import Attribute, HasAny, leaves
from projections.filters import ChatFilter, Listed

_ASSIGNED: Final = SQL("c.operator_id IS NOT NULL")
# The second condition follows from the first, and is one that an index can stop at.
_SECTIONS: Final[dict[Listed, Composable]] = {
    Listed.NEW: SQL("c.operator_id IS NULL AND c.closed_at IS NULL"),
    Listed.WAITING: SQL("{} AND {} AND c.waiting_key <= {} - {}").format(
        _ASSIGNED, LATE, NOW, LEAST
    ),
    Listed.OPEN: SQL("{} AND NOT ({})").format(_ASSIGNED, LATE),
    Listed.UNREAD: SQL("c.unread > 0"),
    Listed.CLOSED: SQL("c.closed_at IS NOT NULL"),
    Listed.ALL: SQL("true"),
}


@dataclass(slots=True)
class Conditions:
    """Conditions on a chat `c` of the group `g`, and their parameters."""

    parts: list[Composable] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, part: Composable, **values: Any) -> None:
        self.parts.append(part)
        self.values.update(values)

    def join(self, other: "Conditions") -> None:
        """Add the conditions of another, which has other parameters or the same ones."""
        self.parts.extend(other.parts)
        self.values.update(other.values)

    def sql(self) -> Composed:
        return SQL(" AND ").join([SQL("({})").format(part) for part in self.parts])


def conditions(chats: ChatFilter, scope: Scope) -> Conditions:
    """
    Return what holds for the chats of a list that somebody sees.

    What takes a look at the tables first, `search` and `tree`, is for `narrowing.narrowed`.
    """
    found = Conditions()
    found.add(_SECTIONS[chats.section])
    if not scope.sees_all:
        found.add(_visible(scope, chats.section), me=scope.operator_id, groups=list(scope.groups))
    for name, part in _EQUALS.items():
        if (value := getattr(chats, name)) is not None:
            found.add(part, **{name: value})
    for number, word in enumerate(chats.words):
        found.add(_says(number), **{f"word{number}": word})
    return found


def asks_for_lateness(chats: ChatFilter) -> bool:
    """Return whether a list needs the parameters that `limits.late_limits` gives."""
    asked = () if chats.tree is None else leaves(chats.tree)
    return chats.section in {Listed.WAITING, Listed.OPEN} or any(
        isinstance(leaf, HasAny) and leaf.attribute is Attribute.SECTION for leaf in asked
    )


_EQUALS: Final[dict[str, Composable]] = {
    "operator": SQL("c.operator_id = %(operator)s"),
    "group": SQL("c.group_id = %(group)s"),
    # Whose record goes on in another one is shown as that one (C4).
    "client": SQL(
        "c.client_id = ANY(ARRAY(SELECT %(client)s::text WHERE NOT EXISTS ("
        "SELECT 1 FROM {schema}.clients WHERE id = %(client)s AND merged_into IS NOT NULL)"
        " UNION ALL SELECT id FROM {schema}.clients WHERE merged_into = %(client)s))"
    ).format(schema=SQL(SCHEMA)),
    "tag": SQL("c.tags <> '{}' AND c.tags @> ARRAY[%(tag)s]::text[]"),
    "channel": SQL(
        "c.channel = %(channel)s OR c.account_id = ANY("
        "ARRAY(SELECT id FROM {schema}.channels WHERE name = %(channel)s))"
    ).format(schema=SQL(SCHEMA)),
}


def _visible(scope: Scope, listed: Listed) -> Composable:
    """Return the rule of `Scope.sees`, as short as the list allows (V13)."""
    is_assigned = listed in {Listed.WAITING, Listed.OPEN, Listed.UNREAD}
    own = SQL("c.operator_id = %(me)s") if is_assigned else SQL("c.seen_as = %(me)s")
    if scope.role is Role.SUPERVISOR:
        return SQL("{} OR c.group_id = ANY(%(groups)s)").format(own)
    if is_assigned or listed is Listed.CLOSED or (not scope.sees_new and listed is not Listed.NEW):
        return own
    if not scope.sees_new:
        return SQL("false")
    free = SQL("c.group_id IS NULL OR c.group_id = ANY(%(groups)s)")
    if listed is Listed.NEW:
        return free
    return SQL("{} OR (c.operator_id IS NULL AND c.closed_at IS NULL AND ({}))").format(own, free)


def _says(number: int) -> Composable:
    word = Placeholder(f"word{number}")
    return SQL(
        "position({word} IN c.words) > 0 OR EXISTS (SELECT 1 FROM {schema}.clients AS who"
        " WHERE who.id = c.client_id AND position({word} IN who.words) > 0)"
    ).format(word=word, schema=SQL(SCHEMA))


def inbox_query(found: Conditions) -> Composed:
    """Return the query of the chats for which the conditions hold."""
    return SQL(
        "SELECT c.* FROM {schema}.inbox AS c LEFT JOIN {schema}.groups AS g ON g.id = c.group_id"
        " WHERE {where}"
    ).format(schema=SQL(SCHEMA), where=found.sql())
