"""What a suite found out: figures with their spread, ratios and aims; as a table or as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

_HEADER: Final = ("figure", "median", "min … max", "ratio", "aim", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured, in one or more rounds."""

    name: str
    rounds: Sequence[float]
    unit: str
    least: float | None = None
    """The aim, where more is better."""
    most: float | None = None
    """The aim, where less is better."""
    ratio: float | None = None
    """To what its suite compares it with, in the same run."""
    least_ratio: float | None = None

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)

    @property
    def is_reached(self) -> bool | None:
        """Whether the aims are reached; None where there are none."""
        checks = [
            self.least is None or self.value >= self.least,
            self.most is None or self.value <= self.most,
            self.least_ratio is None or (self.ratio or 0.0) >= self.least_ratio,
        ]
        return all(checks) if self._aims() else None

    def _aims(self) -> str:
        aims = []
        if self.least is not None:
            aims.append(f"≥ {_number(self.least)}")
        if self.most is not None:
            aims.append(f"< {_number(self.most)}")
        if self.least_ratio is not None:
            aims.append(f"≥ {self.least_ratio:g}x")
        return ", ".join(aims)

    def cells(self) -> tuple[str, ...]:
        low, high = min(self.rounds), max(self.rounds)
        return (
            self.name,
            f"{_number(self.value)} {self.unit}",
            f"{_number(low)} … {_number(high)}" if len(self.rounds) > 1 else "",
            "" if self.ratio is None else f"{self.ratio:.2f}x",
            self._aims(),
            {None: "", True: "reached", False: "NOT reached"}[self.is_reached],
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "median": self.value,
            "rounds": list(self.rounds),
            "unit": self.unit,
            "ratio": self.ratio,
            "aim": self._aims() or None,
            "reached": self.is_reached,
        }


@dataclass(slots=True)
class Report:
    suite: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """How it was measured, and what limits it."""

    def add(self, name: str, rounds: float | Iterable[float], unit: str, **aims: Any) -> Figure:
        """Add a figure and return it; `aims` as `Figure` has them."""
        values = [rounds] if isinstance(rounds, int | float) else list(rounds)
        figure = Figure(name, values, unit, **aims)
        self.figures.append(figure)
        return figure

    def as_json(self) -> dict[str, Any]:
        figures = [figure.as_json() for figure in self.figures]
        return {"suite": self.suite, "figures": figures, "notes": self.notes}

    def table(self) -> str:
        """Return all figures in columns, and the notes below."""
        rows = [_HEADER, *(figure.cells() for figure in self.figures)]
        widths = [max(len(row[n]) for row in rows) for n in range(len(_HEADER))]
        lines = [f"{self.suite}:"]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            lines.append(f"  {'  '.join(cells)}".rstrip())
        return "\n".join([*lines, *(f"  · {note}" for note in self.notes)])


def percentile(values: Iterable[float], share: float) -> float:
    """
    Return the value that `share` percent of the values do not exceed.

    >>> percentile([4, 1, 3, 2], 50), percentile([4, 1, 3, 2], 99)
    (2, 4)
    """
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * share // 100) - 1)]


def _number(value: float) -> str:
    if abs(value) >= 100:  # noqa: PLR2004 - fractions of a big number say nothing
        return f"{value:,.0f}"
    return f"{value:.3g}"
