"""The desk in memory as processes meet it: it may be away, and its answer may be lost."""

from collections.abc import Callable
from hashlib import sha256
from random import Random
from typing import Final

from adapters.storage.mapper import EventMapper
from adapters.storage.memory import MemoryDesk
from domain.errors import LogIsBusy
from domain.event import Recorded
from domain.ports import Act, Receipt
from domain.values import Timestamp
from tests.scenarios.log_rules import Judge
from tests.simulation.climate import Climate, Sometimes
from tests.simulation.loop import VirtualLoop

MAPPER: Final = EventMapper()


class Store:
    """The log's one truth; every event is read from its bytes and judged as it comes."""

    def __init__(
        self, loop: VirtualLoop, rng: Random, climate: Climate, sometimes: Sometimes
    ) -> None:
        self.desk: Final = MemoryDesk(MAPPER, loop.now, b"salt")
        self.recorded: Final = list[Recorded]()
        self.judge: Final = Judge()
        self.is_down = False
        self.on_commit: Final = list[Callable[[], None]]()
        self._loop, self._rng, self._climate = loop, rng, climate
        self._sometimes: Final = sometimes
        self._digest = sha256()

    @property
    def now(self) -> Timestamp:
        return self._loop.now()

    @property
    def seconds(self) -> float:
        return self._loop.time()

    @property
    def head(self) -> int:
        return len(self.recorded)

    def do(self, act: Act) -> Receipt:
        """Return what became of an act; `LogIsBusy` leaves it open whether it was committed."""
        if self.is_down:
            raise LogIsBusy("it is away")
        if self._rng.random() < self._climate.crash_before:
            self._sometimes["crashed_before_commit"] += 1
            raise LogIsBusy("the connection broke")
        receipt = self.desk.submit_now(act)
        if receipt.repeated:
            self._sometimes["asked_twice_recorded_once"] += 1
        if receipt.added:
            self.catch_up()
        if self._rng.random() < self._climate.lost_answer:
            self._sometimes["answer_lost"] += 1
            raise LogIsBusy("the connection broke at the very end")
        return receipt

    def catch_up(self) -> None:
        """Read and judge what was committed since."""
        # Not `rows(after)`, which walks over all that came before.
        for row in self.desk._log.rows[self.head :]:
            stream, version, topic, state, position = row
            self._digest.update(f"{stream} {version} {topic} {position} ".encode() + state)
            recorded = MAPPER.decode(position, stream, version, topic, state)
            self.recorded.append(recorded)
            self.judge.hear(recorded)
        for told in self.on_commit:
            told()

    def digest(self) -> str:
        """Return the SHA-256 of all that is stored."""
        return self._digest.hexdigest()
