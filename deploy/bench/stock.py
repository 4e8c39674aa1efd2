"""What ingest is compared with: `eventsourcing`'s own recorder, an event a transaction."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import uuid4

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

THREADS: Final = 32


def commit_one_by_one(url: str, payload: int, seconds: float) -> float:
    """Return how many events of so many bytes are committed a second, each by itself."""
    known = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    datastore = PostgresDatastore(
        dbname=known["dbname"],
        host=known["host"],
        port=known["port"],
        user=known["user"],
        password=known["password"],
        pool_size=THREADS,
    )
    recorder = PostgresApplicationRecorder(datastore, events_table_name="stock_events")
    recorder.create_table()
    state = b"x" * payload
    give_up = time.monotonic() + seconds

    def write(_: int) -> int:
        stream, version = uuid4(), 0
        while time.monotonic() < give_up:
            version += 1
            event = StoredEvent(
                originator_id=stream,
                originator_version=version,
                topic="message-received.v1",
                state=state,
            )
            recorder.insert_events([event])
        return version

    try:
        began = time.monotonic()
        with ThreadPoolExecutor(THREADS) as threads:
            written = sum(threads.map(write, range(THREADS)))
        return written / (time.monotonic() - began)
    finally:
        datastore.close()
