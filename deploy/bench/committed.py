"""When things became visible in the log: it is looked at every few milliseconds."""

import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import psycopg

from adapters.storage.mapper import EventMapper
from adapters.storage.sealing.opening import masters_of, ring_of
from adapters.storage.sealing.vault import learn
from deploy.embedded.directory import Urls
from domain.chat.events import ChatAssigned, MessageReceived
from domain.content import words_of

LOOK_EVERY: Final = 0.004
"""Seconds: how exact the times are."""

_MARK: Final = re.compile(r"\[b(\d+)\]")
_NEW: Final = (
    "SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events"
    " WHERE notification_id > %s ORDER BY notification_id"
)


@dataclass(frozen=True, slots=True)
class Watch:
    urls: Urls
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
    ring = ring_of(masters_of(wanted.urls.postgres, wanted.urls.sealing, begin=False))
    mapper = EventMapper().opening(ring)
    with psycopg.connect(wanted.urls.postgres, autocommit=True) as connection:
        row = connection.execute("SELECT position FROM recado_head").fetchone()
        position = int(row[0]) if row else 0
        while time.monotonic() < give_up:
            rows = connection.execute(_NEW, (position,), prepare=True, binary=True).fetchall()
            now = time.monotonic()
            learn(connection, ring, rows)
            for position, stream, version, topic, state in rows:
                if topic == MessageReceived.TOPIC:
                    number = _number(mapper, (position, stream, version, topic, state))
                    if number >= wanted.first:
                        seen.committed[number] = now
                        opened_by.setdefault(stream, number)
                elif topic == ChatAssigned.TOPIC and stream in opened_by:
                    seen.assigned[opened_by[stream]] = now
            if wanted.last in seen.committed and len(seen.assigned) >= len(wanted.to_assign):
                break
            time.sleep(LOOK_EVERY)
    return seen


def _number(mapper: EventMapper, row: tuple[int, str, int, str, bytes]) -> int:
    """Return the number in a message's words; -1 for somebody else's."""
    event = mapper.decode(*row).event
    mark = _MARK.search(words_of(event.parts)) if isinstance(event, MessageReceived) else None
    return -1 if mark is None else int(mark[1])
