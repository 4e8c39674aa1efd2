"""
Business hours: when a group is there, and how much of a time lies inside (R2, V5).

An instant is inside when the wall clock of the time zone then shows a time of a span, so
that an hour which a change of clocks leaves out is never open, and one that comes twice is
open twice. Everything here is exact and grows with the time asked about.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.values import Timestamp

DAY: Final = timedelta(days=1)
MINUTES_OF_A_DAY: Final = 24 * 60
HORIZON: Final = 3_660
"""Days looked ahead and back: what is not open within ten years is never open."""
OPENING_WITHIN: Final = timedelta(days=400)
"""How far ahead the next opening is looked for."""
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Before every chat: nothing that began later is due where this is the limit."""

Piece = tuple[Timestamp, Timestamp]
"""From, included, and to, not included."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A time of a day, in minutes after its midnight; beyond 1,440 it goes on the next day."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A date with hours of its own, whatever the week says and whether it is a holiday or not."""

    on: date
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHours:
    """
    When a group is there. None of it at all means never.

    A span belongs to the day on which it opens: of a closed Friday, the night to Saturday
    is closed, too.
    """

    time_zone: str
    week: tuple[tuple[Span, ...], ...] = ()
    """Monday to Sunday; days that are not told of are closed."""
    closed: tuple[date, ...] = ()
    """Dates without hours, holidays included."""
    extra: tuple[OpenDay, ...] = ()
    holidays: str | None = None
    """The calendar that holidays in `closed` were taken from, for people to read."""

    def is_open(self, at: Timestamp) -> bool:
        return any(start <= at < end for start, end in _calendar(self).pieces(_day_of(at)))

    def open_between(self, start: Timestamp, end: Timestamp) -> timedelta:
        """Return how much of the time from `start` to `end` is inside; nothing if it ends first."""
        days = range(_day_of(start), _day_of(end) + 1)
        calendar = _calendar(self)
        pieces = (piece for day in days for piece in calendar.pieces(day))
        inside = (min(end, closes) - max(start, opens) for opens, closes in pieces)
        return sum((each for each in inside if each > timedelta(0)), timedelta(0))

    def after_open(self, since: Timestamp, duration: timedelta) -> Timestamp | None:
        """Return the first instant at which so much open time has passed; None for never."""
        if duration <= timedelta(0):
            return since
        left = duration
        for opens, closes in self._ahead(since):
            start = max(opens, since)
            if closes - start >= left:
                return start + left
            left -= max(closes - start, timedelta(0))
        return None

    def before_open(self, now: Timestamp, duration: timedelta) -> Timestamp:
        """
        Return the latest start since which so much open time has passed at `now`.

        A clock that began at or before it is due, and no other: `since <= before_open(now, d)`
        says the same as `after_open(since, d) <= now`. Where none is due, `LONG_AGO`.
        """
        if duration <= timedelta(0):
            return now
        left = duration
        for opens, closes in self._back(now):
            end = min(closes, now)
            if end - opens >= left:
                return end - left
            left -= max(end - opens, timedelta(0))
        return LONG_AGO

    def next_opening(self, after: Timestamp) -> Timestamp | None:
        """
        Return when it next opens after an instant, having been closed.

        None where that is not within `OPENING_WITHIN`: it never opens, or never closes.
        """
        last = None
        for opens, closes in self._ahead(after - DAY, OPENING_WITHIN.days):
            if opens > after and opens != last:
                return opens
            last = closes
        return None

    def _ahead(self, at: Timestamp, days: int = HORIZON) -> Iterator[Piece]:
        first = _day_of(at)
        return self._pieces(range(first, first + days), 1)

    def _back(self, at: Timestamp) -> Iterator[Piece]:
        last = _day_of(at)
        return self._pieces(range(last, max(last - HORIZON, 1), -1), -1)

    def _pieces(self, days: range, step: int) -> Iterator[Piece]:
        if not self.extra and not any(self.week):
            return
        calendar = _calendar(self)
        for day in days:
            yield from calendar.pieces(day)[::step]


def _day_of(at: Timestamp) -> int:
    return at.astimezone(UTC).toordinal()


@dataclass(slots=True)
class _Calendar:
    """Hours by days of UTC, worked out once for each."""

    hours: BusinessHours
    zone: tzinfo
    closed: frozenset[date]
    extra: dict[date, tuple[Span, ...]]
    known: dict[int, tuple[Piece, ...]] = field(default_factory=dict)

    def pieces(self, day: int) -> tuple[Piece, ...]:
        """Return what of a day of UTC is open, in order."""
        if (known := self.known.get(day)) is None:
            if len(self.known) > 2 * HORIZON:
                self.known.clear()
            known = self.known[day] = tuple(_joined(sorted(self._work_out(day))))
        return known

    def _work_out(self, day: int) -> Iterator[Piece]:
        midnight = datetime.combine(date.fromordinal(day), time(), UTC)
        for start, end, offset in _offsets(self.zone, midnight, midnight + DAY):
            shown_from, shown_to = start + offset, end + offset
            for on in range(shown_from.toordinal() - 1, shown_to.toordinal() + 1):
                shown = datetime.combine(date.fromordinal(on), time(), UTC)
                for span in self._spans(date.fromordinal(on)):
                    opens = max(shown + timedelta(minutes=span.opens), shown_from)
                    closes = min(shown + timedelta(minutes=span.closes), shown_to)
                    if opens < closes:
                        yield opens - offset, closes - offset

    def _spans(self, on: date) -> tuple[Span, ...]:
        if (own := self.extra.get(on)) is not None:
            return own
        if on in self.closed or on.weekday() >= len(self.hours.week):
            return ()
        return self.hours.week[on.weekday()]


def _joined(pieces: list[Piece]) -> Iterator[Piece]:
    """Yield pieces in order, those that touch or overlap as one."""
    current: Piece | None = None
    for opens, closes in pieces:
        if current is not None and opens <= current[1]:
            current = (current[0], max(current[1], closes))
        else:
            if current is not None:
                yield current
            current = (opens, closes)
    if current is not None:
        yield current


def _offsets(
    zone: tzinfo, start: Timestamp, end: Timestamp
) -> Iterator[tuple[Timestamp, Timestamp, timedelta]]:
    """Yield a day's parts with the offset in force in each; a change comes at most once a day."""
    first, last = _offset(zone, start), _offset(zone, end)
    if first == last:
        yield start, end, first
        return
    low, high = 0, int((end - start).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, start + timedelta(seconds=middle)) == first:
            low = middle
        else:
            high = middle
    change = start + timedelta(seconds=high)
    yield start, change, first
    if change < end:
        yield change, end, last


def _offset(zone: tzinfo, at: Timestamp) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


@lru_cache(maxsize=1_000)
def _calendar(hours: BusinessHours) -> _Calendar:
    try:
        zone: tzinfo = ZoneInfo(hours.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # Checked when it was given; a machine that does not know it must read its log all the same.
        zone = UTC
    extra = {day.on: day.spans for day in hours.extra}
    return _Calendar(hours, zone, frozenset(hours.closed), extra)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client may go unanswered: by the wall clock, or inside of hours (V3, V5)."""

    limit: timedelta
    hours: BusinessHours | None = None

    def due(self, since: Timestamp) -> Timestamp | None:
        """Return when a clock that began then has run out; None for never."""
        if self.hours is None:
            return since + self.limit
        return self.hours.after_open(since, self.limit)

    def latest(self, now: Timestamp) -> Timestamp:
        """Return the latest start of a clock that has run out at `now`."""
        if self.hours is None:
            return now - self.limit
        return self.hours.before_open(now, self.limit)
