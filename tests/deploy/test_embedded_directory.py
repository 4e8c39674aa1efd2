"""One installation to a data directory, and other commands find it while it runs."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

import deploy
from deploy.embedded import (
    DataDirectory,
    DataDirectoryInUse,
    DataDirectoryUnusable,
    EmbeddedServers,
    Urls,
    running,
)
from tests.fixtures_servers import processes_below, temporary_data, wait_until

ROOT = Path(deploy.__file__).parents[1]
URLS = Urls(postgres="postgresql://somewhere", nats="nats://elsewhere")

INSTALLATION = """
import pathlib, sys, threading
from deploy.embedded import DataDirectory, EmbeddedServers
directory = DataDirectory(pathlib.Path(sys.argv[1]))
directory.acquire()
servers = EmbeddedServers(directory)
# A thread that ends: what it started has to stay.
starter = threading.Thread(target=servers.start)
starter.start()
starter.join()
print("up", flush=True)
sys.stdin.read()
"""


@contextmanager
def installation(data: Path) -> Iterator[subprocess.Popen[str]]:
    """Yield a process that runs an installation in `data`; it is killed afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-c", INSTALLATION, str(data)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        try:
            yield process
        finally:
            process.kill()
            wait_until(lambda: processes_below(data) == [])


def test_a_killed_parent_leaves_no_server_and_a_directory_that_starts(data: Path) -> None:
    with installation(data) as parent:
        assert len(processes_below(data)) > 2
        parent.kill()
        wait_until(lambda: processes_below(data) == [])
    assert running(data) is None

    with DataDirectory(data) as directory:
        servers = EmbeddedServers(directory)
        assert running(data) is None, "the killed one's addresses are not ours"
        urls = servers.start()
        assert running(data) == urls
        servers.stop()
        assert running(data) is None


def test_a_new_start_right_after_a_kill_waits_for_the_dying(data: Path) -> None:
    with installation(data) as parent:
        parent.kill()
        parent.wait()
        with DataDirectory(data) as directory:
            servers = EmbeddedServers(directory)
            with psycopg.connect(servers.start().postgres) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
            servers.stop()


def test_other_commands_find_the_servers_of_what_runs(data: Path) -> None:
    with installation(data):
        urls = running(data)
        assert urls is not None
        with psycopg.connect(urls.postgres) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert stat.S_IMODE((data / "servers.json").stat().st_mode) == 0o600


def test_a_second_installation_is_refused_and_the_first_goes_on(data: Path) -> None:
    with installation(data) as first:
        with pytest.raises(DataDirectoryInUse, match=f"in use by process {first.pid}: stop it"):
            DataDirectory(data).acquire()
        assert running(data) is not None


def test_two_installations_live_side_by_side(data: Path) -> None:
    with (
        temporary_data() as other,
        DataDirectory(data) as here,
        DataDirectory(other) as there,
    ):
        both = [EmbeddedServers(here), EmbeddedServers(there)]
        try:
            first, second = (servers.start() for servers in both)
            assert first.postgres != second.postgres
            assert first.nats != second.nats
        finally:
            for servers in both:
                servers.stop()


def test_addresses_without_a_living_holder_are_not_given_out(data: Path) -> None:
    with DataDirectory(data) as directory:
        directory.announce(URLS)
        assert running(data) == URLS
    assert running(data) is None


def test_addresses_of_an_earlier_holder_are_not_given_out(data: Path) -> None:
    with DataDirectory(data) as directory:
        directory.announce(URLS)
        known = json.loads((data / "servers.json").read_text())
        (data / "servers.json").write_text(json.dumps({**known, "pid": known["pid"] + 1}))
        assert running(data) is None


def test_asking_what_runs_does_not_keep_an_installation_from_starting(data: Path) -> None:
    for _ in range(20):
        with DataDirectory(data) as directory:
            directory.announce(URLS)
        running(data)


def test_nothing_runs_where_nothing_is(data: Path) -> None:
    assert running(data / "nowhere") is None


def test_a_folder_with_other_files_is_refused_and_left_alone(data: Path) -> None:
    (data / "thesis.txt").write_text("years of work")
    data.chmod(0o755)
    with pytest.raises(DataDirectoryUnusable, match="there are other files in it"):
        DataDirectory(data).acquire()
    assert stat.S_IMODE(data.stat().st_mode) == 0o755
    assert [file.name for file in data.iterdir()] == ["thesis.txt"]


def test_a_freshly_mounted_disk_is_taken(data: Path) -> None:
    (data / "lost+found").mkdir()
    with DataDirectory(data) as directory:
        assert directory.path == data


def test_a_new_folder_is_closed_to_others(data: Path) -> None:
    with DataDirectory(data / "new") as directory:
        assert stat.S_IMODE(directory.path.stat().st_mode) == 0o700


def test_a_ctrl_c_of_the_terminal_does_not_reach_the_servers(data: Path) -> None:
    with DataDirectory(data) as directory:
        servers = EmbeddedServers(directory)
        servers.start()
        sessions = {os.getsid(server.pid or 0) for server in (servers.postgres, servers.nats)}
        servers.stop()
    assert os.getsid(0) not in sessions


def test_a_server_that_was_killed_is_started_again_and_the_other_left_alone(data: Path) -> None:
    with DataDirectory(data) as directory:
        servers = EmbeddedServers(directory)
        urls = servers.start()
        kept = servers.postgres.pid
        os.kill(servers.nats.pid or 0, signal.SIGKILL)
        wait_until(lambda: not servers.is_alive())
        assert servers.start() == urls
        assert servers.postgres.pid == kept
        servers.stop()
