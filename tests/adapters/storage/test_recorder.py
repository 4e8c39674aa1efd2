"""The log in PostgreSQL: the library's contract, dense positions, the running hash."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from threading import Event as Flag
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent

from adapters.storage.postgres import recorder as recorders
from adapters.storage.postgres.recorder import LogRecorder, migrate
from tests.adapters.storage.library_cases import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)


@contextmanager
def recorder_of(url: str, connections: int = 10) -> Iterator[LogRecorder]:
    recorder = LogRecorder.connect(url, connections=connections)
    try:
        yield recorder
    finally:
        recorder.close()


@pytest.fixture
def log(fresh_database: str) -> Iterator[LogRecorder]:
    migrate(fresh_database)
    with recorder_of(fresh_database) as recorder:
        yield recorder


def event(stream: str, version: int, state: bytes = b"{}") -> StoredEvent:
    return StoredEvent(
        originator_id=stream, originator_version=version, topic="tested.v1", state=state
    )


class OverPostgres:
    """Gives the library's test cases a migrated database and ids that are text."""

    recorder: LogRecorder

    @pytest.fixture(autouse=True)
    def _log(self, log: LogRecorder) -> None:
        self.recorder = log

    def create_recorder(self) -> LogRecorder:
        return self.recorder

    def new_originator_id(self) -> str:
        return f"chat-{uuid4()}"


class TestTheLibrarysContract(OverPostgres, ApplicationRecorderTestCase[LogRecorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestTheLibrarysOrder(OverPostgres, NonInterleavingNotificationIDsBaseCase):
    pass


def test_migrating_twice_changes_nothing(fresh_database: str) -> None:
    migrate(fresh_database)
    with recorder_of(fresh_database) as recorder:
        recorder.insert_events([event("chat-1", 1)])
        salt = recorder.salt()
        assert len(salt) == 16
    migrate(fresh_database)
    with recorder_of(fresh_database) as recorder:
        assert recorder.salt() == salt
        assert recorder.max_notification_id() == 1


def test_positions_are_dense_whatever_is_refused_meanwhile(log: LogRecorder) -> None:
    """A refused insert burns no number, so who reads in order sees every event."""
    log.insert_events([event("chat-planted", version) for version in range(1, 6)])

    def write(writer: int) -> int:
        refused = 0
        for turn in range(1, 31):
            mine = [event(f"chat-{writer}", 2 * turn - 1), event(f"chat-{writer}", 2 * turn)]
            log.insert_events(mine)
            try:
                log.insert_events([event(f"chat-{writer}-x{turn}", 1), event("chat-planted", 3)])
            except IntegrityError:
                refused += 1
        return refused

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(8))) == [30] * 8

    stored = log.select_notifications(start=1, limit=1000)
    assert [notification.id for notification in stored] == list(range(1, 5 + 8 * 60 + 1))
    for writer in range(8):
        versions = [n.originator_version for n in stored if n.originator_id == f"chat-{writer}"]
        assert versions == list(range(1, 61))


def test_a_batch_with_one_clash_leaves_nothing(log: LogRecorder) -> None:
    log.insert_events([event("chat-1", 1)])
    with pytest.raises(IntegrityError):
        log.insert_events([event("chat-2", 1), event("chat-1", 1), event("chat-3", 1)])
    assert log.max_notification_id() == 1
    assert log.select_events("chat-2") == []
    assert log.insert_events([event("chat-2", 1)]) == [2]


def test_positions_of_one_batch_follow_each_other(log: LogRecorder) -> None:
    def write(writer: int) -> Sequence[int]:
        stream = f"chat-{writer}"
        positions = log.insert_events([event(stream, version) for version in range(1, 51)])
        assert positions is not None
        return positions

    with ThreadPoolExecutor(6) as pool:
        for positions in pool.map(write, range(12)):
            assert list(positions) == list(range(positions[0], positions[0] + 50))


def test_the_running_hash_can_be_computed_by_anybody(log: LogRecorder, fresh_database: str) -> None:
    """A3: from the events alone, without this service."""
    log.insert_events([event("chat-1", 1, "çá{}".encode()), event("chat-1", 2, b"\x00\xff")])
    with pytest.raises(IntegrityError):
        log.insert_events([event("chat-1", 1)])
    log.insert_events([event("client-9", 1, b"")])

    running = b""
    with psycopg.connect(fresh_database) as connection:
        rows = connection.execute("SELECT * FROM recado_events ORDER BY notification_id")
        names = [column.name for column in rows.description or ()]
        for values in rows:
            row: dict[str, Any] = dict(zip(names, values, strict=True))
            head = f"{row['originator_id']}\x1f{row['originator_version']}\x1f{row['topic']}\x1f"
            running = sha256(running + sha256(head.encode() + row["state"]).digest()).digest()
        stored = connection.execute("SELECT position, hash FROM recado_head").fetchone()
    assert stored == (3, running)


def test_the_logs_time_never_goes_back(log: LogRecorder, fresh_database: str) -> None:
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        connection.execute("UPDATE recado_head SET at = '2040-01-01Z'")
    log.insert_events([event("chat-1", 1)])
    with log.writing() as writing:
        assert writing.open(0, 10, ()).now.year == 2040


def test_a_held_lock_is_a_clear_error_after_a_bounded_wait(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorders, "WAIT_FOR_LOCK", 1)
    migrate(fresh_database)
    held, done = Flag(), Flag()

    def hold() -> None:
        with psycopg.connect(fresh_database) as connection:
            connection.execute("SELECT 1 FROM recado_head FOR UPDATE")
            held.set()
            done.wait(10)

    with ThreadPoolExecutor(1) as pool, recorder_of(fresh_database) as recorder:
        holding = pool.submit(hold)
        held.wait(10)
        with pytest.raises(OperationalError, match="lock timeout"):
            recorder.insert_events([event("chat-1", 1)])
        with pytest.raises(OperationalError, match="lock timeout"), recorder.writing() as writing:
            writing.open(0, 10, ())
        done.set()
        holding.result()
        assert recorder.insert_events([event("chat-1", 1)]) == [1]
