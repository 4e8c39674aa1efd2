"""Suite: how many messages a second go all the way, for as long as one likes."""

import asyncio
from collections.abc import Sequence
from typing import Final

from deploy.bench import processes
from deploy.bench.effort import Effort, for_each
from deploy.bench.place import Place
from deploy.bench.report import Report
from deploy.bench.stages import STAGES, Sample, looking_at
from deploy.bench.suite import Scale
from deploy.bench.talk import Talk, begin, checked
from deploy.bench.workers import beside

_RATES: Final = (250, 500, 1_000, 1_500, 2_000, 2_500, 3_000)
_NEW_EVERY: Final = 10
_BEHIND: Final = 1.0
"""Seconds that a stage may be behind."""
_LATE: Final = 0.5
"""Seconds that the last answer may come after the last message was due."""
_CATCH_UP: Final = 180.0


def run(place: Place, scale: Scale) -> Report:
    """Offer more and more, until something does not keep up."""
    rates = _RATES[:1] if scale.is_quick else _RATES
    seconds, chats = (1.0, 100) if scale.is_quick else (15.0, 5_000)
    place.have_open(chats)
    program = place.everything()
    report, sustained = Report("pipeline"), 0.0
    with beside(processes.cores()[1], 2) as pool, looking_at(program) as stages:
        for rate in rates:
            asyncio.run(stages.caught_up(_CATCH_UP))
            effort = Effort(program)
            course = begin(place, program, Talk(rate, seconds, _NEW_EVERY), pool)
            samples = asyncio.run(stages.samples(seconds))
            answers = checked(course.answers.result())
            course.heard.result()
            taken = effort.taken()
            cost = f"µs of processor time a message: {for_each(taken, answers.taken)}"
            behind = _behind(samples)
            if answers.seconds > seconds + _LATE:
                behind.insert(0, "accepted")
            if behind:
                report.notes.append(
                    f"at {rate}/s too slow: {', '.join(behind)}"
                    f" ({answers.per_second:,.0f}/s accepted); {cost}"
                )
                break
            sustained = answers.per_second
            report.notes.append(f"at {rate}/s all keep up; {cost}")
    report.add("sustained through everything", sustained, "messages/s", least=1_500)
    report.notes.append(
        f"one message in {_NEW_EVERY} opens a chat (four events, with its assignment);"
        f" all stages less than {_BEHIND:g} s behind in the second half of {seconds:g} s"
    )
    return report


def _behind(samples: Sequence[Sample]) -> list[str]:
    """Return the stages that are too far behind in the second half of the samples."""
    half = samples[len(samples) // 2 :]
    elapsed = samples[-1].at - samples[0].at
    a_second = (samples[-1].committed - samples[0].committed) / elapsed
    worst = {stage: max(sample.lags[stage] for sample in half) for stage in STAGES}
    return [
        f"{stage} ({lag / a_second:.1f} s behind)"
        for stage, lag in worst.items()
        if lag > _BEHIND * a_second
    ]
