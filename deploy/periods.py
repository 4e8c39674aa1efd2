"""Spans of time as people write them: `--since 24h --until 2030-01-02T18:00`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from deploy.workspace import duration
from domain.errors import RecadoError
from domain.values import Timestamp


class BadPeriod(RecadoError):
    """What was written is no span of time. The message says what would be."""


@dataclass(frozen=True, slots=True)
class Period:
    since: Timestamp
    """Included."""
    until: Timestamp
    """Not included."""


def period(since: str | None, until: str | None, now: Timestamp, zone: str) -> Period:
    """
    Return the span from `since` (by default a day before its end) to `until` (now).

    Either is a time, of the company's zone where it names none, or how long ago it was.
    Raises `BadPeriod`.

    >>> noon = datetime(2030, 1, 2, 15, tzinfo=UTC)
    >>> period("3h", "2030-01-02T11:30", noon, "America/Sao_Paulo").since.isoformat()
    '2030-01-02T12:00:00+00:00'
    """
    end = now if until is None else _moment("until", until, now, zone)
    start = end - timedelta(days=1) if since is None else _moment("since", since, now, zone)
    if start >= end:
        raise BadPeriod(f"until ({end:%Y-%m-%d %H:%M:%S}Z) is not after since")
    if start >= now:
        raise BadPeriod("since is in the future")
    return Period(start, min(end, now))


def moment(name: str, text: str, zone: str) -> Timestamp:
    """Return a time written as for `period`, with no span around it; raise `BadPeriod`."""
    return _moment(name, text, datetime.now(UTC), zone)


def _moment(name: str, text: str, now: Timestamp, zone: str) -> Timestamp:
    try:
        ago = duration(text)
        assert isinstance(ago, timedelta)
        return now - ago
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadPeriod(
            f"{name}: {text[:40]!r} is neither a time like 2030-01-02T09:00 nor 90m, 24h or 7d"
        ) from None
