"""Which part of the log a span of time is. Times never fall with position, so it is bisected."""

from typing import Any, Final

import orjson
from psycopg import Connection

from domain.values import Timestamp

_HEAD: Final = "SELECT position FROM recado_head"
_AT: Final = "SELECT state FROM recado_events WHERE notification_id = %s"


def last_before(connection: Connection[Any], moment: Timestamp) -> int:
    """
    Return the position of the last event that happened before a moment; 0 for none.

    It looks at as many events as the log's length has binary digits, each by the index.
    """
    row = connection.execute(_HEAD).fetchone()
    low, high = 0, 0 if row is None else int(row[0])
    while low < high:
        middle = (low + high + 1) // 2
        if _at(connection, middle) < moment:
            low = middle
        else:
            high = middle - 1
    return low


def _at(connection: Connection[Any], position: int) -> Timestamp:
    row = connection.execute(_AT, (position,)).fetchone()
    if row is None:
        raise LookupError(f"the log has no event {position}")
    return Timestamp.fromisoformat(orjson.loads(row[0])["data"]["at"])
