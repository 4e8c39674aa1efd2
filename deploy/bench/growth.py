"""Suite: what one message costs as the installation grows. The curve is to be flat."""

import asyncio
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from adapters.storage.postgres.rebuild import rebuild
from deploy.bench import processes
from deploy.bench.desk_alone import Work, hand_in
from deploy.bench.effort import Effort
from deploy.bench.listeners import delays
from deploy.bench.place import Place
from deploy.bench.report import Report, percentile
from deploy.bench.stages import looking_at
from deploy.bench.suite import Scale
from deploy.bench.talk import Talk, begin, checked
from deploy.bench.workers import beside

_SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
_OPEN: Final = 1_000
"""Chats that are open, however many there have been."""
_CATCH_UP: Final = 1_800.0
_CALLERS: Final = 64
_NEW_EVERY: Final = 10
_FASTEST: Final = 25_000
"""Messages a second that are made beforehand, for the desk alone."""
_FIGURES: Final = {
    "desk": ("desk, a message", "µs"),
    "used": ("processor time, a message", "µs"),
    "answered": ("webhook → answer, p50", "ms"),
    "fed": ("webhook → live feed, p50", "ms"),
}


@dataclass(slots=True)
class Cost:
    chats: int
    desk: list[float] = field(default_factory=list)
    used: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    fed: list[float] = field(default_factory=list)


def run(place: Place, scale: Scale) -> Report:
    """Grow, and measure the same at each size."""
    sizes = [size for size in _SIZES if size <= scale.chats]
    if scale.is_quick:
        sizes = [100]
    costs, there = [], 0
    for size in sizes:
        place.fill(size - there, min(_OPEN, size - there) if not there else 0)
        there = size
        if not scale.is_quick:
            rebuild(place.servers().postgres)
        costs.append(_measure(place, size, scale))
    return _report(costs)


def _measure(place: Place, size: int, scale: Scale) -> Cost:
    rounds, seconds = (1, 0.3) if scale.is_quick else (3, 3.0)
    talk = Talk(50, 0.5, _NEW_EVERY) if scale.is_quick else Talk(200, 10, _NEW_EVERY)
    cost = Cost(size)
    with beside(processes.cores()[0]) as pool:
        for _ in range(rounds):
            work = _work(place, seconds)
            cost.desk.append(1e6 / pool.submit(hand_in, work).result().per_second)
    program = place.everything()
    with beside(processes.cores()[1], 2) as pool, looking_at(program) as stages:
        for _ in range(rounds):
            asyncio.run(stages.caught_up(_CATCH_UP))
            effort = Effort(program)
            course = begin(place, program, talk, pool)
            answers = checked(course.answers.result())
            heard = course.heard.result().at[0]
            cost.used.append(1e6 * effort.taken().total() / len(answers.due))
            cost.answered.append(1e3 * percentile(answers.latencies, 50))
            cost.fed.append(1e3 * percentile(delays(heard, answers.due, course.clients), 50))
    return cost


def _work(place: Place, seconds: float) -> Work:
    number = int(seconds * _FASTEST) + len(place.open_clients)
    senders = [place.open_clients[n % len(place.open_clients)] for n in range(number)]
    url, first = place.servers().postgres, place.messages(number)
    return Work(url, first, senders, _CALLERS, seconds, warm_up=len(place.open_clients))


def _report(costs: list[Cost]) -> Report:
    report, smallest = Report("growth"), costs[0]
    for what, (name, unit) in _FIGURES.items():
        first = median(getattr(smallest, what))
        for cost in costs:
            values = getattr(cost, what)
            ratio = median(values) / first
            report.add(f"{name}, {cost.chats:,} chats", values, unit, ratio=ratio)
    report.notes += [
        (
            f"{_OPEN:,} chats are open, the others closed; of the messages in everything"
            f" one in {_NEW_EVERY} opens another one"
        ),
        f"desk: {_CALLERS} callers, no HTTP; the others through everything at a steady rate",
        "ratios are to the smallest size",
    ]
    return report
