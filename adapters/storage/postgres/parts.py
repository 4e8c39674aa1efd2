"""A replay by several processes, each with streams of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Final

from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.replay import Range, Sums, replay
from projections.seats import SeatRow

KINDS: Final = ("chat", "client")
MakeMapper = Callable[[], EventMapper]
"""A mapper holds compiled code that cannot be sent to another process: each makes its own."""
_SIXTEENTHS: Final = "0123456789abcdef"


class ReplayFailed(Exception):
    """A process that replayed a part ended with an error."""


@dataclass(frozen=True, slots=True)
class Task:
    """What one process is to do."""

    url: str
    make_mapper: MakeMapper
    schema: str
    ranges: tuple[Range, ...]
    up_to: int
    seated: dict[Any, SeatRow]


def ranges_of(processes: int) -> Iterator[tuple[Range, ...]]:
    """Yield each process's share of the streams, whose ids are spread evenly."""
    cuts = [_SIXTEENTHS[16 * n // processes] for n in range(1, processes)]
    for first, last in pairwise([None, *cuts, None]):
        yield tuple(
            Range(
                kind,
                None if first is None else f"{kind}-{first}",
                None if last is None else f"{kind}-{last}",
            )
            for kind in KINDS
        )


def replay_in_parts(
    url: str,
    make_mapper: MakeMapper,
    schema: str,
    up_to: int,
    seated: dict[Any, SeatRow],
    progress: Callable[[int], None],
    processes: int,
) -> Sums:
    """Replay the streams of chats and clients; return what all parts add up to."""
    tasks = [Task(url, make_mapper, schema, part, up_to, seated) for part in ranges_of(processes)]
    if processes == 1:
        return _done(tasks[0], progress)
    sums = Sums()
    context = get_context("spawn")
    running: dict[Connection[Any, Any], SpawnProcess] = {}
    try:
        for task in tasks:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_work, args=(task, theirs), daemon=True)
            process.start()
            theirs.close()
            running[ours] = process
        while running:
            for pipe in wait(list(running)):
                _hear(pipe, running, sums, progress)  # type: ignore[arg-type]  # we put only pipes in
    finally:
        for process in running.values():
            process.terminate()
            process.join()
    return sums


def _hear(
    pipe: "Connection[Any, Any]",
    running: "dict[Connection[Any, Any], SpawnProcess]",
    sums: Sums,
    progress: Callable[[int], None],
) -> None:
    try:
        said = pipe.recv()
    except EOFError:
        raise ReplayFailed("a process that replayed events was killed") from None
    if isinstance(said, int):
        progress(said)
        return
    if isinstance(said, Exception):
        raise said
    sums.join(said)
    running.pop(pipe).join()


def _work(task: Task, pipe: "Connection[Any, Any]") -> None:
    try:
        pipe.send(_done(task, pipe.send))
    except Exception as error:
        pipe.send(ReplayFailed(str(error)))


def _done(task: Task, progress: Callable[[int], None]) -> Sums:
    return replay(
        task.url, task.make_mapper(), task.schema, task.ranges, task.up_to, task.seated, progress
    )
