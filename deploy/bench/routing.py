"""Suite: how fast routing decides, by itself and on a running installation."""

import asyncio
from statistics import median
from typing import Final

from adapters.storage.postgres.rebuild import rebuild
from deploy.bench import processes
from deploy.bench.effort import Effort, for_each
from deploy.bench.fold_alone import Crowd, Spent, decide_all, decide_one_by_one, find_overdue
from deploy.bench.listeners import delays
from deploy.bench.place import Place, Program
from deploy.bench.queueing import drain, lateness
from deploy.bench.report import Report, percentile
from deploy.bench.stages import looking_at
from deploy.bench.suite import Scale
from deploy.bench.talk import Talk, begin, checked
from deploy.bench.workers import beside

_SIZES: Final = (1_000, 10_000, 100_000)
_CATCH_UP: Final = 600.0


def run(place: Place, scale: Scale) -> Report:
    """Decide in memory, then let real chats find, and wait for, real operators."""
    report = Report("routing")
    _alone(report, scale)
    clocks = 100 if scale.is_quick else _SIZES[-1]
    place.have_open(clocks)
    if not scale.is_quick:
        rebuild(place.servers().postgres)
    program = place.everything()
    _at_a_steady_rate(report, place, program, scale)
    _clocks(report, program, clocks, scale)
    _drain(report, place, program, scale)
    return report


def _alone(report: Report, scale: Scale) -> None:
    crowd = Crowd(500, 50, 5) if scale.is_quick else Crowd(100_000, 1_000, 50)
    rounds = 1 if scale.is_quick else 3
    with beside(processes.cores()[0]) as pool:
        alone = [pool.submit(decide_all, crowd).result() for _ in range(rounds)]
        decided, folded = ([spent.per_second for spent in one] for one in zip(*alone, strict=True))
        report.add("decisions and their events, in the fold alone", folded, "/s", least=20_000)
        report.add("decisions, without their events", decided, "/s")
        first: float | None = None
        for size in (crowd.chats,) if scale.is_quick else _SIZES:
            smaller = Crowd(size, crowd.operators, crowd.groups)
            spent = [pool.submit(decide_one_by_one, smaller, 2_000).result() for _ in range(rounds)]
            micros = [one.micros for one in spent]
            first = first or median(micros)
            ratio = median(micros) / first
            report.add(f"one decision, {size:,} queued", micros, "µs", ratio=ratio)
        overdue: Spent = pool.submit(find_overdue, crowd).result()
        report.add(f"finding {overdue.number:,} clocks overdue at once", overdue.seconds, "s")
    report.notes.append(
        f"alone: {crowd.chats:,} chats queued, {crowd.operators:,} operators,"
        f" {crowd.groups} groups; processor time of one process. One decision: a chat is closed,"
        " its operator gets the next; two events and two rounds"
    )


def _at_a_steady_rate(report: Report, place: Place, program: Program, scale: Scale) -> None:
    talk = Talk(50, 1, 5) if scale.is_quick else Talk(300, 20, 5)
    with beside(processes.cores()[1], 3) as pool, looking_at(program) as stages:
        asyncio.run(stages.caught_up(_CATCH_UP))
        effort = Effort(program)
        course = begin(place, program, talk, pool, is_watched=True)
        answers = checked(course.answers.result())
        taken = effort.taken()
        assert course.seen is not None
        course.heard.result()
        seen = course.seen.result()
    due = {number: answers.due[number] for number in course.opening}
    delayed = delays(seen.assigned, due, course.clients)
    report.add("chats that nobody got", len(due) - len(delayed), "", most=1)
    for share, aim in ((50, None), (99, 150)):
        value = 1000 * percentile(delayed, share)
        report.add(f"webhook → assigned, p{share}", value, "ms", most=aim)
    report.notes += [
        (
            f"{talk.rate:g} messages/s for {talk.seconds:g} s, one in {talk.new_every} opens a"
            " chat; counted from when each was due to be sent"
        ),
        f"µs of processor time a message: {for_each(taken, len(answers.due))}",
    ]


def _clocks(report: Report, program: Program, clocks: int, scale: Scale) -> None:
    late = lateness(program, 1 if scale.is_quick else 20)
    if not late:
        report.notes.append("no clock ran out while it was watched")
        return
    for share in (50, 99):
        report.add(
            f"lateness of {clocks:,} running clocks, p{share}", percentile(late, share), "ms"
        )
    report.notes.append(f"{len(late)} clocks ran out while they were watched")


def _drain(report: Report, place: Place, program: Program, scale: Scale) -> None:
    chats, operators = (40, 5) if scale.is_quick else (10_000, 500)
    effort = Effort(program)
    drained = drain(place, program, chats, operators)
    taken = effort.taken()
    name = f"{operators} operators come to {chats:,} queued chats"
    report.add(name, drained.seconds, "s", most=15)
    report.add("given out of order", drained.out_of_order, "", most=1)
    over = max(0, drained.most_each - -(-chats // operators))
    report.add("given past capacity or warm-up", over, "", most=1)
    report.notes.append(
        f"each of the {operators} may have, and get in his first minute, {drained.most_each}:"
        f" µs of processor time a chat from its webhook on: {for_each(taken, chats)}"
    )
