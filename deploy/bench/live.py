"""Suite: how long a message takes to the live feed, and a new chat to its operator."""

import asyncio
from collections import Counter
from typing import Final

from deploy.bench import processes
from deploy.bench.committed import LOOK_EVERY
from deploy.bench.effort import Effort, for_each
from deploy.bench.listeners import delays
from deploy.bench.place import Place
from deploy.bench.report import Report, percentile
from deploy.bench.stages import looking_at
from deploy.bench.suite import Scale
from deploy.bench.talk import Talk, begin, checked
from deploy.bench.workers import beside

_AIMS: Final = {50: 60, 99: 200}
_CATCH_UP: Final = 120.0


def run(place: Place, scale: Scale) -> Report:
    """Send messages at a steady rate and look at when each comes where."""
    talk = Talk(50, 1, 5) if scale.is_quick else Talk(300, 20, 5)
    rounds, chats = (1, 100) if scale.is_quick else (3, 5_000)
    place.have_open(chats)
    program = place.everything()
    answered, fed, assigned = [], [], []
    lost, sent, taken = 0, 0, Counter[str]()
    with beside(processes.cores()[1], 3) as pool, looking_at(program) as stages:
        for _ in range(rounds):
            asyncio.run(stages.caught_up(_CATCH_UP))
            effort = Effort(program)
            course = begin(place, program, talk, pool, is_watched=True)
            answers = checked(course.answers.result())
            taken += effort.taken()
            sent += len(answers.due)
            assert course.seen is not None
            heard, seen = course.heard.result().at[0], course.seen.result()
            answered.append(answers.latencies)
            fed.append(delays(heard, answers.due, course.clients))
            opened = {number: answers.due[number] for number in course.opening}
            assigned.append(delays(seen.assigned, opened, course.clients))
            lost += len(answers.due) - len(fed[-1]) + len(opened) - len(assigned[-1])
    report = Report("live")
    for what, times in (("answer", answered), ("assigned", assigned), ("live feed", fed)):
        for share in (50, 99):
            values = [1000 * percentile(one, share) for one in times]
            aim = {"most": _AIMS[share]} if what == "live feed" else {}
            report.add(f"webhook → {what}, p{share}", values, "ms", **aim)
    report.add("processor time, a message", 1e6 * taken.total() / sent, "µs")
    report.add("messages that never came", lost, "", most=1)
    report.notes += [
        f"µs of processor time a message: {for_each(taken, sent)}",
        f"{talk.rate:g} messages/s for {talk.seconds:g} s, one in {talk.new_every} opens a chat",
        (
            "counted from when each message was due to be sent;"
            f" assignments as seen in the log, every {1000 * LOOK_EVERY:.0f} ms"
        ),
    ]
    return report
