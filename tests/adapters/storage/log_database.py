"""A migrated database for one test: desks over it, and what its log holds."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from adapters.storage.desk import LogDesk
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.recorder import LogRecorder
from domain.event import Recorded
from tests.contracts.company import (
    Ground,
)

MAPPER = EventMapper()


@dataclass(frozen=True)
class Database:
    """A migrated database, and what its log holds."""

    url: str

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def recorded(self) -> list[Recorded]:
        rows = self.run(
            "SELECT notification_id, originator_id, originator_version, topic, state"
            " FROM recado_events ORDER BY notification_id"
        )
        return [MAPPER.decode(*row) for row in rows]

    def loads(self) -> Counter[str]:
        return Counter(dict(self.run("SELECT operator_id, load FROM recado_seats")))

    @contextmanager
    def desk(
        self,
        recorder: type[LogRecorder] = LogRecorder,
        on_commit: Callable[[int], None] = lambda _: None,
        connections: int = 1,
    ) -> Iterator[LogDesk]:
        log = recorder.connect(self.url, connections=connections)
        desk = LogDesk(log, MAPPER, on_commit)
        try:
            yield desk
        finally:
            desk.close()
            log.close()

    def ground(self, desk: LogDesk) -> Ground:
        return Ground(desk, self.recorded, lambda operator: self.loads()[operator])

    def kill_desks(self) -> int:
        """End the backends that desks are talking to; return how many there were."""
        return len(
            self.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'recado-log' AND datname = current_database()"
            )
        )
