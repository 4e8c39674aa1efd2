"""Suite: the panel as it was at moments drawn by lot from a long log."""

import time
from random import Random
from typing import Final

import psycopg

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres import keyframes
from adapters.storage.postgres.keyframe_keeper import KeyframeMaker
from adapters.storage.postgres.moments import moment_of
from adapters.storage.postgres.past import Eyes, Past
from deploy.bench.failed import BenchFailed
from deploy.bench.place import Place
from deploy.bench.report import Report
from deploy.bench.suite import Scale
from domain.access import Scope
from domain.values import OperatorId, Role
from projections.filters import EVERYTHING, ChatFilter, Listed

EVENTS_OF_A_CHAT: Final = 10
_STILL_OPEN: Final = 100
"""One chat in so many."""
_CHECKED: Final = 1_000_000
"""Events up to which the keyframes are all compared with the log: it takes as long as making."""
_ALL: Final = Eyes(Scope(OperatorId(""), Role.ADMINISTRATOR))
_SIZE: Final = "SELECT count(*), coalesce(sum(length(data)), 0) FROM recado_keyframes"
_OF_LOG: Final = "SELECT sum(length(state)) FROM recado_events"


def run(place: Place, scale: Scale) -> Report:
    """Make a log and its keyframes, and ask for moments, each as if it were the first."""
    events, moments = (2_000, 2) if scale.is_quick else (scale.events, 40)
    every = 500 if scale.is_quick else keyframes.EVERY
    chats = events // EVENTS_OF_A_CHAT
    place.fill(chats, max(1, chats // _STILL_OPEN), turns=1.2)
    url, mapper = place.servers().postgres, EventMapper()
    report = Report("replay")
    with psycopg.connect(url, autocommit=True) as connection:
        began, made = time.perf_counter(), 0
        maker = KeyframeMaker(connection, mapper, every)
        while (position := maker.make_next()) is not None:
            made = position
        making = made / (time.perf_counter() - began)
        lot = Random(7)  # noqa: S311  (a lot, no secret)
        cold, used, pages, held = list[float](), list[float](), list[float](), list[int]()
        for _ in range(moments):
            moment = moment_of(connection, f"{lot.randint(1, made)}")
            past = Past(url, mapper)
            began, before = time.perf_counter(), time.process_time()
            counted = past.counts(_ALL, EVERYTHING, moment)
            past.chats(_ALL, ChatFilter(section=Listed.OPEN), moment)
            cold.append(time.perf_counter() - began)
            used.append(time.process_time() - before)
            began = time.perf_counter()
            past.chats(_ALL, ChatFilter(section=Listed.NEW), moment)
            pages.append(time.perf_counter() - began)
            held.append(sum(int(f"{counted[n]}".rstrip("+")) for n in ("new", "waiting", "open")))
        began = time.perf_counter()
        if made <= _CHECKED and (faults := list(keyframes.KeyframeCheck(url, mapper).faults())):
            raise BenchFailed(f"what was just made is not sound: {faults[0]}")
        checked = made / (time.perf_counter() - began)
        number, room = connection.execute(_SIZE).fetchone() or (0, 0)
        (of_log,) = connection.execute(_OF_LOG).fetchone() or (0,)
    report.add("a past moment: counts and a list", cold, "s", most=2)
    report.add("processor time of it, PostgreSQL's aside", used, "s")
    report.add("the slowest of them", [max(cold)], "s", most=2)
    report.add("another list of the same moment", pages, "s")
    report.add("keyframes made", [making], "events/s")
    if made <= _CHECKED:
        report.add("keyframes compared with the log", [checked], "events/s")
    report.add("their share of the log's room", [100 * int(room) / int(of_log)], "%")
    report.notes += [
        f"{events:,} events; {number:,} keyframes, one for {every:,} events",
        f"up to {max(held):,} chats open at a moment (lists tell up to 1,000 each)",
    ]
    return report
