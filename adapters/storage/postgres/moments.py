"""Past moments as people give them: a time, a position of the log, or both."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from psycopg import Connection

from adapters.storage.postgres.windows import last_before
from domain.errors import RecadoError
from domain.values import Timestamp

_HEAD: Final = "SELECT position, clock_timestamp() FROM recado_head"
_AT: Final = "SELECT state FROM recado_events WHERE notification_id = %s"
_WRITTEN: Final = re.compile(r"(?:(?P<position>[0-9]{1,18})(?:@|$))?(?P<at>.*)", re.DOTALL)
_LEAST: Final = timedelta(microseconds=1)


class NoSuchMoment(RecadoError):
    """What was given is no time with its zone and no position, or it is still to come."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was recorded then, and by which clock it is looked at."""

    position: int
    """Of the last event that had happened."""
    at: Timestamp

    def __str__(self) -> str:
        return f"{self.position}@{self.at.isoformat()}"


def moment_of(connection: Connection[Any], as_of: str) -> Moment:
    """
    Return the moment that somebody gives; raise `NoSuchMoment`.

    A time, with its zone, is the end of that microsecond; a position is the time of its
    event. `POSITION@TIME` is both: what lists knew, and the clock that they were read by.
    """
    row = connection.execute(_HEAD).fetchone()
    head, now = (0, datetime.now(UTC)) if row is None else row
    match = _WRITTEN.fullmatch(as_of)
    assert match is not None
    position = None if match["position"] is None else int(match["position"])
    at = _time(match["at"]) if match["at"] or position is None else None
    if (at is not None and at > now) or (position is not None and position > head):
        raise NoSuchMoment(f"{as_of[:60]} is still to come")
    if position is None:
        assert at is not None
        position = last_before(connection, at + _LEAST)
    return Moment(position, at or _time_of(connection, position))


def _time(text: str) -> Timestamp:
    try:
        # In a query, the plus of a zone comes as a space.
        at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise NoSuchMoment(f"{text[:60]!r} is neither a position nor a time with its zone")


def _time_of(connection: Connection[Any], position: int) -> Timestamp:
    row = connection.execute(_AT, (position,)).fetchone()
    if row is None:
        raise NoSuchMoment(f"the log has no event {position}")
    return datetime.fromisoformat(orjson.loads(row[0])["data"]["at"])
