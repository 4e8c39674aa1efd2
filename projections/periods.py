"""
Spans of time that a filter asks for, those told relatively kept so (T5).

`yesterday` is yesterday whenever it is looked at, in the account's time zone. Days begin at
midnight there, weeks on Monday. Spans of hours and minutes slide a whole minute at a time,
so that a list and a live list of the same minute agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from domain.values import Timestamp

Bounds = tuple[Timestamp | None, Timestamp | None]
"""From when, and until when: what happens then is outside. None for no bound."""


class Unit(StrEnum):
    """What a calendar counts in."""

    DAY = "days"
    WEEK = "weeks"
    MONTH = "months"
    YEAR = "years"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whole days, weeks, months or years: from `first` of them ago up to and with `last` ago."""

    unit: Unit
    first: int
    last: int
    zone: str

    def bounds(self, now: Timestamp) -> Bounds:
        """
        Return when it begins and ends, for somebody who looks at `now`.

        >>> at = datetime(2030, 1, 2, 1, 30, tzinfo=UTC)
        >>> [f"{one:%d %H:%M}" for one in Calendar(Unit.DAY, 1, 1, "America/Sao_Paulo").bounds(at)]
        ['31 03:00', '01 03:00']
        """
        first, last = self.dates(now)
        return _midnight(first, self.zone), _midnight(last, self.zone)

    def dates(self, now: Timestamp) -> tuple[date, date]:
        """Return the first day, and the first that is no longer of it."""
        today = now.astimezone(ZoneInfo(self.zone)).date()
        return _start(today, self.unit, self.first), _start(today, self.unit, self.last - 1)

    def moves_at(self, now: Timestamp) -> Timestamp | None:
        """Return when it is another span of time next."""
        today = now.astimezone(ZoneInfo(self.zone)).date()
        return _midnight(today + timedelta(days=1), self.zone)


@dataclass(frozen=True, slots=True)
class Sliding:
    """The last minutes or hours up to now."""

    span: timedelta

    def bounds(self, now: Timestamp) -> Bounds:
        return _minute(now) - self.span, None

    def moves_at(self, now: Timestamp) -> Timestamp | None:
        return _minute(now) + timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Fixed:
    """From one instant to another; None for no bound."""

    start: Timestamp | None
    end: Timestamp | None

    def bounds(self, now: Timestamp) -> Bounds:
        return self.start, self.end

    def moves_at(self, now: Timestamp) -> Timestamp | None:
        return None


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both included, whatever the time zone; None for no bound."""

    first: date | None
    last: date | None
    zone: str

    def bounds(self, now: Timestamp) -> Bounds:
        first, end = self.dates(now)
        start = None if first is None else _midnight(first, self.zone)
        return start, None if end is None else _midnight(end, self.zone)

    def dates(self, now: Timestamp) -> tuple[date | None, date | None]:
        """Return the first day, and the first that is no longer of it."""
        is_bounded = self.last is not None and self.last < date.max
        end = self.last + timedelta(days=1) if self.last is not None and is_bounded else None
        return self.first, end

    def moves_at(self, now: Timestamp) -> Timestamp | None:
        return None


Period = Calendar | Sliding | Fixed | Days
OfDays = Calendar | Days
"""What can be asked of a date, which has no time of day."""

NAMED: Final[dict[str, tuple[Unit, int, int]]] = {
    "today": (Unit.DAY, 0, 0),
    "yesterday": (Unit.DAY, 1, 1),
    "this_week": (Unit.WEEK, 0, 0),
    "last_week": (Unit.WEEK, 1, 1),
    "this_month": (Unit.MONTH, 0, 0),
    "last_month": (Unit.MONTH, 1, 1),
    "this_year": (Unit.YEAR, 0, 0),
    "last_year": (Unit.YEAR, 1, 1),
}
"""Spans that have a name: the unit, and from how many of them ago to how many ago."""

MOST: Final[dict[str, int]] = {
    "minutes": 100_000,
    "hours": 10_000,
    Unit.DAY: 3_660,
    Unit.WEEK: 520,
    Unit.MONTH: 120,
    Unit.YEAR: 10,
}
"""How many of each unit may be asked for: ten years, or so."""


def last_of(number: int, unit: str, zone: str) -> Period:
    """Return the last so many of a unit; the present one is among them, unless it slides."""
    if unit in {"minutes", "hours"}:
        return Sliding(timedelta(**{unit: number}))
    return Calendar(Unit(unit), number - 1, 0, zone)


def next_move(periods: Iterator[Period], now: Timestamp) -> Timestamp | None:
    """Return when the first of the periods is another span of time; None for never."""
    return min((at for one in periods if (at := one.moves_at(now)) is not None), default=None)


def _minute(now: Timestamp) -> Timestamp:
    return now.astimezone(UTC).replace(second=0, microsecond=0)


def _start(today: date, unit: Unit, ago: int) -> date:
    """Return the first day of the unit that was so many of them ago; before 0 lies ahead."""
    match unit:
        case Unit.DAY:
            return today - timedelta(days=ago)
        case Unit.WEEK:
            return today - timedelta(days=today.weekday(), weeks=ago)
        case Unit.MONTH:
            months = today.year * 12 + today.month - 1 - ago
            return date(months // 12, months % 12 + 1, 1)
        case Unit.YEAR:
            return date(today.year - ago, 1, 1)


def _midnight(day: date, zone: str) -> Timestamp:
    """Return when a day begins; where clocks skip midnight, at what they show instead."""
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    try:
        return local.astimezone(UTC)
    except OverflowError:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
