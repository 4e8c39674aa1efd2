"""Messages at a given rate through a whole installation, and what is seen of them."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from deploy.bench.callers import Answers, Traffic, deliver
from deploy.bench.committed import Seen, Watch, watch
from deploy.bench.failed import BenchFailed
from deploy.bench.listeners import Audience, Heard, listen
from deploy.bench.place import Place, Program

AFTERWARDS: Final = 20.0
"""Seconds that the last message may take to come through."""
WATCHED: Final = 20
"""One listener in so many is looked at."""


@dataclass(frozen=True, slots=True)
class Talk:
    """So many messages a second, of whom one in `new_every` opens a chat."""

    rate: float
    seconds: float
    new_every: int

    @property
    def messages(self) -> int:
        return max(1, int(self.rate * self.seconds))

    def senders(self, place: Place) -> tuple[Sequence[int], list[int]]:
        """Return who sends each message, and which of the messages open a chat."""
        places = range(self.messages)
        opening = [n for n in places if n % self.new_every == self.new_every - 1]
        new = iter(place.new_clients(len(opening)))
        known = islice(cycle(place.open_clients), self.messages)
        opens = set(opening)
        return [next(new) if n in opens else one for n, one in enumerate(known)], opening


@dataclass(slots=True)
class Course:
    """One talk on its way."""

    clients: dict[int, int]
    """Who sends each message, by its number."""
    opening: list[int]
    """Numbers of the messages that open a chat."""
    answers: "Future[Answers]"
    heard: "Future[Heard]"
    seen: "Future[Seen] | None"


def begin(
    place: Place,
    program: Program,
    talk: Talk,
    pool: ProcessPoolExecutor,
    *,
    listeners: int = 1,
    is_watched: bool = False,
    when_they_listen: Callable[[], object] = lambda: None,
) -> Course:
    """Begin to deliver, once those who listen do, with somebody who looks at the log."""
    senders, opening = talk.senders(place)
    first = place.messages(talk.messages)
    last, opening = first + talk.messages - 1, [first + n for n in opening]
    seconds = talk.seconds + AFTERWARDS
    with TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        audience = Audience(
            program.address, program.token, ready, last, seconds, listeners, WATCHED
        )
        heard = pool.submit(listen, audience)
        while not (ready.exists() or heard.done()):
            time.sleep(0.02)
    if heard.done():
        heard.result()
    when_they_listen()
    wanted = Watch(program.urls, first, last, opening, seconds)
    seen = pool.submit(watch, wanted) if is_watched else None
    traffic = Traffic(program.address, first, senders, rate=talk.rate)
    clients = dict(enumerate(senders, first))
    return Course(clients, opening, pool.submit(deliver, traffic), heard, seen)


def checked(answers: Answers) -> Answers:
    """Return the answers; raise `BenchFailed` if one of the messages was not taken."""
    if answers.taken != len(answers.due):
        raise BenchFailed(f"webhooks were answered {dict(answers.statuses)}")
    return answers
