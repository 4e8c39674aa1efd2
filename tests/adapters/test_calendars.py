"""Business hours as people write them, and the holidays that go with them (R2, V5)."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.calendars import YEARS_AHEAD, Hours, holiday_dates, span
from domain.hours import OpenDay, Span

TODAY = date(2030, 5, 1)


def test_hours_are_read_as_they_are_written() -> None:
    written = {
        "mon": ["13:00-18:00", "09:00-12:00"],
        "fri": ["22:00-02:00"],
        "closed": ["2030-12-24"],
        "extra": {"2030-12-22": ["10:00-16:00"]},
    }
    hours = Hours.model_validate(written).business_hours("America/Sao_Paulo", TODAY)
    assert hours.time_zone == "America/Sao_Paulo"
    assert hours.week[0] == (Span(540, 720), Span(780, 1080))
    assert hours.week[4] == (Span(1320, 1560),)
    assert hours.closed == (date(2030, 12, 24),)
    assert hours.extra == (OpenDay(date(2030, 12, 22), (Span(600, 960),)),)


@pytest.mark.parametrize("text", ["00:00-24:00", "00:00 - 00:00"])
def test_a_whole_day_may_be_written_either_way(text: str) -> None:
    assert span(text) == Span(0, 1440)


@pytest.mark.parametrize(
    "written",
    [
        {"mon": ["9-18"]},
        {"mon": ["24:00-25:00"]},
        {"mon": ["09:60-10:00"]},
        {"mon": "09:00-10:00"},
        {"time_zone": "Nowhere/At_All"},
        {"holidays": "XX"},
        {"holidays": "BR-ZZ"},
        {"holidays": ""},
        {"extra": {"tomorrow": []}},
        {"monday": []},
    ],
)
def test_what_is_no_hours_is_refused(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Hours.model_validate(written)


def test_holidays_are_written_down_as_dates_for_ten_years() -> None:
    """R13: what is in the log depends on no library any more; the same day gives the same."""
    dates = holiday_dates("BR-SP", TODAY)
    assert date(2030, 7, 9) in dates
    assert date(2030, 7, 9) not in holiday_dates("BR", TODAY)
    assert {day.year for day in dates} == {*range(2029, 2031 + YEARS_AHEAD)}
    hours = Hours.model_validate({"holidays": "BR-SP", "closed": ["2030-07-09", "2030-12-31"]})
    given = hours.business_hours("UTC", TODAY)
    assert given.closed == tuple(sorted({*dates, date(2030, 12, 31)}))
    assert given == hours.business_hours("UTC", date(2030, 11, 30))
    assert given.holidays == "BR-SP"
