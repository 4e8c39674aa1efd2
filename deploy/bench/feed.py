"""Suite: thousands of subscribers to the same lists."""

import asyncio
from itertools import chain
from typing import Final

from deploy.bench import processes
from deploy.bench.listeners import delays
from deploy.bench.place import Place, Program
from deploy.bench.report import Report, percentile
from deploy.bench.stages import looking_at
from deploy.bench.suite import Scale
from deploy.bench.talk import WATCHED, Talk, begin, checked
from deploy.bench.workers import beside

_NEVER: Final = 10**9
_CATCH_UP: Final = 60.0


def run(place: Place, scale: Scale) -> Report:
    """Let messages come while many listen; look at delays, processor time and memory."""
    listeners, chats, rounds = (20, 100, 1) if scale.is_quick else (2_000, 300, 3)
    talk = Talk(50, 1 if scale.is_quick else 15, _NEVER)
    place.have_open(chats)
    program = place.everything()
    serve = _serve(program)
    measured, ours = processes.cores()
    processes.pin(serve, measured)
    report, room = Report("feed"), processes.resident_kib(serve)
    fed: list[list[float]] = []
    busy: list[float] = []
    missed, grown = 0, 0
    with beside(ours, 2) as pool, looking_at(program) as stages:
        for _ in range(rounds):
            asyncio.run(stages.caught_up(_CATCH_UP))
            course = begin(place, program, talk, pool, listeners=listeners)
            if not fed:
                # What the first round frees, later ones take again.
                grown = processes.resident_kib(serve) - room
            before = processes.cpu_seconds([serve])
            answers = checked(course.answers.result())
            busy.append((processes.cpu_seconds([serve]) - before) / answers.seconds)
            heard = course.heard.result()
            fed.append(list(chain.from_iterable(delays(at, answers.due) for at in heard.at)))
            missed += len(answers.due) * len(heard.at) - len(fed[-1])
    for share, aim in ((50, {}), (99, {"most": 250})):
        values = [1000 * percentile(one, share) for one in fed]
        report.add(f"webhook → live feed, p{share}", values, "ms", **aim)
    report.add("serve, of one core", [100 * one for one in busy], "%")
    report.add("serve, for each connection", grown / listeners, "KiB")
    report.add("messages that never came", missed, "", most=1)
    report.notes += [
        (
            f"{listeners:,} subscribers to all chats, {talk.rate:g} changes/s to each of them;"
            f" one in {WATCHED} is looked at, of the others the bytes are taken"
        ),
        "serve is on one core; the subscribers are all on the other one, and limit themselves",
    ]
    return report


def _serve(program: Program) -> int:
    return next(pid for pid, part in program.parts().items() if part == "serve")
