"""Views rebuilt while they are read and written, and compared with the log: V12, S11."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from adapters.storage.mapper import EventMapper, UnknownTopic
from adapters.storage.postgres import rebuild as rebuilding
from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.differences import differences
from adapters.storage.postgres.parts import ReplayFailed
from adapters.storage.postgres.rebuild import UnknownView, rebuild
from domain.chat import commands as c
from domain.client.events import ClientCreated, ClientNamed
from domain.entities import EVENT_TYPES
from domain.operator import PresenceChanged
from domain.values import Identity, Naming, Presence
from tests.adapters.storage import view_logs
from tests.projections.histories import OPERATORS, ByRouting, Log, said

NAMING = Naming(b"0123456789abcdef")


def busy_day(chats: int = 60) -> Log:
    """Record chats under ids as they really are, with texts that are awkward to store."""
    log = view_logs.company(Log())
    for number, who in enumerate(OPERATORS):
        if number:
            online = PresenceChanged(at=log.now, presence=Presence.ONLINE)
            log.record(f"operator-{who}", online)
    names = [NAMING.derive("chat", str(number)) for number in range(chats)]
    for number, name in enumerate(names):
        log.open(name)
        identity = Identity("whatsapp.phone", f"+55119{number:08}")
        created = ClientCreated(at=log.now, identities=(identity,), name=f"Zoë {number}")
        log.record(f"client-{name}", created)
    for number, name in enumerate(names * 5):
        who = OPERATORS[number % len(OPERATORS)]
        text = ['uma\nlinha\te "outra"', "\\N", "\x1e\x1f", "nul\x00", "ç" * 9][number % 5]
        received = c.ReceiveMessage(provider_id=f"p{number}", parts=said(text), sent_at=log.now)
        log.ask(name, received)
        log.ask(name, c.AssignChat(operator_id=who, reason=ByRouting))
        if number % 7 == 0:
            log.ask(name, c.SendMessage(message_id="m", operator_id=who, parts=said(text)))
        if number % 11 == 0:
            log.ask(name, c.TagChat(add=frozenset({text, 'a,"b"'})))
        if number % 13 == 0:
            log.ask(name, c.CloseChat())
        if number % 50 == 0:
            online = PresenceChanged(at=log.now, presence=list(Presence)[number // 50 % 3])
            log.record(f"operator-{who}", online)
    return log


@pytest.fixture
def url(fresh_database: str) -> str:
    view_logs.prepare(fresh_database)
    return fresh_database


@pytest.fixture
def full(url: str) -> str:
    """A database with a busy day in its log and in its views."""
    view_logs.write(url, busy_day().recorded)
    view_logs.project(url)
    return url


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())


def schemas(url: str) -> set[str]:
    """Return where views are, and what a rebuild may have left behind."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT nspname FROM pg_namespace"
            " WHERE nspname ~ 'recado' AND nspname != 'recado_vault'"
        )
        return {row[0] for row in rows}


def indexes(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = %s", (SCHEMA,)
        )
        return {row[0] for row in rows}


def test_two_processes_rebuild_what_one_projector_made(full: str) -> None:
    """V12, S11."""
    grown, indexed = view_logs.tables(full), indexes(full)
    told: list[tuple[int, int]] = []

    position = rebuild(full, progress=lambda done, of: told.append((done, of)), processes=2)

    assert view_logs.tables(full) == grown
    assert indexes(full) == indexed
    assert told[-1] == (position, position)
    assert schemas(full) == {SCHEMA}


def test_spoiled_and_lost_rows_come_back(full: str) -> None:
    """V12."""
    grown = view_logs.tables(full)
    execute(full, f"UPDATE {SCHEMA}.inbox SET unread = 7")
    execute(full, f"DELETE FROM {SCHEMA}.messages")

    rebuild(full, processes=1)

    assert view_logs.tables(full) == grown


def test_only_the_views_named_are_replaced(full: str) -> None:
    """V12."""
    execute(full, f"UPDATE {SCHEMA}.inbox SET unread = 7")
    execute(full, f"UPDATE {SCHEMA}.counts SET new = 7")

    rebuild(full, ["inbox"], processes=1)

    names = {line.split()[0] for line in differences(full, processes=1)}
    assert names == {"counts"}


def test_the_projector_goes_on_from_where_a_rebuild_ended(url: str) -> None:
    log = busy_day()
    view_logs.write(url, log.recorded)
    assert rebuild(url, processes=1) == len(log.recorded)

    named = ClientNamed(at=log.now, name="Fábio")
    log.record(f"client-{NAMING.derive('chat', '0')}", named)
    view_logs.write(url, log.recorded[-1:])

    assert view_logs.project(url) == len(log.recorded)
    assert list(differences(url, processes=1)) == []


def test_what_is_recorded_during_a_rebuild_is_in_it(
    full: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The projector goes on meanwhile, and the new tables catch up with it."""
    ready = rebuilding.make_ready

    def busy(url: str, *rest: Any) -> None:
        view_logs.write(url, more)
        view_logs.project(url)
        ready(url, *rest)

    log = busy_day()
    before = len(log.recorded)
    for number in range(5):
        name = NAMING.derive("chat", str(number))
        log.ask(name, c.TagChat(add=frozenset({"durante"})))
    more = log.recorded[before:]
    assert more
    monkeypatch.setattr(rebuilding, "make_ready", busy)

    assert rebuild(full, processes=1) == len(log.recorded)
    assert list(differences(full, processes=1)) == []


def test_who_reads_never_sees_an_empty_or_half_made_view(full: str) -> None:
    stop = threading.Event()
    seen: set[tuple[int, int]] = set()

    def read() -> None:
        with psycopg.connect(full) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            while not stop.is_set():
                with connection.transaction():
                    connection.execute(f"SELECT position FROM {SCHEMA}.checkpoints".encode())
                    counted = [
                        connection.execute(f"SELECT count(*) FROM {SCHEMA}.{name}".encode())
                        for name in ("inbox", "messages")
                    ]
                    rows = [row for cursor in counted for row in cursor.fetchall()]
                    seen.add((rows[0][0], rows[1][0]))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(3):
            rebuild(full, processes=1)
    finally:
        stop.set()
        reader.join()

    assert len(seen) == 1


def test_an_event_that_cannot_be_read_leaves_the_old_views(full: str) -> None:
    grown = view_logs.tables(full)

    with pytest.raises(UnknownTopic):
        rebuild(full, mapper=_without_names, processes=1)
    with pytest.raises(ReplayFailed, match="client-created"):
        rebuild(full, mapper=_without_names, processes=2)
    assert view_logs.tables(full) == grown
    assert schemas(full) == {SCHEMA}


def _without_names() -> EventMapper:
    return EventMapper({t: k for t, k in EVENT_TYPES.items() if t != ClientCreated.TOPIC})


def test_a_view_that_is_not_there_is_named(url: str) -> None:
    with pytest.raises(UnknownView, match="there is no view inbocs"):
        rebuild(url, ["inbocs"])


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("UPDATE {}.inbox SET unread = 99 WHERE chat_id = '{}'", "inbox {}: unread is not"),
        ("UPDATE {}.inbox SET words = 'x' WHERE chat_id = '{}'", "inbox {}: words is not"),
        ("DELETE FROM {}.inbox WHERE chat_id = '{}'", "inbox {}: the row is missing"),
        (
            "UPDATE {}.messages SET text = 'x' WHERE chat_id = '{}' AND seq = 2",
            "messages {}.2: text is not",
        ),
        (
            "INSERT INTO {}.counts VALUES ('group', '{}', 1, 0, 0, 0, 0)",
            "counts group.{}: the log knows no such row",
        ),
    ],
)
def test_a_difference_tells_view_key_and_column(full: str, spoil: str, told: str) -> None:
    """V12."""
    chat = NAMING.derive("chat", "3")
    assert list(differences(full, processes=1)) == []
    execute(full, spoil.format(SCHEMA, chat))

    found = list(differences(full, processes=1))

    assert len(found) == 1
    assert found[0].startswith(told.format(chat))


@contextmanager
def _holding(url: str) -> Iterator[None]:
    with psycopg.connect(url) as connection:
        connection.execute(f"SELECT * FROM {SCHEMA}.checkpoints".encode())
        yield


def test_a_rebuild_gives_way_to_who_holds_the_views(
    full: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "_WAIT_TO_SWAP", 0.5)
    grown = view_logs.tables(full)
    with _holding(full), pytest.raises(rebuilding.ViewsAreBusy):
        rebuild(full, processes=1)

    assert view_logs.tables(full) == grown
