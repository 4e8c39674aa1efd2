"""Business hours: when a group is there, and clocks that run only then (R2, V5)."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.hours import LONG_AGO, BusinessHours, OpenDay, Patience, Span
from domain.values import Timestamp

SAO_PAULO = "America/Sao_Paulo"
BERLIN = "Europe/Berlin"
MINUTE = timedelta(minutes=1)
OFFICE = (Span(9 * 60, 12 * 60), Span(13 * 60, 18 * 60))
WEEK = (OFFICE,) * 5
SHOP = BusinessHours(time_zone=SAO_PAULO, week=WEEK)


def at(text: str, zone: str = SAO_PAULO) -> Timestamp:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


SPANS = st.builds(
    lambda opens, length: Span(opens, opens + length),
    st.integers(0, 1439),
    st.sampled_from([1, 30, 60, 480, 1440]),
)
DATES = st.dates(date(2030, 3, 28), date(2030, 4, 3))
HOURS = st.builds(
    BusinessHours,
    time_zone=st.sampled_from([SAO_PAULO, BERLIN, "Australia/Lord_Howe", "Asia/Kathmandu"]),
    week=st.lists(st.lists(SPANS, max_size=2).map(tuple), min_size=7, max_size=7).map(tuple),
    closed=st.lists(DATES, max_size=2).map(tuple),
    extra=st.lists(
        st.builds(OpenDay, DATES, st.lists(SPANS, max_size=1).map(tuple)), max_size=1
    ).map(tuple),
)
STARTS = st.builds(
    lambda minutes: datetime(2030, 3, 30, tzinfo=UTC) + minutes * MINUTE, st.integers(0, 2880)
)
"""Around the night in which Berlin's clocks go forward; Lord Howe's go back a week later."""


def walked(hours: BusinessHours, start: Timestamp, minutes: int) -> list[bool]:
    """Return whether each minute is open, looked up on a wall clock one by one."""
    zone = ZoneInfo(hours.time_zone)
    extra = {day.on: day.spans for day in hours.extra}

    def spans(on: date) -> tuple[Span, ...]:
        return extra.get(on, () if on in hours.closed else hours.week[on.weekday()])

    found = []
    for minute in range(minutes):
        shown = (start + minute * MINUTE).astimezone(zone)
        now = shown.hour * 60 + shown.minute
        today = any(s.opens <= now < s.closes for s in spans(shown.date()))
        before = shown.date() - timedelta(days=1)
        found.append(today or any(s.opens <= now + 1440 < s.closes for s in spans(before)))
    return found


@settings(max_examples=60)
@given(HOURS, STARTS, st.integers(0, 3000))
def test_open_time_is_what_a_walk_by_the_minute_counts(
    hours: BusinessHours, start: Timestamp, minutes: int
) -> None:
    """V5: over changes of clocks, nights, holidays and extra days."""
    walk = walked(hours, start, minutes)
    assert hours.open_between(start, start + minutes * MINUTE) == sum(walk) * MINUTE
    for minute in range(0, minutes, 37):
        assert hours.is_open(start + minute * MINUTE) == walk[minute]


@settings(max_examples=100)
@given(HOURS, STARTS, st.integers(1, 900), st.integers(0, 5000))
def test_when_a_clock_is_due_and_which_clocks_are_due_say_the_same(
    hours: BusinessHours, since: Timestamp, length: int, later: int
) -> None:
    """V5, V6: a list that asks which are late and a timer that asks when agree at every instant."""
    duration, now = length * MINUTE, since + later * MINUTE
    due = hours.after_open(since, duration)
    is_due = hours.open_between(since, now) >= duration
    assert (due is not None and due <= now) == is_due
    assert (since <= hours.before_open(now, duration)) == is_due
    if due is not None:
        assert hours.open_between(since, due) == duration
        assert hours.before_open(due, duration) >= since
        assert hours.before_open(due - timedelta(microseconds=1), duration) < since


@settings(max_examples=60)
@given(HOURS, STARTS, STARTS, st.integers(1, 900))
def test_who_began_earlier_is_due_no_later(
    hours: BusinessHours, one: Timestamp, other: Timestamp, length: int
) -> None:
    """V5: so that the first clock of a group is the first that is due."""
    first, second = sorted([one, other])
    duration = length * MINUTE
    dues = [hours.after_open(start, duration) for start in (first, second)]
    assert dues[1] is None or (dues[0] is not None and dues[0] <= dues[1])
    assert hours.before_open(first, duration) <= hours.before_open(second, duration)


@settings(max_examples=60)
@given(HOURS, STARTS)
def test_the_next_opening_is_the_next_minute_that_is_open_after_one_that_is_not(
    hours: BusinessHours, start: Timestamp
) -> None:
    """R6"""
    walk = walked(hours, start - MINUTE, 5_000)
    pairs = pairwise(walk)
    first = next((n for n, pair in enumerate(pairs) if n and pair == (False, True)), None)
    opening = hours.next_opening(start)
    if first is not None:
        assert opening == start + first * MINUTE
    else:
        assert opening is None or opening >= start + 4_998 * MINUTE


def test_a_night_and_a_weekend_do_not_count() -> None:
    """V5"""
    friday = at("2030-01-04T17:55")
    assert SHOP.after_open(friday, timedelta(minutes=10)) == at("2030-01-07T09:05")
    assert SHOP.before_open(at("2030-01-07T09:05"), timedelta(minutes=10)) == friday
    assert SHOP.after_open(friday, timedelta(hours=9)) == at("2030-01-08T09:55")


def test_a_closed_date_is_closed_and_an_extra_one_is_open_even_then() -> None:
    """R2"""
    christmas = date(2030, 12, 25)
    hours = BusinessHours(time_zone=SAO_PAULO, week=WEEK, closed=(christmas,))
    assert not hours.is_open(at("2030-12-25T10:00"))
    sunday = OpenDay(date(2030, 12, 22), (Span(600, 720),))
    served = OpenDay(christmas, (Span(600, 660),))
    more = BusinessHours(
        time_zone=SAO_PAULO, week=WEEK, closed=(christmas,), extra=(sunday, served)
    )
    assert more.is_open(at("2030-12-22T10:30"))
    assert more.is_open(at("2030-12-25T10:30"))
    assert not more.is_open(at("2030-12-25T11:00"))


def test_a_night_belongs_to_the_day_on_which_it_began() -> None:
    """R2: a bar, open on Fridays until two in the morning."""
    bar = BusinessHours(time_zone=SAO_PAULO, week=((), (), (), (), (Span(1320, 1560),)))
    assert bar.is_open(at("2030-01-05T01:59"))
    assert not bar.is_open(at("2030-01-05T02:00"))
    assert not bar.is_open(at("2030-01-04T01:00"))
    without = BusinessHours(time_zone=SAO_PAULO, week=bar.week, closed=(date(2030, 1, 4),))
    assert not without.is_open(at("2030-01-05T01:00"))


def test_hours_that_never_open_are_allowed_and_nothing_is_ever_due() -> None:
    """V5, R2"""
    never = BusinessHours(time_zone=SAO_PAULO)
    now = at("2030-01-04T12:00")
    assert not never.is_open(now)
    assert never.after_open(now, MINUTE) is None
    assert never.before_open(now, MINUTE) == LONG_AGO
    assert never.next_opening(now) is None
    assert Patience(MINUTE, never).due(now) is None


@pytest.mark.parametrize(
    ("start", "hours"), [("2030-03-30T23:00", 7), ("2030-10-26T23:00", 9), ("2030-06-01T23:00", 8)]
)
def test_a_clock_over_a_change_of_clocks_runs_as_long_as_the_night_is(
    start: str, hours: int
) -> None:
    """V5: open day and night, a night of 7, 9 or 8 hours."""
    always = BusinessHours(time_zone=BERLIN, week=((Span(0, 1440),),) * 7)
    began = at(start, BERLIN)
    morning = (began.astimezone(ZoneInfo(BERLIN)) + timedelta(hours=8)).astimezone(UTC)
    assert always.open_between(began, morning) == timedelta(hours=hours)
    assert always.after_open(began, timedelta(hours=8)) == began + timedelta(hours=8)
    assert always.next_opening(began) is None
