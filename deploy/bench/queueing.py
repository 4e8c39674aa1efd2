"""A queue on a running installation: it grows while nobody is there, and then many come."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import psycopg

from adapters.storage.mapper import EventMapper
from deploy.applying import operator_id
from deploy.bench.callers import Traffic, deliver
from deploy.bench.company import GROUP, OPERATORS, come_online, company
from deploy.bench.failed import BenchFailed
from deploy.bench.place import Place, Program
from deploy.commands.records import apply_workspace
from deploy.embedded.directory import Urls
from deploy.installation import Installation, opened
from deploy.workspace import OperatorTable
from domain.acts import Ask, Reconfigure
from domain.chat.events import ChatAssigned, ChatBecameWaiting, ChatOpened
from domain.operator import ChangePresence
from domain.values import Meta, OperatorId, Presence, stream_of

_META: Final = Meta("bench")
_EVENTS: Final = """
SELECT notification_id, originator_id, originator_version, topic, state FROM recado_events
WHERE notification_id > %s AND topic = ANY(%s) ORDER BY notification_id
"""
_OLDEST: Final = """
SELECT clock_timestamp() - min(waiting_since) FROM recado_views.inbox
WHERE waiting_since IS NOT NULL AND closed_at IS NULL AND NOT became_waiting
"""
_HEARTBEATS: Final = """
INSERT INTO recado_heartbeats SELECT id, clock_timestamp() + interval '1 day'
FROM unnest(%s::text[]) AS id ON CONFLICT (operator_id) DO UPDATE SET at = excluded.at
"""
_SLOWEST: Final = 120.0


@dataclass(slots=True)
class Drained:
    seconds: float = 0.0
    """From the first operator's coming to the last chat's assignment, by the log's clock."""
    chats: int = 0
    out_of_order: int = 0
    """Chats given after one that had come later."""
    most_each: int = 0
    given: Counter[OperatorId] = field(default_factory=Counter)


@contextmanager
def nobody_there(urls: Urls) -> Iterator[None]:
    """Have the usual operators be away meanwhile: they keep what they have."""
    with opened(urls) as installation:
        ids = [operator_id(installation.desk.naming, email) for email in OPERATORS]
        _be(installation, Presence.AWAY, ids)
    try:
        yield
    finally:
        come_online(urls)


def drain(place: Place, program: Program, chats: int, operators: int) -> Drained:
    """Let clients write while nobody is there, then let operators come; return how it went."""
    each = -(-chats // operators)
    ids = _hire(program.urls, operators, each)
    with nobody_there(program.urls):
        first, clients = place.messages(chats), place.new_clients(chats)
        answers = deliver(Traffic(program.address, first, clients))
        if answers.taken != chats:
            raise BenchFailed(f"webhooks were answered {dict(answers.statuses)}")
        with opened(program.urls) as installation:
            position = installation.reader.head()[0]
            installation.desk.submit_now(Reconfigure(changes={"warmup": each}, meta=_META))
            _be(installation, Presence.ONLINE, ids)
            _until(lambda: len(_assigned(program.urls, position, ids)) >= chats)
            drained = _judge(program.urls, position, ids)
            room = {"warmup": company().account.warmup}
            installation.desk.submit_now(Reconfigure(changes=room, meta=_META))
    return drained


def lateness(program: Program, seconds: float) -> list[float]:
    """
    Return how many milliseconds late clients were found to have waited too long, by the log.

    The patience is set so that the oldest clock runs out in a moment, and others after it.
    """
    with opened(program.urls) as installation:
        with psycopg.connect(program.urls.postgres) as connection:
            row = connection.execute(_OLDEST).fetchone()
        if row is None or row[0] is None:
            raise BenchFailed("no clock runs")
        usual = company().account.patience
        position, patience = installation.reader.head()[0], row[0] + timedelta(seconds=2)
        installation.desk.submit_now(Reconfigure(changes={"patience": patience}, meta=_META))
        time.sleep(2 + seconds)
        installation.desk.submit_now(Reconfigure(changes={"patience": usual}, meta=_META))
    found = _read(program.urls, position, ChatBecameWaiting.TOPIC)
    noted = [event for _, event in found if isinstance(event, ChatBecameWaiting)]
    return [(n.at - n.since - n.patience).total_seconds() * 1000 for n in noted]


def _hire(urls: Urls, number: int, capacity: int) -> list[OperatorId]:
    """Return so many operators of the bench's group, with room for a few more than their share."""
    hired = tuple(
        OperatorTable(
            email=f"hired{n}@bench.test", name=f"h{n}", groups=(GROUP,), capacity=capacity
        )
        for n in range(number)
    )
    wanted = company()
    apply_workspace(urls, wanted.model_copy(update={"operators": (*wanted.operators, *hired)}))
    with opened(urls) as installation, psycopg.connect(urls.postgres) as connection:
        ids = [operator_id(installation.desk.naming, one.email) for one in hired]
        connection.execute(_HEARTBEATS, (list(map(str, ids)),))
    return ids


def _be(installation: Installation, presence: Presence, ids: Sequence[OperatorId]) -> None:
    command = ChangePresence(presence=presence)
    for id_ in ids:
        stream = stream_of("operator", id_)
        installation.desk.submit_now(Ask(stream=stream, command=command, meta=_META))


def _assigned(urls: Urls, position: int, ids: Sequence[OperatorId]) -> list[tuple[str, Any]]:
    known = set(ids)
    return [
        (stream, event)
        for stream, event in _read(urls, position, ChatAssigned.TOPIC)
        if event.operator_id in known
    ]


def _judge(urls: Urls, position: int, ids: Sequence[OperatorId]) -> Drained:
    assigned = _assigned(urls, position, ids)
    opened_at = {stream: event.at for stream, event in _read(urls, 0, ChatOpened.TOPIC)}
    drained, latest = Drained(chats=len(assigned)), None
    for stream, event in assigned:
        drained.given[event.operator_id] += 1
        came = opened_at[stream]
        drained.out_of_order += latest is not None and came < latest
        latest = came if latest is None else max(latest, came)
    came_online = _read(urls, position, "presence-changed.v1")[0][1].at
    drained.seconds = (assigned[-1][1].at - came_online).total_seconds()
    drained.most_each = max(drained.given.values())
    return drained


def _read(urls: Urls, position: int, *topics: str) -> list[tuple[str, Any]]:
    mapper = EventMapper()
    with psycopg.connect(urls.postgres, autocommit=True) as connection:
        rows = connection.cursor(binary=True).execute(_EVENTS, (position, list(topics)))
        return [(row[1], mapper.decode(*row).event) for row in rows]


def _until(is_done: Callable[[], bool]) -> None:
    give_up = time.monotonic() + _SLOWEST
    while not is_done():
        if time.monotonic() > give_up:
            raise BenchFailed(f"the queue was not empty after {_SLOWEST:.0f} s")
        time.sleep(0.5)
