"""Saved filters as somebody has them: what they ask, and what is wrong with them (T5)."""

import json
from dataclasses import dataclass

from domain.access import Action, Belonging, Scope, can
from domain.saved_filter import SharedTab
from projections.filter_parsing import CUSTOM, Catalogue, UnreadableFilter, parse_filter
from projections.filter_tree import NOTHING, Attribute, HasAny, Tree, leaves
from projections.items import Item, named
from projections.tabs import FilterRow


@dataclass(frozen=True, slots=True)
class SavedTab:
    """A saved filter, with the names of its ids and its place among somebody's tabs."""

    row: FilterRow
    owner: str | None = None
    group: str | None = None
    place: int | None = None
    """Where its owner's dragging left it; None where it was never put in order."""

    def read(self, catalogue: Catalogue, me: str) -> tuple[Tree, Item | None]:
        """Return what it asks, and what is wrong with it: it asks for nothing then."""
        try:
            tree = parse_filter(self.row.filter, catalogue, me)
        except UnreadableFilter as error:
            return NOTHING, _problem(error)
        removed = catalogue.removed_tags.intersection(_tags(tree))
        if removed:
            return NOTHING, {"code": "tag_removed", "tags": sorted(removed)}
        return tree, None

    def item(self, catalogue: Catalogue, scope: Scope, order: int) -> Item:
        """Return the tab as somebody sees it, who has it at the place `order`."""
        row = self.row
        return {
            "id": row.id,
            "version": row.version,
            "position": row.changed,
            "name": row.name,
            "filter": json.loads(row.filter),
            "shared": row.shared.value,
            "group": named(row.group_id, self.group),
            "owner": named(row.owner, self.owner),
            "order": order,
            "colour": row.colour,
            "icon": row.icon,
            "may_change": may_share(scope, row.shared, row.group_id, row.owner),
            "problem": self.read(catalogue, scope.operator_id)[1],
        }


def may_share(scope: Scope, shared: SharedTab, group_id: str | None, owner: str) -> bool:
    """
    Return whether somebody may make, change and remove such a tab.

    Everybody his own; a supervisor those of groups he supervises, an administrator all that
    are shared.
    """
    match shared:
        case SharedTab.PERSONAL:
            return can(scope, Action.READ, Belonging(owner=owner))
        case SharedTab.GROUP:
            return can(scope, Action.SUPERVISE, Belonging(group_id=group_id or ""))
        case SharedTab.EVERYONE:
            return can(scope, Action.ADMINISTER, Belonging())


def _problem(error: UnreadableFilter) -> Item:
    if error.code == "unknown_field":
        key = (error.value or "").removeprefix(CUSTOM)
        return {"code": "field_removed", "field": key}
    return {"code": "unreadable", "pointer": error.pointer}


def _tags(tree: Tree) -> frozenset[str]:
    return frozenset(
        value
        for leaf in leaves(tree)
        if isinstance(leaf, HasAny) and leaf.attribute is Attribute.TAG
        for value in leaf.values
    )
