"""Suite: thousands of subscribers to the same lists."""

import asyncio
import time
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
_SETTLE: Final = 30
"""Seconds that the snapshots may take to be gone."""
_IDLE: Final = 0.15
"""Share of a core that it takes to do nothing for many who listen."""


def run(place: Place, scale: Scale) -> Report:
    """Let messages come while many listen; look at delays, processor time and memory."""
    listeners, chats, rounds = (20, 100, 1) if scale.is_quick else (2_000, 100, 3)
    talk = Talk(50, 1 if scale.is_quick else 15, _NEVER)
    place.have_open(chats)
    program = place.everything()
    measured, ours = processes.cores()
    serve, report = _Serve(program), Report("feed")
    processes.pin(serve.pid, measured)
    fed: list[list[float]] = []
    missed = 0
    with beside(ours, 2) as pool, looking_at(program) as stages:
        for _ in range(rounds):
            asyncio.run(stages.caught_up(_CATCH_UP))
            course = begin(
                place, program, talk, pool, listeners=listeners, when_they_listen=serve.settle
            )
            answers = checked(course.answers.result())
            serve.rest(answers.seconds)
            heard = course.heard.result()
            each = (delays(at, answers.due, course.clients) for at in heard.at)
            fed.append(list(chain.from_iterable(each)))
            missed += len(answers.due) * len(heard.at) - len(fed[-1])
    for share, aim in ((50, {}), (99, {"most": 250})):
        values = [1000 * percentile(one, share) for one in fed]
        report.add(f"webhook → live feed, p{share}", values, "ms", **aim)
    report.add("serve, of one core", [100 * share for share in serve.busy], "%")
    # With few connections it may give back more than they take.
    report.add("serve, for each connection", max(0.0, serve.grown / listeners), "KiB")
    report.add("messages that never came", missed, "", most=1)
    report.notes += [
        (
            f"{listeners:,} subscribers to all chats, {talk.rate:g} changes/s to each of them;"
            f" one in {WATCHED} is looked at, of the others the bytes are taken"
        ),
        "serve is on one core; the subscribers are all on the other one, and limit themselves",
    ]
    return report


class _Serve:
    """The process that everybody listens to."""

    def __init__(self, program: Program) -> None:
        self.pid: Final = next(pid for pid, part in program.parts().items() if part == "serve")
        self.busy: Final[list[float]] = []
        self.grown = 0
        """KiB, in the first round: what it frees, later ones take again."""
        self._alone: Final = processes.resident_kib(self.pid)
        self._used = 0.0

    def settle(self) -> None:
        """Note how it stands when everybody listens and nothing happens."""
        for _ in range(_SETTLE):
            before = processes.cpu_seconds([self.pid])
            time.sleep(1)
            if processes.cpu_seconds([self.pid]) - before < _IDLE:
                break
        if not self.busy:
            self.grown = processes.resident_kib(self.pid) - self._alone
        self._used = processes.cpu_seconds([self.pid])

    def rest(self, seconds: float) -> None:
        """Note how busy it was for so many seconds."""
        self.busy.append((processes.cpu_seconds([self.pid]) - self._used) / seconds)
