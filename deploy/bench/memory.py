"""Suite: the memory that everything takes together."""

import asyncio
from collections import Counter

from adapters.storage.postgres.rebuild import rebuild
from deploy.bench import processes
from deploy.bench.place import Place
from deploy.bench.report import Report
from deploy.bench.stages import looking_at
from deploy.bench.suite import Scale
from deploy.bench.talk import Talk, begin, checked
from deploy.bench.workers import beside

_CATCH_UP = 600.0
_LISTENERS = 20


def run(place: Place, scale: Scale) -> Report:
    """Open many chats, let everything start with them and work a little, and add up."""
    chats, talk = (100, Talk(50, 0.5, 5)) if scale.is_quick else (100_000, Talk(200, 20, 5))
    place.have_open(chats)
    if not scale.is_quick:
        rebuild(place.servers().postgres)
    program = place.everything()
    report = Report("memory")
    with beside(processes.cores()[1], 2) as pool, looking_at(program) as stages:
        asyncio.run(stages.caught_up(_CATCH_UP))
        course = begin(place, program, talk, pool, listeners=_LISTENERS)
        checked(course.answers.result())
        by_part = Counter[str]()
        for pid, part in program.parts().items():
            by_part[part] += processes.proportional_kib(pid)
        course.heard.result()
        events = stages.committed()
    report.add("everything", by_part.total() / 1024, "MiB", most=700)
    for part, kib in by_part.most_common():
        report.add(part, kib / 1024, "MiB")
    report.notes += [
        (
            f"{chats:,} open chats ({events:,} events), {_LISTENERS} live feeds of all chats,"
            f" just after {talk.seconds:g} s of {talk.rate:g} messages/s"
        ),
        "resident memory; what processes share is counted once (PSS)",
    ]
    return report
