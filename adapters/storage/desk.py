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
from time import monotonic, sleep
from typing import Final

import structlog
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    PersistenceError,
)

from adapters.storage.attempt import Attempt, Fenced, Job, Outcome
from adapters.storage.kept import Memory
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.recorder import LogRecorder
from domain.errors import LogIsBusy
from domain.ports import Act, Receipt
from domain.values import Naming

log = structlog.get_logger()

MOST_ACTS: Final = 500
"""In one transaction."""
MOST_WAITING: Final = 5_000
"""Acts queued before new ones are turned away: about a second's work."""
ANSWER_WITHIN: Final = 5.0
"""Seconds that a caller is kept waiting, also by a database that hangs without a word."""
PATIENCE_WITH_THE_DATABASE: Final = 3.0
"""Seconds to try again before the callers are told that the log is busy."""


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
        self.naming: Final = Naming(recorder.salt(mapper.ring))
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
        future: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._enqueue(Job(act, lease, lease.fence if lease else None, future))
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                return await future
        except TimeoutError:
            raise LogIsBusy("the database does not answer") from None

    async def submit_all(
        self, acts: Sequence[Act], lease: Fenced | None = None
    ) -> list[Receipt | BaseException]:
        """Return what became of each, receipt or error; they are committed together."""
        waiting = (self.submit(act, lease) for act in acts)
        return await asyncio.gather(*waiting, return_exceptions=True)

    def submit_now(self, act: Act) -> Receipt:
        """Do as `submit`, for callers without an event loop."""
        future = Future[Receipt]()
        self._enqueue(Job(act, None, None, future))
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
                taken = [self._jobs.popleft() for _ in range(min(MOST_ACTS, len(self._jobs)))]
            # Whoever was told that the log is busy may ask again: his act is not done as well.
            batch = [job for job in taken if not job.future.done()]
            if not batch:
                continue
            outcomes: list[Outcome]
            try:
                outcomes = self._commit(batch)
            except Exception as error:
                log.exception("desk.failed", acts=len(batch))
                outcomes = [(job, error) for job in batch]
            _answer(outcomes)

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
                self._forget()
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

    def _forget(self) -> None:
        """Drop what is kept between batches: nobody knows whether it is still true."""
        self._memory.forget()
        if self._mapper.ring is not None:
            self._mapper.ring.forget()

    def _tell(self, position: int) -> None:
        try:
            self._on_commit(position)
        except Exception as error:
            log.warning("desk.nobody_told", error=type(error).__name__)

    def _separately(self, jobs: list[Job], error: Exception) -> list[Outcome]:
        """Find the job that the database refuses, by halving, and commit the others."""
        self._forget()
        if len(jobs) == 1:
            log.error("desk.refused_by_database", error=type(error).__name__)
            return [(jobs[0], LogIsBusy("the database refused it"))]
        half = len(jobs) // 2
        return [*self._commit(jobs[:half]), *self._commit(jobs[half:])]


class LeasedDesk:
    """A desk for a process that acts only while it holds a lease (R14)."""

    def __init__(self, desk: LogDesk, lease: Fenced) -> None:
        self._desk: Final = desk
        self._lease: Final = lease

    async def submit(self, act: Act) -> Receipt:
        """Do as `LogDesk.submit`; raise `LeaseLost` when another process has taken over."""
        return await self._desk.submit(act, self._lease)


Settled = tuple["asyncio.Future[Receipt] | Future[Receipt]", Receipt | Exception]


def _answer(outcomes: list[Outcome]) -> None:
    """Tell all callers; each event loop is woken once for all of its own."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Settled]] = {}
    for job, outcome in outcomes:
        if isinstance(job.future, Future):
            _settle([(job.future, outcome)])
        else:
            by_loop.setdefault(job.future.get_loop(), []).append((job.future, outcome))
    for loop, settled in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, settled)


def _settle(settled: list[Settled]) -> None:
    for future, outcome in settled:
        if future.cancelled():
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
