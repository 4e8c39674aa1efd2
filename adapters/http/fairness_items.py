"""The report of fairness as the outside gets it, from HTTP and from the command alike."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.values import GroupId, OperatorId
from projections.fairness import MOST_POSITIONS, Counted, Shift, What
from projections.items import stamp

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """Whom and what is told of; None for all."""

    operators: Collection[OperatorId] | None = None
    groups: Collection[GroupId] | None = None
    """Only what happened in chats of these groups."""

    def tells_of(self, shift: Shift) -> bool:
        return self.operators is None or shift.operator_id in self.operators


def items_of(
    shifts: Iterable[Shift], told: Told, people: Mapping[str, str], groups: Mapping[str, str]
) -> list[Json]:
    """Return a shift an item, with people and groups by id and name."""
    return [_item(shift, told, people, groups) for shift in shifts if told.tells_of(shift)]


def _item(shift: Shift, told: Told, people: Mapping[str, str], groups: Mapping[str, str]) -> Json:
    sums = {what: Counted() for what in What}
    reasons: dict[str, int] = {}
    by_group: dict[GroupId | None, dict[str, int]] = {}
    for (group_id, what, reason), counted in shift.counts.items():
        if told.groups is not None and group_id not in told.groups:
            continue
        _add(sums[what], counted)
        of_group = by_group.setdefault(group_id, {})
        of_group[what.value] = of_group.get(what.value, 0) + counted.count
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + counted.count
    return {
        "operator": {"id": shift.operator_id, "name": people.get(shift.operator_id)},
        "shift": {
            "began": stamp(shift.began),
            "began_at": shift.began_at,
            "ended": stamp(shift.ended),
        },
        "minutes": {
            "online": _minutes(shift.online.total_seconds()),
            "away": _minutes(shift.away.total_seconds()),
            "at_capacity": _minutes(shift.at_capacity.total_seconds()),
        },
        **{w.value: {"count": c.count, "positions": sorted(c.positions)} for w, c in sums.items()},
        "taken_back_by_reason": dict(sorted(reasons.items())),
        "groups": [
            {"id": id_, "name": None if id_ is None else groups.get(id_), **counts}
            for id_, counts in sorted(by_group.items(), key=lambda one: one[0] or "")
        ],
    }


def _add(total: Counted, counted: Counted) -> None:
    total.count += counted.count
    room = MOST_POSITIONS - len(total.positions)
    total.positions += counted.positions[:room]


def _minutes(seconds: float) -> float:
    return round(seconds / 60, 2)
