"""A migrated database in which what is personal is sealed, and desks and readers of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from adapters.storage.desk import LogDesk
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.recorder import LogRecorder
from adapters.storage.sealing.masters import Masters
from adapters.storage.sealing.opening import masters_of, ring_of
from adapters.storage.sealing.vault import learn_all
from domain.event import Recorded
from tests.adapters.storage.log_database import MAPPER, Database

MASTER: Final = "5e" * 32


@dataclass(frozen=True)
class SealedDatabase(Database):
    """As `Database`; its desks seal, and what it tells is opened with the keys as they are."""

    source: str = MASTER

    def masters(self) -> Masters:
        masters = masters_of(self.url, self.source)
        assert masters is not None
        return masters

    def opening(self) -> EventMapper:
        """Return a mapper with all keys that there are now."""
        ring = ring_of(self.masters())
        assert ring is not None
        with psycopg.connect(self.url) as connection:
            learn_all(connection, ring)
        return MAPPER.opening(ring)

    def recorded(self) -> list[Recorded]:
        mapper = self.opening()
        return [mapper.decode(*row) for row in self.rows()]

    def rows(self) -> list[tuple[Any, ...]]:
        return self.run(
            "SELECT notification_id, originator_id, originator_version, topic, state"
            " FROM recado_events ORDER BY notification_id"
        )

    @contextmanager
    def desk(
        self,
        recorder: type[LogRecorder] = LogRecorder,
        on_commit: Callable[[int], None] = lambda _: None,
        connections: int = 1,
    ) -> Iterator[LogDesk]:
        log = recorder.connect(self.url, connections=connections)
        desk = LogDesk(log, MAPPER.opening(ring_of(self.masters())), on_commit)
        try:
            yield desk
        finally:
            desk.close()
            log.close()
