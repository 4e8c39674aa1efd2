"""Relative periods stay relative, in the account's time zone (T5)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.periods import MOST, NAMED, Calendar, Period, last_of

SAO_PAULO = "America/Sao_Paulo"
# A Wednesday; in São Paulo it is still Tuesday.
NOW = datetime(2030, 1, 2, 1, 30, tzinfo=UTC)


def named(name: str) -> Calendar:
    return Calendar(*NAMED[name], SAO_PAULO)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (named("today"), "2030-01-01T03", "2030-01-02T03"),
        (named("yesterday"), "2029-12-31T03", "2030-01-01T03"),
        (named("this_week"), "2029-12-31T03", "2030-01-07T03"),
        (named("last_week"), "2029-12-24T03", "2029-12-31T03"),
        (named("this_month"), "2030-01-01T03", "2030-02-01T03"),
        (named("last_month"), "2029-12-01T03", "2030-01-01T03"),
        (named("last_year"), "2029-01-01T03", "2030-01-01T03"),
        (last_of(7, "days", SAO_PAULO), "2029-12-26T03", "2030-01-02T03"),
        (last_of(13, "months", SAO_PAULO), "2029-01-01T03", "2030-02-01T03"),
        (last_of(2, "hours", SAO_PAULO), "2030-01-01T23:30", None),
    ],
)
def test_a_period_is_of_the_account_s_days(period: Period, start: str, end: str | None) -> None:
    bounds = [datetime.fromisoformat(f"{at}:00Z"[:20] if at.count(":") else f"{at}:00:00Z")
              if at else None for at in (start, end)]  # fmt: skip
    assert list(period.bounds(NOW)) == bounds


_periods = st.one_of(
    st.builds(
        lambda name, zone: Calendar(*NAMED[name], zone),
        st.sampled_from(sorted(NAMED)),
        st.sampled_from(sorted(available_timezones())),
    ),
    st.sampled_from(sorted(MOST)).flatmap(
        lambda unit: st.builds(
            last_of,
            st.integers(1, MOST[unit]),
            st.just(unit),
            st.sampled_from([SAO_PAULO, "UTC", "Asia/Kathmandu", "America/Havana"]),
        )
    ),
)


@settings(max_examples=200, deadline=None)
@given(
    period=_periods,
    now=st.integers(0, 3_800_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_a_period_stays_as_it_is_until_it_says_that_it_moves(period: Period, now: datetime) -> None:
    """T5: what a live list holds is true until then."""
    moves_at = period.moves_at(now)
    assert moves_at is not None
    assert now < moves_at <= now + timedelta(days=2)
    assert period.bounds(moves_at - timedelta(microseconds=1)) == period.bounds(now)
    start, end = period.bounds(now)
    assert start is not None
    assert end is None or start < end
