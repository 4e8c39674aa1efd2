"""Whom an act may reach, as far as the views know; the desk looks at each as he is."""

from collections.abc import Sequence
from typing import Final

from adapters.storage.postgres.queries import Queries
from domain.access import Scope
from domain.group import NobodyOnline
from domain.values import ChatId, GroupId, OperatorId, Presence, Role
from projections.filters import is_visible

_MOST_REACHED: Final = 200
"""Of one group by one comment."""
_LIKELIEST: Final = 20
"""Members of a group who are looked at before it is said that nobody can take a chat."""
_ALL: Final = Scope(OperatorId(""), Role.ADMINISTRATOR)


async def members_who_see(
    queries: Queries, chat_id: ChatId, groups: Sequence[GroupId]
) -> dict[GroupId, tuple[OperatorId, ...]]:
    """Return who of each group seems to see a chat; the desk looks at each as he is."""
    if not groups:
        return {}
    item = await queries.chat(_ALL, chat_id)
    people = (await queries.operators()).items
    found: dict[GroupId, list[OperatorId]] = {group: [] for group in groups}
    for one in people if item is not None else ():
        his = frozenset(GroupId(group["id"]) for group in one["groups"])
        scope = Scope(OperatorId(one["id"]), Role(one["role"]), his)
        if one["active"] and item is not None and is_visible(item, scope):
            for group in his.intersection(found):
                found[group].append(scope.operator_id)
    return {group: tuple(members[:_MOST_REACHED]) for group, members in found.items()}


async def who_may_take(queries: Queries, group_id: str | None) -> tuple[OperatorId, ...]:
    """
    Return who seems able to take a chat of a group that refuses those nobody can take (R9).

    The desk looks at each as he is; the likeliest are enough, so that it is quick.
    """
    if group_id is None:
        return ()
    groups = (await queries.groups()).items
    group = next((g for g in groups if g["id"] == group_id), None)
    if group is None or group["on_nobody_online"] != NobodyOnline.REFUSE:
        return ()
    there = [
        (seat.load - seat.capacity, seat.operator_id)
        for seat in await queries.seats()
        if seat.presence is Presence.ONLINE and group_id in seat.groups
    ]
    return tuple(operator_id for _, operator_id in sorted(there)[:_LIKELIEST])
