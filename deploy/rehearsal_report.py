"""What a rehearsal found, beside what really was: as JSON, and as a table."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from adapters.storage.postgres.log import LogReader
from domain.group import Group
from domain.operator import Operator
from routers.rehearsal.course import Figures
from routers.rehearsal.rehearsal import Rehearsal
from routers.rehearsal.spread import Spread

ASSUMPTIONS: Final = (
    "Clients wrote, and operators came and went, as the log says. From the first decision that"
    " came out otherwise, whoever has a chat takes as long for each answer, transfer and close as"
    " was really taken, counted from when he had the chat, from the message that he answers and"
    " from what he did before; so each chat is held for as long as it really was. Assignments"
    " take no time, and the router is never away."
)
SHARES: Final = (50, 90, 99)
_HEADER: Final = ("chats", "to assignment, s", "to answer, s", "over patience", "min. full")

Named = dict[tuple[str, str], dict[str, Any]]
"""Figures by name and id."""


def figures_of(done: Rehearsal, reader: LogReader) -> dict[str, Any]:
    """Return what came out, for JSON: groups and operators in the order of their names."""

    def name(kind: str, id_: str | None) -> str:
        state = None if id_ is None else reader.state(f"{kind}-{id_}")
        return state.name if isinstance(state, Group | Operator) and state.exists else "(none)"

    both = {"real": done.real, "rehearsed": done.rehearsed}
    agreement = done.agreement
    return {
        "diverged_at": done.diverged_at,
        "assignments_before": agreement.recorded,
        "decided_alike": agreement.decided_alike,
        "policy_failures": agreement.failed,
        "groups": _beside({how: _named(one.groups, "group", name) for how, one in both.items()}),
        "operators": _beside(
            {how: _named(one.operators, "operator", name) for how, one in both.items()}
        ),
    }


def _named(
    found: Mapping[Any, Figures], kind: str, name: Callable[[str, str | None], str]
) -> Named:
    return {(name(kind, id_), id_ or ""): _figures(one) for id_, one in found.items()}


def _figures(one: Figures) -> dict[str, Any]:
    return {
        "chats": one.chats,
        "to_assignment": _shares(one.to_assignment),
        "to_answer": _shares(one.to_answer),
        "over_patience": one.over_patience,
        "minutes_at_capacity": round(one.at_capacity.total_seconds() / 60, 1),
    }


def _shares(spread: Spread) -> dict[str, float | None]:
    found = {f"p{share}": spread.percentile(share) for share in SHARES}
    return {name: None if value is None else round(value, 1) for name, value in found.items()}


def _beside(both: dict[str, Named]) -> list[dict[str, Any]]:
    nothing = _figures(Figures())
    keys = sorted({key for one in both.values() for key in one})
    return [
        {
            "id": id_ or None,
            "name": name,
            **{course: one.get((name, id_), nothing) for course, one in both.items()},
        }
        for name, id_ in keys
    ]


def as_table(told: dict[str, Any]) -> str:
    """Return what came out as lines: what really was above what was rehearsed."""
    lines: list[str] = []
    for kind in ("groups", "operators"):
        rows: list[tuple[str, ...]] = [(kind, *_HEADER)]
        for one in told[kind]:
            rows.append(_row(f"{one['name']}, really", one["real"]))
            rows.append(_row("  rehearsed", one["rehearsed"]))
        widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            lines.append("  ".join(cells).rstrip())
        lines.append("")
    times = " / ".join(f"p{share}" for share in SHARES)
    return "\n".join([*lines, f"times are {times}", _agreement(told), ASSUMPTIONS])


def _row(name: str, figures: dict[str, Any]) -> tuple[str, ...]:
    return (
        name,
        f"{figures['chats']}",
        _triple(figures["to_assignment"]),
        _triple(figures["to_answer"]),
        f"{figures['over_patience']}",
        f"{figures['minutes_at_capacity']}",
    )


def _triple(shares: dict[str, float | None]) -> str:
    return " / ".join("-" if value is None else f"{value:g}" for value in shares.values())


def _agreement(told: dict[str, Any]) -> str:
    alike = f"{told['decided_alike']} of {told['assignments_before']} assignments"
    if told["diverged_at"] is None:
        line = f"nothing came out otherwise: {alike} were decided alike"
    else:
        line = f"{alike} were decided alike, until {told['diverged_at']:%Y-%m-%d %H:%M:%S}Z"
    failed = told["policy_failures"]
    return f"{line}; the policy failed {failed} times" if failed else line
