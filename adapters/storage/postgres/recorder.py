"""
The event log in PostgreSQL: the library's recorder with dense positions and a running hash.

It keeps the library's contract (its own test cases pass on it), and adds `writing`: one
transaction under the log's write lock, in which a batch of acts is looked up, decided
and appended. Where the library retries a lost connection by inserting again, `writing`
does not: the desk asks the log what became of it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, LiteralString, Self, cast

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import Connection, Cursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import UndefinedTable
from psycopg.rows import DictRow, TupleRow, tuple_row
from psycopg.sql import SQL, Identifier

from adapters.storage.batch import NOTHING, Batch, LogRow, Opened, Wanted
from adapters.storage.postgres import erasing
from adapters.storage.postgres.schema import APPEND, EVENTS, EVENTS_TABLE, TABLES
from adapters.storage.sealing import vault
from adapters.storage.sealing.ring import KeyRing, WrappedKey
from adapters.storage.sealing.writing import BatchKeys, owners_of
from domain.ports import Found
from domain.values import StreamId

WAIT_FOR_LOCK: Final = 5
"""Seconds to wait for the write lock before saying that the log is busy."""

_LOCK: Final = "SELECT position, greatest(at, clock_timestamp()) FROM recado_head FOR UPDATE"
_TAIL: Final = (
    "SELECT originator_id, originator_version, topic, state, notification_id"
    " FROM recado_events WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
)
_LEASES: Final = (
    "SELECT name, fence FROM recado_leases WHERE name = ANY(%s) AND expires_at > clock_timestamp()"
)
_KEYS: Final = (
    "SELECT key, stream, number, position, fingerprint FROM recado_keys WHERE key = ANY(%s)"
)
_STREAMS: Final = (
    "SELECT originator_id, originator_version, topic, state, notification_id"
    " FROM recado_events WHERE originator_id = ANY(%s) ORDER BY originator_id, originator_version"
)
_SEATS: Final = "SELECT operator_id, load FROM recado_seats WHERE operator_id = ANY(%s)"
_APPEND: Final = (
    "SELECT recado_append(%b::text[], %b::bigint[], %b::text[], %b::bytea[], %b::timestamptz,"
    " %b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::integer[],"
    " %b::text[], %b::bigint[], %b::text[], %b::bigint[], %b::text[], %b::bigint[],"
    " %b::jsonb)"
)


class Writing:
    """One transaction under the log's write lock."""

    def __init__(self, connection: Connection[DictRow], ring: KeyRing | None = None) -> None:
        self._connection: Final = connection
        self.sealing: Final = None if ring is None else BatchKeys(ring, self._keys_of)
        """The keys that this transaction writes with; None where nothing is sealed."""

    def _cursor(self) -> Cursor[TupleRow]:
        return self._connection.cursor(binary=True, row_factory=tuple_row)

    def _ask(self, statement: LiteralString, *values: object) -> Cursor[TupleRow]:
        """Return a cursor on what is asked; nothing is waited for before it is read from."""
        return self._cursor().execute(statement, values)

    def open(
        self, after: int, limit: int, leases: Sequence[str] = (), wanted: Wanted = NOTHING
    ) -> Opened:
        """
        Return the log's head, locked, at most `limit` rows after a position, and what is wanted.

        All of it is one round trip: the fewer of them, the shorter the lock is held.
        """
        lock = self._ask(_LOCK)
        tail = self._ask(_TAIL, after, limit)
        held = self._ask(_LEASES, list(leases)) if leases else None
        keys = self._ask(_KEYS, list(wanted.keys)) if wanted.keys else None
        streams = self._ask(_STREAMS, list(wanted.streams)) if wanted.streams else None
        sealing = self._ask_for_keys(wanted.streams, after)
        seats = self._ask(_SEATS, list(wanted.seats)) if wanted.seats else None
        row = lock.fetchone()
        if row is None:
            raise UndefinedTable("recado_head is empty")
        position, now = row
        missed = _log_rows(tail)
        if self.sealing is not None and after + len(missed) != position:
            self.sealing.forget()
        self._take_keys(sealing, wanted.streams)
        return Opened(
            position,
            now,
            tail=missed,
            fences=_numbers(held),
            found=_found(keys),
            rows=_log_rows(streams),
            loads=_numbers(seats),
        )

    def keys(self, keys: Sequence[str]) -> dict[str, Found]:
        """Return what the keys stand for; an unknown one is left out."""
        return _found(self._ask(_KEYS, list(keys)))

    def streams(self, streams: Sequence[str]) -> list[LogRow]:
        """Return all events of the streams, by stream and version."""
        rows = self._ask(_STREAMS, list(streams))
        self._take_keys(self._ask_for_keys(streams), streams)
        return _log_rows(rows)

    def loads(self, operators: Sequence[str]) -> dict[str, int]:
        """Return the load of the operators' seats; one without is left out."""
        return _numbers(self._ask(_SEATS, list(operators)))

    def append(self, batch: Batch) -> None:
        """Append the batch; it travels with the commit, and fails with it."""
        if batch.freed:
            self._ask(erasing.FREE, batch.freed)
        _append(self._cursor(), batch)
        if batch.erased_chats:
            for statement in erasing.BESIDE_THE_LOG:
                self._ask(statement, batch.erased_chats)
        if self.sealing is None:
            return
        if made := self.sealing.made:
            columns = ([k.owner for k in made], [k.wrapped for k in made], [k.master for k in made])
            self._ask(vault.ADD, *columns)
        if destroyed := self.sealing.destroyed:
            self._ask(vault.DESTROY, self.sealing.master, destroyed)

    def _ask_for_keys(self, streams: Sequence[str], after: int = 0) -> Cursor[TupleRow] | None:
        """Return a cursor on the keys of the streams' clients, and of whose changed meanwhile."""
        if self.sealing is None or not (streams or after):
            return None
        return self._ask(vault.WANTED, owners_of(streams), list(streams), after or _NEVER)

    def _take_keys(self, found: Cursor[TupleRow] | None, streams: Sequence[str]) -> None:
        if self.sealing is not None and found is not None:
            self.sealing.take(cast("list[WrappedKey]", found.fetchall()), owners_of(streams))

    def _keys_of(self, owners: Sequence[str]) -> list[WrappedKey]:
        return cast("list[WrappedKey]", self._ask(vault.BY_OWNER, list(owners)).fetchall())


_NEVER: Final = 2**63 - 1
"""A position after which nothing changed."""


def _log_rows(cursor: Cursor[TupleRow] | None) -> list[LogRow]:
    return [] if cursor is None else cast("list[LogRow]", cursor.fetchall())


def _numbers(cursor: Cursor[TupleRow] | None) -> dict[str, int]:
    return {} if cursor is None else dict(cast("list[tuple[str, int]]", cursor.fetchall()))


def _found(cursor: Cursor[TupleRow] | None) -> dict[str, Found]:
    rows = () if cursor is None else cursor.fetchall()
    return {
        key: Found(StreamId(stream), number, position, fingerprint)
        for key, stream, number, position, fingerprint in rows
    }


def _append(cursor: Cursor[TupleRow], batch: Batch) -> None:
    events, keys = batch.events, batch.keys
    cursor.execute(
        _APPEND,
        (
            [e.originator_id for e in events],
            [e.originator_version for e in events],
            [e.topic for e in events],
            [e.state for e in events],
            batch.at,
            list(keys),
            [found.stream for found in keys.values()],
            [found.number for found in keys.values()],
            [found.position for found in keys.values()],
            [found.fingerprint for found in keys.values()],
            list(batch.loads),
            list(batch.loads.values()),
            [stream for stream, _ in batch.outgoing],
            [seq for _, seq in batch.outgoing],
            [account for account, _ in batch.outgoing.values()],
            [place for _, place in batch.outgoing.values()],
            [stream for stream, _ in batch.settled],
            [seq for _, seq in batch.settled],
            batch.files.as_json(),
        ),
        prepare=True,
    )


class LogRecorder(PostgresApplicationRecorder):
    """`eventsourcing`'s recorder over our table, function and head row."""

    def __init__(
        self, datastore: PostgresDatastore, *, events_table_name: str = EVENTS_TABLE
    ) -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        statements = self.sql_create_statements
        statements[self.create_table_statement_index] = SQL(EVENTS).format()
        statements[self.create_insert_function_statement_index] = SQL(APPEND).format()
        statements.extend([SQL(TABLES).format(), SQL(vault.TABLES).format()])

    @classmethod
    def connect(cls, url: str, *, connections: int = 1) -> Self:
        """Return a recorder of the database at a libpq URL, with limits on every wait."""
        known = {k: str(v) for k, v in conninfo_to_dict(url).items() if v is not None}
        datastore = PostgresDatastore(
            dbname=known.pop("dbname", ""),
            host=known.pop("host", ""),
            port=known.pop("port", "5432"),
            user=known.pop("user", ""),
            password=known.pop("password", ""),
            lock_timeout=WAIT_FOR_LOCK,
            idle_in_transaction_session_timeout=WAIT_FOR_LOCK,
            connect_timeout=WAIT_FOR_LOCK,
            pool_size=connections,
            originator_id_type="text",
        )
        limits = f"-c lock_timeout={WAIT_FOR_LOCK}s -c statement_timeout=60s"
        network = {"tcp_user_timeout": 10_000, "keepalives_idle": 5, "keepalives_interval": 2}
        options = {"application_name": "recado-log", "options": limits, **network, **known}
        cast("dict[str, Any]", datastore.pool.kwargs).update(options)
        return cls(datastore)

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Append events as the library asks, and return their positions."""
        if not stored_events:
            return []
        with self.datastore.get_connection() as connection:
            with (
                connection.transaction(),
                connection.cursor(binary=True, row_factory=tuple_row) as cursor,
            ):
                batch = Batch(at=datetime.now(UTC), events=list(stored_events))
                _append(cursor, batch)
                row = cursor.fetchone()
                last = int(row[0]) if row else 0
            # Outside of the transaction: NOTIFY inside takes a lock on all commits.
            connection.execute(SQL("NOTIFY {}").format(Identifier(self.channel_name)))
        return list(range(last - len(stored_events) + 1, last + 1))

    @contextmanager
    def writing(self, ring: KeyRing | None = None) -> Iterator[Writing]:
        """
        Yield one transaction; it commits when the block ends well. Two round trips.

        With a ring of keys, what is personal is sealed.
        """
        with (
            self.datastore.get_connection() as connection,
            connection.pipeline(),
            connection.transaction(),
        ):
            yield Writing(connection, ring)

    def salt(self, ring: KeyRing | None = None) -> bytes:
        """Return what this installation derives ids with; part of it lies with the keys."""
        with self.datastore.get_connection() as connection:
            row = connection.execute("SELECT salt FROM recado_head").fetchone()
            if row is None:
                raise UndefinedTable("recado_head is empty")
            return vault.peppered(connection, ring, bytes(row["salt"]))

    def close(self) -> None:
        self.datastore.close()


def migrate(url: str) -> None:
    """Make the tables and functions of the log, where they are missing."""
    recorder = LogRecorder.connect(url)
    try:
        recorder.create_table()
    finally:
        recorder.close()
