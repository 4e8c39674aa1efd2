"""`LogCheck` finds whatever is not as the log says; a sound log has no fault."""

from collections.abc import Iterator
from secrets import token_hex
from urllib.parse import urlsplit

import psycopg
import pytest

from adapters.storage.postgres.checks import LogCheck
from adapters.storage.postgres.recorder import migrate
from domain.chat.events import MessageState
from domain.values import Naming
from tests.prepared import MAPPER, desk_on, run_sql
from tests.small_company import SmallCompany


@pytest.fixture(scope="module")
def sound(postgres_url: str) -> Iterator[str]:
    """The name of a database with a sound log, messages still to be sent in it."""
    name = f"sound_{token_hex(6)}"
    run_sql(postgres_url, f'CREATE DATABASE "{name}" STRATEGY = wal_log')
    url = urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    migrate(url)
    with desk_on(url) as desk:
        company = SmallCompany(desk)
        chats = company.work(clients=4)
        company.answer(chats[0], "Ainda aqui")
        failed = company.answer(chats[1], "Não vai")
        company.report(chats[1], failed, MessageState.FAILED)
        company.try_again(chats[1], failed)
        company.close(chats[1])
    yield name
    run_sql(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def log(postgres_url: str, sound: str) -> Iterator[str]:
    """The URL of a copy of it."""
    name = f"copy_{token_hex(6)}"
    run_sql(postgres_url, f'CREATE DATABASE "{name}" TEMPLATE "{sound}" STRATEGY = wal_log')
    yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    run_sql(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def faults(url: str) -> list[str]:
    ((salt,),) = run_sql(url, "SELECT salt FROM recado_head")
    return list(LogCheck(url, MAPPER, Naming(bytes(salt))).faults())


def test_a_sound_log_has_no_fault(log: str) -> None:
    assert faults(log) == []


def test_an_empty_log_has_no_fault(fresh_database: str) -> None:
    migrate(fresh_database)
    assert faults(fresh_database) == []


CHANGED = "an event was changed or removed"


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        (
            (
                "UPDATE recado_events SET state = set_byte(state, length(state) - 4, 65)"
                " WHERE notification_id = 7"
            ),
            CHANGED,
        ),
        ("UPDATE recado_events SET state = '{' WHERE notification_id = 7", "event 7 ("),
        ("DELETE FROM recado_events WHERE notification_id = 7", "position 8 follows 6"),
        (
            (
                "DELETE FROM recado_events WHERE notification_id ="
                " (SELECT max(notification_id) FROM recado_events)"
            ),
            "the head says",
        ),
        (
            (
                "UPDATE recado_events SET originator_version = -originator_version"
                " WHERE originator_id = 'operator-ana' AND originator_version IN (1, 2);"
                "UPDATE recado_events SET originator_version = 3 + originator_version"
                " WHERE originator_version < 0"
            ),
            "version 2 (",
        ),
        (
            (
                "UPDATE recado_events SET notification_id = -notification_id"
                " WHERE notification_id IN (7, 8);"
                "UPDATE recado_events SET notification_id = 15 + notification_id"
                " WHERE notification_id < 0"
            ),
            CHANGED,
        ),
        ("UPDATE recado_events SET topic = 'x.v9' WHERE notification_id = 7", "v9"),
        (
            (
                "UPDATE recado_events SET topic = 'group-renamed.v1',"
                ' state = \'{"actor":"x","via":"x",'
                '"data":{"at":"2030-01-01T00:00:00Z","name":"x"}}\''
                " WHERE originator_id = 'operator-ana' AND originator_version = 1"
            ),
            "group-renamed.v1 is no event of operator-ana",
        ),
        (
            "UPDATE recado_events SET originator_id = 'pigeon-1' WHERE notification_id = 7",
            "stream pigeon-1 is of no known kind",
        ),
        ("UPDATE recado_head SET hash = sha256('x')", CHANGED),
        ("UPDATE recado_head SET position = position + 1", "the head says"),
        ("UPDATE recado_seats SET load = load + 1", "seats: the load of operator ana is 2"),
        ("DELETE FROM recado_seats", "seats: the load of operator ana is 0, by the log 1"),
        (
            "INSERT INTO recado_seats VALUES ('nobody', 1)",
            "seats: the load of operator nobody is 1, by the log 0",
        ),
        (
            (
                "DELETE FROM recado_keys WHERE key = (SELECT key FROM recado_keys"
                " WHERE stream LIKE 'client-%' LIMIT 1)"
            ),
            "stands for None",
        ),
        (
            (
                "UPDATE recado_keys SET stream = 'chat-x' WHERE key = (SELECT key FROM recado_keys"
                " WHERE stream LIKE 'client-%' LIMIT 1)"
            ),
            "stands for ('chat-x'",
        ),
        (
            "INSERT INTO recado_outbox (stream, seq, account_id) VALUES ('chat-x', 3, 'phone')",
            "('chat-x', 3) is 1, by the log 0",
        ),
        ("DELETE FROM recado_outbox", "is 0, by the log 1"),
    ],
)
def test_each_way_of_tampering_is_found(log: str, tampering: str, told: str) -> None:
    with psycopg.connect(log) as connection:
        assert connection.execute(tampering.encode()).rowcount > 0
    found = faults(log)
    assert any(told in fault for fault in found), found


def test_a_fault_holds_no_word_of_a_client(log: str) -> None:
    run_sql(
        log,
        "UPDATE recado_events SET state = replace(encode(state, 'escape'), '\"at\"',"
        " '\"when\"')::bytea",
    )
    found = faults(log)
    assert found
    assert not any("Ainda" in fault or "5511" in fault for fault in found)


def test_the_log_may_grow_while_it_is_checked(log: str) -> None:
    ((salt,),) = run_sql(log, "SELECT salt FROM recado_head")
    checking = LogCheck(log, MAPPER, Naming(bytes(salt)))
    with psycopg.connect(log) as connection:
        connection.execute("UPDATE recado_head SET position = position + 1")
        assert list(checking.faults()) == []
        connection.rollback()
    assert checking.events == run_sql(log, "SELECT position FROM recado_head")[0][0]
