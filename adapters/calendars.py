"""
Business hours as people write them, in a workspace file or over HTTP.

Holidays are looked up at the moment when somebody gives them, and written down as dates: what
a library says of a year may change with its version, and the past must not.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from domain.hours import MINUTES_OF_A_DAY, BusinessHours, OpenDay, Span

YEARS_AHEAD: Final = 10
"""Holidays are written down from last year on to so many years ahead."""
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def span(text: object) -> object:
    """
    Return the time that a text like `09:00-18:00` stands for; `22:00-02:00` goes over midnight.

    >>> span("22:00-02:00")
    Span(opens=1320, closes=1560)
    """
    if not isinstance(text, str):
        return text
    match = re.fullmatch(r"(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)", text.strip())
    if match is None:
        raise ValueError(f"{text[:20]!r} is no time of a day; write 09:00-18:00")
    hour, minute, to_hour, to_minute = map(int, match.groups())
    opens, closes = 60 * hour + minute, 60 * to_hour + to_minute
    if opens >= MINUTES_OF_A_DAY or closes > MINUTES_OF_A_DAY or max(minute, to_minute) > 59:  # noqa: PLR2004  (minutes)
        raise ValueError(f"{text[:20]!r} is no time of a day; write 09:00-18:00")
    return Span(opens, closes if closes > opens else closes + MINUTES_OF_A_DAY)


def time_zone(name: str) -> str:
    """Return the name of a time zone that is known; raise `ValueError` for another."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A part of a name, such as America, is a folder.
        raise ValueError(f"{name!r} is no time zone; write e.g. America/Sao_Paulo") from None
    return name


def holiday_dates(calendar: str, today: date) -> tuple[date, ...]:
    """
    Return the public holidays of a country or a part of it, `BR` or `BR-SP`, from last year on.

    Raises `ValueError` for a calendar that is not known.
    """
    import holidays  # noqa: PLC0415  (half a second, which most commands need not wait)

    country, _, part = calendar.partition("-")
    years = range(today.year - 1, today.year + YEARS_AHEAD + 1)
    try:
        found: Mapping[date, str] = holidays.country_holidays(
            country, subdiv=part or None, years=years
        )
    except (NotImplementedError, KeyError, AttributeError):
        raise ValueError(f"{calendar[:40]!r} is no calendar of holidays; write BR-SP") from None
    return tuple(sorted(found))


def _known_calendar(calendar: str) -> str:
    holiday_dates(calendar, date(2026, 1, 1))
    return calendar


TimeZone = Annotated[str, AfterValidator(time_zone)]
_Spans = tuple[Annotated[Span, BeforeValidator(span)], ...]


class Hours(BaseModel):
    """Business hours as they are written: none for a day means that it is closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time_zone: TimeZone | None = None
    """The account's where it is not given."""
    mon: _Spans = ()
    tue: _Spans = ()
    wed: _Spans = ()
    thu: _Spans = ()
    fri: _Spans = ()
    sat: _Spans = ()
    sun: _Spans = ()
    closed: Annotated[tuple[date, ...], Field(max_length=1_000)] = ()
    extra: Annotated[dict[date, _Spans], Field(max_length=1_000)] = {}
    """Dates with hours of their own, also where they are holidays."""
    holidays: Annotated[str, Field(max_length=40), AfterValidator(_known_calendar)] | None = None
    """A country or a part of it (`BR`, `BR-SP`) whose public holidays are closed."""

    def business_hours(self, account_zone: str, today: date | None = None) -> BusinessHours:
        """Return them for the domain; holidays as they are known today."""
        today = today or datetime.now(UTC).date()
        found = () if self.holidays is None else holiday_dates(self.holidays, today)
        week: tuple[Any, ...] = tuple(tuple(sorted(getattr(self, day))) for day in _DAYS)
        return BusinessHours(
            time_zone=self.time_zone or account_zone,
            week=week,
            closed=tuple(sorted({*self.closed, *found})),
            extra=tuple(OpenDay(on, self.extra[on]) for on in sorted(self.extra)),
            holidays=self.holidays,
        )
