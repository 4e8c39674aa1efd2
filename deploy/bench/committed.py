"""When things became visible in the log: it is looked at every few milliseconds."""

import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import psycopg

LOOK_EVERY: Final = 0.004
"""Seconds: how exact the times are."""

_MARK: Final = re.compile(rb"\[b(\d+)\]")
_NEW: Final = (
    "SELECT notification_id, originator_id, topic, state FROM recado_events"
    " WHERE notification_id > %s ORDER BY notification_id"
)


@dataclass(frozen=True, slots=True)
class Watch:
    url: str
    first: int
    """Messages numbered below it are not ours."""
    last: int
    to_assign: Collection[int]
    """Messages that open a chat, which somebody is to get."""
    seconds: float


@dataclass(slots=True)
class Seen:
    committed: dict[int, float] = field(default_factory=dict)
    """When each message was in the log, by number, on the monotonic clock."""
    assigned: dict[int, float] = field(default_factory=dict)
    """When the chat that each message opened had an operator."""


def watch(wanted: Watch) -> Seen:
    """Look at the log until all is there, and return when it came."""
    seen, opened_by = Seen(), dict[str, int]()
    give_up = time.monotonic() + wanted.seconds
    with psycopg.connect(wanted.url, autocommit=True) as connection:
        row = connection.execute("SELECT position FROM recado_head").fetchone()
        position = int(row[0]) if row else 0
        while time.monotonic() < give_up:
            rows = connection.execute(_NEW, (position,), prepare=True, binary=True).fetchall()
            now = time.monotonic()
            for position, stream, topic, state in rows:  # noqa: B007 - goes on from the last
                if topic == "message-received.v1" and (mark := _MARK.search(state)):
                    number = int(mark[1])
                    if number >= wanted.first:
                        seen.committed[number] = now
                        opened_by.setdefault(stream, number)
                elif topic == "chat-assigned.v1" and stream in opened_by:
                    seen.assigned[opened_by[stream]] = now
            if wanted.last in seen.committed and len(seen.assigned) >= len(wanted.to_assign):
                break
            time.sleep(LOOK_EVERY)
    return seen
