"""Another master key: nothing that is sealed changes, and nobody loses what he can open."""

from pathlib import Path

import psycopg
import pytest

from adapters.storage.postgres.recorder import migrate
from adapters.storage.sealing import rotating
from adapters.storage.sealing.masters import Masters, NoMasterKey, made
from domain.chat.events import MessageReceived
from domain.content import words_of
from tests.adapters.storage.sealed_database import MASTER, SealedDatabase
from tests.contracts.company import gathered, message, receipts


@pytest.fixture
def database(fresh_database: str, tmp_path: Path) -> SealedDatabase:
    migrate(fresh_database)
    return SealedDatabase(fresh_database, made(tmp_path / "sealing.key"))


def said(database: SealedDatabase) -> list[str]:
    """Return what the clients wrote, opened with the keys as they are now."""
    events = [one.event for one in database.recorded()]
    return [words_of(one.parts) for one in events if isinstance(one, MessageReceived)]


def rotate(database: SealedDatabase) -> int:
    with psycopg.connect(database.url) as connection:
        return rotating.rotate(connection, database.source)


def drop_old(database: SealedDatabase) -> int:
    with psycopg.connect(database.url) as connection:
        return rotating.drop_old(connection, database.source)


async def test_a_new_key_opens_everything_and_the_old_one_is_gone(database: SealedDatabase) -> None:
    """A4: what is stored of the events stays as it is, byte for byte."""
    with database.desk() as desk:
        receipts(
            await gathered(desk, [message(desk.naming, f"+5511900{n}", f"{n}") for n in range(5)])
        )
    old, stored, words = database.masters().current, database.rows(), said(database)
    assert rotate(database) == 6, "five clients', and the one that ids are derived with"
    assert len(Masters.read(database.source).ciphers) == 2
    assert drop_old(database) == 0

    (left,) = Masters.read(database.source).ciphers
    assert left != old
    assert database.rows() == stored
    assert said(database) == words
    assert database.run("SELECT DISTINCT master FROM recado_vault.keys") == [(left,)]


async def test_a_process_that_runs_goes_on_reading_and_writing(database: SealedDatabase) -> None:
    with database.desk() as desk:
        receipts(await gathered(desk, [message(desk.naming, "+5511900001", "antes")]))
        rotate(database)
        receipts(await gathered(desk, [message(desk.naming, "+5511900002", "durante")]))
        receipts(await gathered(desk, [message(desk.naming, "+5511900001", "depois")]))
    assert drop_old(database) <= 1, "it may have wrapped a key by the old one meanwhile"

    with database.desk() as anew:
        receipts(await gathered(anew, [message(anew.naming, "+5511900002", "reiniciado")]))
    assert len(said(database)) == 4
    assert "█████" not in said(database)


def test_a_key_that_is_in_no_file_is_changed_by_hand(database: SealedDatabase) -> None:
    with psycopg.connect(database.url) as connection, pytest.raises(NoMasterKey):
        rotating.rotate(connection, MASTER)
