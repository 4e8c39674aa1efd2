"""
Operators and groups as somebody is shown them: what counts chats, only as far as he sees those.

Who there is, where, and who has room everybody sees who may pass a chat on (R9); how much
somebody of other groups has to do, and how to reach him, is nobody else's business (V13).
"""

from collections.abc import Iterable
from typing import Final

from domain.access import Action, Scope, Workload, can
from domain.values import GroupId
from projections.items import Item
from projections.text import folded

OF_HIS_OWN: Final = (
    "email",
    "capacity",
    "load",
    "online_since",
    "last_assigned_at",
    "given_since_online",
)
"""Members of an operator that are null for who does not see his workload."""
OF_ITS_OWN: Final = ("new", "load")
"""Members of a group that are null for who does not see its chats."""


def operators_for(scope: Scope, items: Iterable[Item], q: str | None = None) -> list[Item]:
    """Return operators as somebody may see them, those whose name or e-mail holds all words."""
    shown = (_operator(scope, item) for item in items)
    return [item for item in shown if _holds(q, item["name"], item["email"])]


def groups_for(scope: Scope, items: Iterable[Item], q: str | None = None) -> list[Item]:
    """Return groups as somebody may see them, those whose name holds all words."""
    shown = (_group(scope, item) for item in items)
    return [item for item in shown if _holds(q, item["name"])]


def _operator(scope: Scope, item: Item) -> Item:
    work = Workload(frozenset(GroupId(group["id"]) for group in item["groups"]), item["id"])
    return item if can(scope, Action.READ, work) else item | dict.fromkeys(OF_HIS_OWN)


def _group(scope: Scope, item: Item) -> Item:
    work = Workload(frozenset({GroupId(item["id"])}))
    return item if can(scope, Action.READ, work) else item | dict.fromkeys(OF_ITS_OWN)


def _holds(q: str | None, *texts: str | None) -> bool:
    said = folded(" ".join(text for text in texts if text is not None))
    return all(word in said for word in folded(q or "").split())
