"""One transaction for a group of acts: look, decide, append, and know what became of it."""

import asyncio
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from eventsourcing.persistence import PersistenceError, StoredEvent

from adapters.storage.house import BatchHouse
from adapters.storage.kept import Memory
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.recorder import LogRecorder, Writing
from adapters.storage.wanting import wanted_by
from domain.errors import IdentityReused, LeaseLost, RecadoError
from domain.ports import Act, Found, Receipt
from domain.values import Naming

log = structlog.get_logger()

LONGEST_TAIL: Final = 2_000
"""Events of others that are folded in; beyond it, starting afresh is cheaper."""


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
    future: "asyncio.Future[Receipt] | Future[Receipt]"
    """Where the answer is waited for; one of an event loop is settled on that loop."""


Outcome = tuple[Job, Receipt | Exception]


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
        with self._recorder.writing(self._mapper.ring) as writing:
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
            writing.open(0, 0)
            rows = writing.streams([str(first.originator_id)])
        return any(
            (version, state) == (first.originator_version, first.state)
            for _, version, _, state, _ in rows
        )

    def _open(self, writing: Writing, jobs: list[Job]) -> tuple[BatchHouse, dict[str, int]]:
        memory = self._memory
        leases = sorted({job.lease.name for job in jobs if job.lease is not None})
        wanted = wanted_by([job.act for job in jobs], memory, self._naming)
        opened = writing.open(memory.position, LONGEST_TAIL, leases, wanted)
        if memory.position + len(opened.tail) != opened.position:
            memory.forget()
        memory.catch_up(opened.tail, opened.position, self._mapper)
        house = BatchHouse(memory, writing, self._mapper, self._naming, opened, writing.sealing)
        house.take(wanted, opened)
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
