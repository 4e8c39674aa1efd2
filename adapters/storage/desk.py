"""
Where acts are handed in: one writer for each process, which commits them in groups.

Acts that arrive while a commit is under way are decided together in the next one. The
log's write lock is taken before anything is looked up, so what is decided on cannot be
stale and two deciders cannot clash; what other processes appended meanwhile is read from
the log's tail first.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Final, Protocol

import structlog
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    PersistenceError,
    StoredEvent,
)

from adapters.storage.house import BatchHouse, Memory
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.recorder import LogRecorder, Writing
from domain.errors import IdentityReused, LeaseLost, LogIsBusy, RecadoError
from domain.ports import Act, Found, Receipt
from domain.values import Naming

log = structlog.get_logger()

MOST_ACTS: Final = 500
"""In one transaction."""
MOST_WAITING: Final = 5_000
"""Acts queued before new ones are turned away: about a second's work."""
LONGEST_TAIL: Final = 2_000
"""Events of others that are folded in; beyond it, starting afresh is cheaper."""
PATIENCE_WITH_THE_DATABASE: Final = 3.0
"""Seconds to try again before the callers are told that the log is busy."""


class Fenced(Protocol):
    """A lease that an act may depend on (R14)."""

    @property
    def name(self) -> str: ...
    @property
    def fence(self) -> int | None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    act: Act
    lease: Fenced | None
    fence: int | None
    answer: Callable[[Receipt | Exception], None]


Outcome = tuple[Job, Receipt | Exception]


class LogDesk:
    """The desk over the event log; safe to use from any thread and event loop."""

    def __init__(
        self,
        recorder: LogRecorder,
        mapper: EventMapper,
        on_commit: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._recorder: Final = recorder
        self._mapper: Final = mapper
        self._on_commit: Final = on_commit
        self.naming: Final = Naming(recorder.salt())
        self._memory: Final = Memory()
        self._jobs: Final = deque[Job]()
        self._wake: Final = threading.Condition()
        self._closing = False
        self._thread: Final = threading.Thread(target=self._run, name="desk", daemon=True)
        self._thread.start()

    async def submit(self, act: Act, lease: Fenced | None = None) -> Receipt:
        """
        Return when the act is committed.

        Raises `Refused` where the rules say no, `IdentityReused`, `LeaseLost`, or `LogIsBusy`
        when the log cannot be written now. Nothing was recorded then, unless the connection
        broke at the very end and the database cannot be asked: whoever asks again under the
        same identity finds out.
        """
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        def answer(outcome: Receipt | Exception) -> None:
            loop.call_soon_threadsafe(_settle, future, outcome)

        self._enqueue(Job(act, lease, lease.fence if lease else None, answer))
        receipt: Receipt = await future
        return receipt

    async def submit_all(
        self, acts: Sequence[Act], lease: Fenced | None = None
    ) -> list[Receipt | BaseException]:
        """Return what became of each, receipt or error; they are committed together."""
        waiting = (self.submit(act, lease) for act in acts)
        return await asyncio.gather(*waiting, return_exceptions=True)

    def submit_now(self, act: Act) -> Receipt:
        """Do as `submit`, for callers without an event loop."""
        future = Future[Receipt]()

        def answer(outcome: Receipt | Exception) -> None:
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        self._enqueue(Job(act, None, None, answer))
        return future.result()

    def under(self, lease: Fenced) -> "LeasedDesk":
        """Return this desk for a process that acts only while it holds a lease."""
        return LeasedDesk(self, lease)

    def close(self) -> None:
        """Commit what was handed in, and stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(timeout=10)

    def _enqueue(self, job: Job) -> None:
        with self._wake:
            if self._closing:
                raise LogIsBusy("the process is stopping")
            if len(self._jobs) >= MOST_WAITING:
                raise LogIsBusy("too many commands are waiting")
            self._jobs.append(job)
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._jobs and not self._closing:
                    self._wake.wait()
                if not self._jobs:
                    return
                batch = [self._jobs.popleft() for _ in range(min(MOST_ACTS, len(self._jobs)))]
            try:
                outcomes = self._commit(batch)
            except Exception as error:
                log.exception("desk.failed", acts=len(batch))
                outcomes = [(job, error) for job in batch]
            for job, outcome in outcomes:
                with suppress(RuntimeError):  # the caller's event loop is closed: nobody waits
                    job.answer(outcome)

    def _commit(self, jobs: list[Job]) -> list[Outcome]:
        """Return each job's outcome; what is lost on the way is found out or tried again."""
        give_up = monotonic() + PATIENCE_WITH_THE_DATABASE
        lost: Attempt | None = None
        while True:
            attempt = Attempt(self._recorder, self._mapper, self._memory, self.naming)
            try:
                if lost is not None and lost.is_in_the_log():
                    attempt = lost
                else:
                    lost = None
                    attempt.run(jobs)
            except (OperationalError, InterfaceError) as error:
                self._memory.forget()
                lost = lost or (attempt if attempt.events else None)
                if monotonic() > give_up:
                    log.warning("desk.database_lost", error=type(error).__name__)
                    busy = LogIsBusy("the database does not answer")
                    return [(job, busy) for job in jobs]
                sleep(0.1)
                continue
            except (IntegrityError, PersistenceError) as error:
                return self._separately(jobs, error)
            if attempt.events:
                self._tell(attempt.position)
            return attempt.outcomes

    def _tell(self, position: int) -> None:
        try:
            self._on_commit(position)
        except Exception as error:
            log.warning("desk.nobody_told", error=type(error).__name__)

    def _separately(self, jobs: list[Job], error: Exception) -> list[Outcome]:
        """Find the job that the database refuses, by halving, and commit the others."""
        self._memory.forget()
        if len(jobs) == 1:
            log.error("desk.refused_by_database", error=type(error).__name__)
            return [(jobs[0], LogIsBusy("the database refused it"))]
        half = len(jobs) // 2
        return [*self._commit(jobs[:half]), *self._commit(jobs[half:])]


class Attempt:
    """One transaction for a group of jobs."""

    def __init__(
        self, recorder: LogRecorder, mapper: EventMapper, memory: Memory, naming: Naming
    ) -> None:
        self._recorder: Final = recorder
        self._mapper: Final = mapper
        self._memory: Final = memory
        self._naming: Final = naming
        self._base = 0
        self.events: list[StoredEvent] = []
        self.position = 0
        self.outcomes: list[Outcome] = []

    def run(self, jobs: list[Job]) -> list[Outcome]:
        """Look up, decide and append; return each job's outcome, committed."""
        with self._recorder.writing() as writing:
            house, fences = self._open(writing, jobs)
            house.prefetch(job.act for job in jobs)
            self.outcomes = [(job, self._decide(job, house, fences)) for job in jobs]
            self.events = house.batch.events
            self.position = self._base + len(self.events)
            if self.events:
                writing.append(house.batch)
        house.commit(self.position)
        return self.outcomes

    def is_in_the_log(self) -> bool:
        """
        Return whether the attempt was committed after all, although its answer was lost.

        The write lock is waited for, since a server may outlive the connection to it.
        """
        first = self.events[0]
        with self._recorder.writing() as writing:
            writing.open(0, 0, ())
            rows = writing.streams([str(first.originator_id)])
        return any(
            (version, state) == (first.originator_version, first.state)
            for _, version, _, state, _ in rows
        )

    def _open(self, writing: Writing, jobs: list[Job]) -> tuple[BatchHouse, dict[str, int]]:
        memory = self._memory
        leases = sorted({job.lease.name for job in jobs if job.lease is not None})
        opened = writing.open(memory.position, LONGEST_TAIL, leases)
        if memory.position + len(opened.tail) != opened.position:
            memory.forget()
        memory.catch_up(opened.tail, opened.position, self._mapper)
        house = BatchHouse(memory, writing, self._mapper, self._naming, opened)
        self._base = opened.position
        return house, opened.fences

    def _decide(self, job: Job, house: BatchHouse, fences: dict[str, int]) -> Receipt | Exception:
        act = job.act
        try:
            if job.lease is not None and fences.get(job.lease.name, 0) != job.fence:
                raise LeaseLost(job.lease.name)  # noqa: TRY301  (it is this job's answer)
            if act.identity is not None and (found := house.find(act.identity)) is not None:
                if found.fingerprint not in {None, act.fingerprint}:
                    raise IdentityReused(act.identity)  # noqa: TRY301  (as above)
                return self._repeated(act.identity, found, house)
            return house.record(act, act.decide(house))
        except RecadoError as error:
            return error
        except PersistenceError:
            raise
        except Exception as error:
            log.exception("desk.act_failed", act=type(act).__name__)
            return error

    def _repeated(self, identity: str, found: Found, house: BatchHouse) -> Receipt:
        version = house.state(found.stream).version
        base = self._base if identity in house.batch.keys else 0
        return Receipt(found.stream, version, base + found.position, found.number, repeated=True)


class LeasedDesk:
    """A desk for a process that acts only while it holds a lease (R14)."""

    def __init__(self, desk: LogDesk, lease: Fenced) -> None:
        self._desk: Final = desk
        self._lease: Final = lease

    async def submit(self, act: Act) -> Receipt:
        """Do as `LogDesk.submit`; raise `LeaseLost` when another process has taken over."""
        return await self._desk.submit(act, self._lease)


def _settle(future: "asyncio.Future[Receipt]", outcome: Receipt | Exception) -> None:
    if future.cancelled():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
