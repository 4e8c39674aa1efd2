"""
Real servers for tests.

`postgres_url` and `nats_url` are shared by the whole run; `fresh_database` and
`fresh_nats` belong to one test. Tests that kill servers start their own in `data`.
"""

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from deploy.embedded import EmbeddedNats, EmbeddedPostgres


@contextmanager
def temporary_data() -> Iterator[Path]:
    """
    Yield a new folder that PostgreSQL's user can reach.

    pytest's own lie below a folder that is closed to everybody but root.
    """
    folder = Path(tempfile.mkdtemp(prefix="recado-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def processes_below(folder: Path) -> list[int]:
    """Return who else works in `folder` or below it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            inside = (entry / "cwd").readlink().is_relative_to(folder)
            if inside and int(entry.name) != os.getpid():
                found.append(int(entry.name))
    return found


def wait_until(question: Callable[[], object], seconds: float = 15.0) -> None:
    """Return when the answer is yes; fail the test when it is not in time."""
    give_up = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder for servers of the test's own; nobody may be left at work in it."""
    with temporary_data() as folder:
        yield folder
        left = processes_below(folder)
        for pid in left:
            os.kill(pid, 9)
    assert left == []


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The run's PostgreSQL. It outlives kills of its clients, not power cuts: tests are many."""
    with temporary_data() as folder:
        server = EmbeddedPostgres(folder, {"fsync": "off"})
        try:
            yield server.start()
        finally:
            server.stop()


@pytest.fixture
def fresh_database(postgres_url: str) -> Iterator[str]:
    """The URL of a new, empty database."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" STRATEGY = wal_log'.encode())
        try:
            yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture(scope="session")
def nats_url() -> Iterator[str]:
    """The run's NATS: name streams and subjects after the test."""
    with temporary_data() as folder:
        server = EmbeddedNats(folder)
        try:
            yield server.start()
        finally:
            server.stop()


@pytest.fixture
def fresh_nats() -> Iterator[str]:
    """A NATS server of the test's own, with nothing in it."""
    with temporary_data() as folder:
        server = EmbeddedNats(folder)
        try:
            yield server.start()
        finally:
            server.stop()
