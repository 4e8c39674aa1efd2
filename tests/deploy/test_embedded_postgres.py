"""PostgreSQL as a child of ours: it starts, stays where it is, and loses nothing."""

import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

import deploy
from deploy.embedded import (
    CannotBoot,
    DataDirectoryInUse,
    DataDirectoryUnusable,
    EmbeddedPostgres,
    EmbeddedServerFailed,
    StartAbandoned,
    binaries,
)
from deploy.embedded.account import server_account
from tests.fixtures_servers import processes_below, temporary_data, wait_until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives PostgreSQL another user")


@pytest.fixture
def server(data: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(data)
    yield server
    server.stop()


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def remember(url: str, word: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
        connection.execute("INSERT INTO words VALUES (%s)", [word])


def test_what_was_committed_is_there_after_a_stop_and_a_start(server: EmbeddedPostgres) -> None:
    url = server.start()
    remember(url, "recado")
    server.stop()
    assert not server.is_alive()
    assert server.start() == url
    assert ask(url, "SELECT word FROM words") == "recado"


def test_a_killed_server_comes_back_at_the_same_address_with_its_data(
    server: EmbeddedPostgres,
) -> None:
    url = server.start()
    remember(url, "recado")
    assert server.pid is not None
    first = server.pid
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not server.is_alive())

    assert server.start() == url
    assert server.pid != first
    assert ask(url, "SELECT word FROM words") == "recado"


def test_starting_what_runs_changes_nothing(server: EmbeddedPostgres) -> None:
    url = server.start()
    pid = server.pid
    assert (server.start(), server.pid) == (url, pid)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("jit", "off"),
        ("TimeZone", "UTC"),
        ("server_encoding", "UTF8"),
        ("password_encryption", "scram-sha-256"),
        ("listen_addresses", "127.0.0.1"),
    ],
)
def test_it_promises_what_the_log_needs(
    setting: str, value: str, running: EmbeddedPostgres
) -> None:
    assert ask(running.start(), f"SHOW {setting}") == value


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedPostgres]:
    with temporary_data() as folder:
        server = EmbeddedPostgres(folder)
        server.start()
        yield server
        server.stop()


def test_words_in_portuguese_fold_and_sort_alike_everywhere(running: EmbeddedPostgres) -> None:
    assert ask(running.start(), "SELECT lower('IPÊ AÇÃO') = 'ipê ação'") is True


def test_nobody_comes_in_without_the_password(running: EmbeddedPostgres) -> None:
    url = running.start().replace(running._secret(), "guessed")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)


def test_the_password_is_readable_by_its_owner_only(running: EmbeddedPostgres) -> None:
    assert (running.home / "secret").stat().st_mode & 0o077 == 0
    assert running._secret() not in running.log.path.read_text()


def test_a_refused_row_leaves_no_words_of_clients_in_the_log(running: EmbeddedPostgres) -> None:
    url = running.start()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE once (word text PRIMARY KEY)")
        connection.execute("INSERT INTO once VALUES ('meu segredo')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO once VALUES ('meu segredo')")

    log = running.log.path.read_text()
    assert "once_pkey" in log
    assert "meu segredo" not in log


def test_a_path_too_long_for_a_socket_goes_by_tcp(data: Path) -> None:
    data.chmod(0o711)
    server = EmbeddedPostgres(data / ("long" * 25))
    try:
        url = server.start()
        assert "@127.0.0.1:" in url
        assert ask(url, "SELECT 1") == 1
    finally:
        server.stop()


def test_a_stale_process_id_of_a_dead_server_does_not_stop_a_start(
    server: EmbeddedPostgres,
) -> None:
    url = server.start()
    pid_file = server.cluster / "postmaster.pid"
    left_behind = pid_file.read_text()
    server.stop()
    pid_file.write_text(left_behind)

    assert server.start() == url


def test_a_process_id_that_a_stranger_has_by_now_does_not_stop_a_start(
    server: EmbeddedPostgres,
) -> None:
    server.start()
    pid_file = server.cluster / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    server.stop()
    account = server_account()
    stranger = subprocess.Popen(
        ["/bin/sleep", "60"], user=account.uid if account else None, start_new_session=True
    )
    try:
        pid_file.write_text("\n".join([f"{stranger.pid}", *lines[1:]]) + "\n")
        if account is not None:
            os.chown(pid_file, account.uid, account.gid)

        assert ask(server.start(), "SELECT 1") == 1
        assert stranger.poll() is None, "a stranger was killed"
    finally:
        stranger.kill()
        stranger.wait()


def test_the_server_of_a_killed_parent_is_ended_before_a_new_one_starts(data: Path) -> None:
    orphan = EmbeddedPostgres(data)
    url = orphan.start()
    remember(url, "recado")
    # As after a kill of the parent where nothing tells its children: alive, and nobody's.
    orphan._lock.release()
    orphaned = orphan._child
    assert orphaned is not None

    heir = EmbeddedPostgres(data)
    try:
        assert heir.start() == url
        assert orphaned.wait(0.0)
        assert ask(url, "SELECT word FROM words") == "recado"
    finally:
        heir.stop()


def test_two_do_not_work_on_one_cluster(server: EmbeddedPostgres, data: Path) -> None:
    url = server.start()
    with pytest.raises(DataDirectoryInUse, match=f"in use by process {os.getpid()}"):
        EmbeddedPostgres(data).start()
    assert ask(url, "SELECT 1") == 1


def test_a_cluster_of_another_version_is_refused_and_left_alone(
    server: EmbeddedPostgres,
) -> None:
    server.start()
    server.stop()
    (server.cluster / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedServerFailed, match="written by version 16 and this one is 18"):
        server.start()


def test_a_half_made_cluster_is_made_again(server: EmbeddedPostgres) -> None:
    half = server.home / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    assert ask(server.start(), "SELECT 1") == 1


def test_why_it_did_not_start_is_one_line(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    with (server.cluster / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = 'plenty'\n")
    with pytest.raises(EmbeddedServerFailed) as refused:
        server.start()
    assert "shared_buffers" in refused.value.log_tail
    assert "\n" not in str(refused.value)
    assert str(server.log.path) in str(refused.value)


def test_a_taken_port_is_given_up_for_a_free_one(server: EmbeddedPostgres) -> None:
    server.home.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (server.home / "port").write_text(f"{port}\n")
        url = server.start()
    assert f"{port}" not in url
    assert ask(url, "SELECT 1") == 1


def test_a_start_that_is_abandoned_leaves_nothing_running(
    server: EmbeddedPostgres, data: Path
) -> None:
    threading.Timer(0.2, server.abandon).start()
    with pytest.raises(StartAbandoned):
        server.start()
    # What a killed initdb had started is reaped by the system, in its own time.
    wait_until(lambda: processes_below(data) == [])

    server.stop()
    assert ask(server.start(), "SELECT 1") == 1


def test_a_first_start_takes_seconds_and_a_second_less(server: EmbeddedPostgres) -> None:
    """The aims are 2 s and 1 s; the test leaves room for a machine busy with other things."""
    took = []
    for _ in range(2):
        began = time.monotonic()
        server.start()
        took.append(time.monotonic() - began)
        server.stop()
    assert took[0] < 8
    assert took[1] < 4


@as_root
def test_as_root_the_server_is_another_user_and_the_folder_opens_no_wider(
    server: EmbeddedPostgres, data: Path
) -> None:
    server.start()
    account = server_account()
    assert account is not None
    assert Path(f"/proc/{server.pid}").stat().st_uid == account.uid
    assert (data.stat().st_uid, data.stat().st_gid) == (0, account.gid)
    assert stat.S_IMODE(data.stat().st_mode) == 0o710


@as_root
def test_a_closed_parent_is_named_and_stays_closed(data: Path) -> None:
    home = data / "home"
    home.mkdir(mode=0o700)
    data.chmod(0o711)
    with pytest.raises(DataDirectoryUnusable, match=f"may not pass through {home}: choose"):
        EmbeddedPostgres(home / "recado").start()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@as_root
def test_a_folder_open_to_everybody_is_refused_and_left_alone(data: Path) -> None:
    data.chmod(0o1777)
    with pytest.raises(DataDirectoryUnusable, match="everybody may write to it"):
        EmbeddedPostgres(data).start()
    assert stat.S_IMODE(data.stat().st_mode) == 0o1777


@as_root
def test_programs_in_a_closed_place_run_from_a_copy(
    server: EmbeddedPostgres, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = binaries._installed()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for name in (package.name, f"{package.name}.libs"):
        (closed / name).symlink_to(package.with_name(name))
    monkeypatch.setattr(binaries, "_installed", lambda: closed / package.name)

    url = server.start()
    assert ask(url, "SELECT 1") == 1
    program = Path(f"/proc/{server.pid}/exe").resolve()
    assert program.is_relative_to(data / "postgresql-programs")


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    options = f"size={megabytes}m,mode=0755"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("no right to mount here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(file: Path) -> None:
    with suppress(OSError), file.open("wb", 0) as filler:
        while True:
            filler.write(bytes(65536))


@as_root
def test_a_disk_too_small_is_said_before_anything_is_made(data: Path) -> None:
    server = EmbeddedPostgres(data / "small")
    with small_disk(data, 20), pytest.raises(DataDirectoryUnusable, match="No space left"):
        server.start()


@as_root
def test_a_disk_that_is_full_by_now_is_one_clear_line(data: Path) -> None:
    server = EmbeddedPostgres(data / "small")
    with small_disk(data, 150):
        url = server.start()
        remember(url, "recado")
        server.stop()
        filler = data / "filler"
        fill(filler)
        with pytest.raises(CannotBoot, match="No space left on device") as refused:
            server.start()
        assert "\n" not in str(refused.value)

        filler.unlink()
        assert ask(server.start(), "SELECT word FROM words") == "recado"
        server.stop()


def test_a_folder_that_cannot_be_made_is_one_clear_line(data: Path) -> None:
    (data / "file").write_text("")
    with pytest.raises(DataDirectoryUnusable, match="Not a directory"):
        EmbeddedPostgres(data / "file" / "recado").start()


AS_ORDINARY_USER = """
import pathlib, sys
from deploy.embedded import DataDirectory, EmbeddedServers
with DataDirectory(pathlib.Path(sys.argv[1])) as directory:
    servers = EmbeddedServers(directory)
    urls = servers.start()
    import psycopg
    with psycopg.connect(urls.postgres) as connection:
        print(connection.execute("SELECT 'it works'").fetchone()[0])
    servers.stop()
"""


@as_root
def test_an_ordinary_user_needs_no_other(data: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    python = python_for(nobody.pw_uid)
    os.chown(data, nobody.pw_uid, nobody.pw_gid)
    done = subprocess.run(
        [python, "-c", AS_ORDINARY_USER, str(data)],
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        env={"PYTHONPATH": f"{Path(deploy.__file__).parents[1]}:{sysconfig.get_path('purelib')}"},
        cwd=data,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("it works\n", "")


def python_for(uid: int) -> str:
    """Return a Python like ours that `uid` may run; our own may lie below a private home."""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info[1]}"):
        with suppress(OSError):
            subprocess.run([python, "-c", ""], user=uid, check=True, cwd="/")
            return python
    pytest.skip("no Python here that an ordinary user may run")
